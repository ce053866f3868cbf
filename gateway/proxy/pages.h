// Answers of the gateway about itself: plain GET, no call behind them.

#ifndef CRM_GATEWAY_PROXY_PAGES_H_
#define CRM_GATEWAY_PROXY_PAGES_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"
#include "shared/observe/trace_context.h"

namespace crm::gateway {

// One page as it is now.
struct Page {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// Pages by path. Thread-compatible.
class Pages {
 public:
  // Adds the page at `path`, made anew at each request.
  void Add(std::string path, std::function<Page()> make);

  bool Has(absl::string_view path) const;

  // Answers with the page at `path`, which exists.
  void Answer(absl::string_view path, ResponseWriter& writer,
              const TraceContext& trace) const;

  // Answers a request of a listener that has only pages: NOT_FOUND for others.
  // Is an ExchangeFactory.
  std::unique_ptr<Exchange> Serve(const RequestHead& head,
                                  ResponseWriter& writer) const;

 private:
  std::map<std::string, std::function<Page()>, std::less<>> pages_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_PAGES_H_
