#include "gateway/local/shared_collections.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "gateway/local/list_merge.h"
#include "gateway/local/local_call.h"
#include "gateway/local/unary_client.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {

using google::protobuf::Message;
using platform::v1::GetAuditEntryRequest;
using platform::v1::ListAuditEntriesRequest;
using platform::v1::ListAuditEntriesResponse;
using platform::v1::ListOperationsRequest;
using platform::v1::ListOperationsResponse;

namespace {

constexpr char kListAuditEntries[] =
    "/crm.platform.v1.AuditService/ListAuditEntries";
constexpr char kListOperations[] = "/crm.platform.v1.Operations/ListOperations";
constexpr char kStreamImportRows[] =
    "/crm.platform.v1.ImportService/StreamImportRows";

// Returns the service that a name carries: `operations/operational-x` ->
// `operational`.
absl::string_view ServiceIn(absl::string_view name) {
  const size_t slash = name.find('/');
  if (slash == absl::string_view::npos) return "";
  const absl::string_view id = name.substr(slash + 1);
  return id.substr(0, id.find('-'));
}

}  // namespace

// A call that goes to the service in the request's name.
class SharedCollections::NamedCall final : public SingleRequestCall {
 public:
  NamedCall(const SharedCollections& collections, CallHead head,
            CallObserver& observer)
      : SingleRequestCall(std::move(head), observer),
        collections_(collections) {}

  void SetPaused(bool paused) override {
    if (forward_ != nullptr) forward_->SetPaused(paused);
  }

 private:
  void OnRequest(const std::string& bytes) override {
    // In all requests that get here, `name` is field 1.
    GetAuditEntryRequest request;
    if (absl::Status status = Parse(bytes, request); !status.ok()) {
      return Finish(std::move(status));
    }
    const auto backend =
        collections_.backends_.find(std::string(ServiceIn(request.name())));
    if (backend == collections_.backends_.end()) {
      return Finish(NotFound("RESOURCE_NOT_FOUND",
                             "The name names no service's resource.",
                             {{"name", request.name()}}));
    }
    forward_ = backend->second->Start(head(), observer());
    forward_->Send(bytes);
    forward_->CloseSend();
  }

  const SharedCollections& collections_;
  std::unique_ptr<MessageCall> forward_;
};

// A call on whose stream both sides send messages, to the service in the name
// of the first request. The service answers each message once, when it is done
// with it; so what was sent and is not answered says whether it can do with
// more.
class SharedCollections::StreamCall final : public MessageCall,
                                            private CallObserver {
 public:
  StreamCall(const SharedCollections& collections, CallHead head,
             CallObserver& observer)
      : collections_(collections),
        head_(std::move(head)),
        observer_(observer) {}

  void Send(std::string message) override {
    if (forward_ == nullptr && !Open(message)) return;
    ++unanswered_;
    forward_->Send(std::move(message));
  }

  void CloseSend() override {
    if (forward_ != nullptr) return forward_->CloseSend();
    if (refused_) return;
    observer_.OnDone(InvalidArgument("REQUEST_COUNT",
                                     "The method takes at least one message."),
                     {});
  }

  bool HasRoom() const override { return unanswered_ < kMaxUnanswered; }

  void SetPaused(bool paused) override {
    if (forward_ != nullptr) forward_->SetPaused(paused);
  }

 private:
  static constexpr int kMaxUnanswered = 2;

  // Begins the call of the service that `message` names. This may be destroyed
  // by it, if there is none.
  bool Open(const std::string& message) {
    if (refused_) return false;
    // As above, `name` is field 1.
    GetAuditEntryRequest request;
    const bool parses = request.ParseFromString(message);
    const auto backend = parses ? collections_.backends_.find(
                                      std::string(ServiceIn(request.name())))
                                : collections_.backends_.end();
    if (backend == collections_.backends_.end()) {
      refused_ = true;
      observer_.OnDone(
          parses
              ? NotFound("RESOURCE_NOT_FOUND",
                         "The name names no service's resource.",
                         {{"name", request.name()}})
              : InvalidArgument("BAD_MESSAGE", "The request does not parse."),
          {});
      return false;
    }
    forward_ = backend->second->Start(head_, *this);
    return true;
  }

  void OnMetadata(Headers metadata) override {
    observer_.OnMetadata(std::move(metadata));
  }
  void OnMessage(std::string message) override {
    --unanswered_;
    // The observer may destroy this, and outlives it.
    CallObserver& observer = observer_;
    observer.OnMessage(std::move(message));
    observer.OnRoom();
  }
  void OnDone(absl::Status status, Headers trailers) override {
    observer_.OnDone(std::move(status), std::move(trailers));
  }

  const SharedCollections& collections_;
  const CallHead head_;
  CallObserver& observer_;
  int unanswered_ = 0;
  // Whether the call has ended without a service.
  bool refused_ = false;
  std::unique_ptr<MessageCall> forward_;
};

