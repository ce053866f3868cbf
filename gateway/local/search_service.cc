#include "gateway/local/search_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/search.pb.h"
#include "gateway/local/list_merge.h"
#include "gateway/local/local_call.h"
#include "gateway/local/unary_client.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/known_api.h"

namespace crm::gateway {

using google::protobuf::Message;
using platform::v1::SearchRequest;
using platform::v1::SearchResponse;

namespace {

// The part of the caller's patience that services get: an answer that comes
// with it still has to be put together.
constexpr double kShareOfPatience = 0.8;

// Whether an error says nothing of the request: another service may answer it.
// One that is older than the search is away as well.
bool IsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsUnimplemented(status);
}

}  // namespace

class SearchService::Call final : public SingleRequestCall {
 public:
  Call(const SearchService& service, CallHead head, CallObserver& observer)
      : SingleRequestCall(std::move(head), observer), service_(service) {}

 private:
  void OnRequest(const std::string& bytes) override {
    if (absl::Status status = Read(bytes); !status.ok()) {
      return Finish(std::move(status));
    }
    for (const auto& [name, backend] : service_.backends_) {
      if (!positions_[name].done) ++waiting_;
    }
    if (waiting_ == 0) return Merge();
    for (const auto& [name, backend] : service_.backends_) {
      if (positions_[name].done) continue;
      clients_.push_back(std::make_unique<UnaryClient>(
          *backend, HeadFor(*backend), RequestTo(positions_[name]),
          [this, name = name](absl::StatusOr<std::string> page) {
            OnPage(name, std::move(page));
          }));
    }
  }

  absl::Status Read(const std::string& bytes) {
    CRM_RETURN_IF_ERROR(Parse(bytes, request_));
    std::vector<FieldViolation> violations;
    if (request_.page_size() < 0) {
      violations.push_back(
          {"page_size", "It is negative; leave it out, or give 1 to 1000."});
    }
    for (int i = 0; i < request_.resource_types_size(); ++i) {
      if (FindResourceType(request_.resource_types(i)) != nullptr) continue;
      violations.push_back({absl::StrCat("resource_types[", i, "]"),
                            "is no type of resources; give one as "
                            "'crm/Contact'."});
    }
    if (!violations.empty()) return BadRequest(violations);
    page_size_ = request_.page_size() == 0
                     ? kDefaultMergedPage
                     : std::min(request_.page_size(), kMaxMergedPage);
    CRM_ASSIGN_OR_RETURN(positions_, DecodeListToken(request_.page_token()));
    return absl::OkStatus();
  }

  CallHead HeadFor(const Backend& backend) const {
    CallHead copy = head();
    const absl::Duration patience =
        backend.connected() ? kSearchTimeout : kSearchAwayTimeout;
    const absl::Time now = service_.clock_.Now();
    copy.deadline =
        now + std::min(patience, (copy.deadline - now) * kShareOfPatience);
    return copy;
  }

  std::string RequestTo(const ListPosition& position) const {
    SearchRequest request = request_;
    request.set_page_token(position.token);
    request.set_page_size(std::min(page_size_ + position.skip, kMaxMergedPage));
    return request.SerializeAsString();
  }

  void OnPage(const std::string& name, absl::StatusOr<std::string> bytes) {
    if (!bytes.ok() && !IsAway(bytes.status())) return Finish(bytes.status());
    if (bytes.ok()) {
      auto page = std::make_unique<SearchResponse>();
      if (!page->ParseFromString(*bytes)) {
        return Finish(
            Internal("BAD_MESSAGE", "A service's page does not parse."));
      }
      for (const std::string& type : page->incomplete_types()) {
        incomplete_.push_back(type);
      }
      pages_[name] = std::move(page);
    } else {
      away_ = bytes.status();
      unreachable_.push_back(name);
    }
    if (--waiting_ == 0) Merge();
  }

  void Merge() {
    // What nobody answered is no empty answer.
    if (pages_.empty() && !unreachable_.empty()) return Finish(away_);
    SearchResponse merged;
    MergePages(pages_, positions_, page_size_,
               ParseListOrder("create_time desc"), merged);
    std::ranges::sort(unreachable_);
    merged.mutable_unreachable()->Assign(unreachable_.begin(),
                                         unreachable_.end());
    std::ranges::sort(incomplete_);
    merged.mutable_incomplete_types()->Assign(incomplete_.begin(),
                                              incomplete_.end());
    Answer(merged);
  }

  const SearchService& service_;
  SearchRequest request_;
  int page_size_ = kDefaultMergedPage;
  ListPositions positions_;
  size_t waiting_ = 0;
  std::map<std::string, std::unique_ptr<Message>> pages_;
  absl::Status away_;
  std::vector<std::string> unreachable_;
  std::vector<std::string> incomplete_;
  std::vector<std::unique_ptr<UnaryClient>> clients_;
};

std::unique_ptr<MessageCall> SearchService::Start(CallHead head,
                                                  CallObserver& observer) {
  return std::make_unique<Call>(*this, std::move(head), observer);
}

}  // namespace crm::gateway
