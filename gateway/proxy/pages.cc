#include "gateway/proxy/pages.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "gateway/proxy/answer.h"
#include "shared/base/errors.h"

namespace crm::gateway {

void Pages::Add(std::string path, std::function<Page()> make) {
  pages_.insert_or_assign(std::move(path), std::move(make));
}

bool Pages::Has(absl::string_view path) const {
  return pages_.find(path) != pages_.end();
}

void Pages::Answer(absl::string_view path, ResponseWriter& writer,
                   const TraceContext& trace) const {
  Page page = pages_.find(path)->second();
  writer.Start({.status = page.status,
                .headers = RestResponseHeaders(page.content_type, trace)});
  writer.Write(std::move(page.body));
  writer.End();
}

std::unique_ptr<Exchange> Pages::Serve(const RequestHead& head,
                                       ResponseWriter& writer) const {
  const std::pair<std::string, std::string> target =
      absl::StrSplit(head.path, absl::MaxSplits('?', 1));
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (reads && Has(target.first)) {
    Answer(target.first, writer, TraceContext{});
  } else {
    AnswerRestError(writer, TraceContext{},
                    NotFound("PAGE_NOT_FOUND", "There is no such page."));
  }
  return AnsweredExchange();
}

}  // namespace crm::gateway