// A list: asks every service for its page, then merges.
class SharedCollections::ListCall final : public SingleRequestCall {
 public:
  ListCall(const SharedCollections& collections, CallHead head,
           CallObserver& observer)
      : SingleRequestCall(std::move(head), observer),
        collections_(collections),
        audit_(SingleRequestCall::head().path == kListAuditEntries) {}

 private:
  void OnRequest(const std::string& bytes) override {
    const absl::Status status = audit_ ? Read<ListAuditEntriesRequest>(bytes)
                                       : Read<ListOperationsRequest>(bytes);
    if (!status.ok()) return Finish(status);
    for (const auto& [service, backend] : collections_.backends_) {
      if (!positions_[service].done) ++waiting_;
    }
    if (waiting_ == 0) return Merge();
    for (const auto& [service, backend] : collections_.backends_) {
      if (positions_[service].done) continue;
      const std::string request =
          audit_
              ? RequestTo<ListAuditEntriesRequest>(bytes, positions_[service])
              : RequestTo<ListOperationsRequest>(bytes, positions_[service]);
      clients_.push_back(std::make_unique<UnaryClient>(
          *backend, head(), request,
          [this, service = service](absl::StatusOr<std::string> page) {
            OnPage(service, std::move(page));
          }));
    }
  }

  template <typename Request>
  absl::Status Read(const std::string& bytes) {
    Request request;
    CRM_RETURN_IF_ERROR(Parse(bytes, request));
    if (request.page_size() < 0) {
      return BadField("page_size",
                      "It is negative; leave it out, or give 1 to "
                      "1000.");
    }
    page_size_ = request.page_size() == 0
                     ? kDefaultMergedPage
                     : std::min(request.page_size(), kMaxMergedPage);
    if constexpr (std::is_same_v<Request, ListAuditEntriesRequest>) {
      order_ = ParseListOrder(request.order_by().empty() ? "event_time desc"
                                                         : request.order_by());
    }
    CRM_ASSIGN_OR_RETURN(positions_, DecodeListToken(request.page_token()));
    return absl::OkStatus();
  }

  template <typename Request>
  std::string RequestTo(const std::string& bytes,
                        const ListPosition& position) const {
    Request request;
    request.ParseFromString(bytes);
    request.set_page_token(position.token);
    request.set_page_size(std::min(page_size_ + position.skip, kMaxMergedPage));
    return request.SerializeAsString();
  }

  void OnPage(const std::string& service, absl::StatusOr<std::string> bytes) {
    // A service that does not serve the collection has nothing in it.
    const bool unserved = absl::IsUnimplemented(bytes.status());
    if (!bytes.ok() && !unserved) return Finish(bytes.status());
    std::unique_ptr<Message> page = NewResponse();
    if (!unserved && !page->ParseFromString(*bytes)) {
      return Finish(
          Internal("BAD_MESSAGE", "A service's page does not parse."));
    }
    pages_[service] = std::move(page);
    if (--waiting_ == 0) Merge();
  }

  void Merge() {
    const std::unique_ptr<Message> merged = NewResponse();
    MergePages(pages_, positions_, page_size_, order_, *merged);
    Answer(*merged);
  }

  std::unique_ptr<Message> NewResponse() const {
    if (audit_) return std::make_unique<ListAuditEntriesResponse>();
    return std::make_unique<ListOperationsResponse>();
  }

  const SharedCollections& collections_;
  // Which of the two lists it is.
  const bool audit_;
  int page_size_ = kDefaultMergedPage;
  ListOrder order_;
  ListPositions positions_;
  size_t waiting_ = 0;
  std::map<std::string, std::unique_ptr<Message>> pages_;
  std::vector<std::unique_ptr<UnaryClient>> clients_;
};

std::unique_ptr<MessageCall> SharedCollections::Start(CallHead head,
                                                      CallObserver& observer) {
  if (head.path == kListAuditEntries || head.path == kListOperations) {
    return std::make_unique<ListCall>(*this, std::move(head), observer);
  }
  if (head.path == kStreamImportRows) {
    return std::make_unique<StreamCall>(*this, std::move(head), observer);
  }
  return std::make_unique<NamedCall>(*this, std::move(head), observer);
}

}  // namespace crm::gateway
