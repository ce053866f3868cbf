#include "gateway/proxy/backend.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/transcode/grpc_wire.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

// The code that gRPC gives to an HTTP status where there is no grpc-status.
absl::StatusCode CodeOfHttp(int http_status) {
  switch (http_status) {
    case 400:
      return absl::StatusCode::kInternal;
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kUnknown;
  }
}

}  // namespace

absl::Status ResponseStatus(const ResponseHead& head, const Headers& trailers) {
  const Headers& where =
      FindHeader(trailers, "grpc-status") != nullptr ? trailers : head.headers;
  const std::string* code = FindHeader(where, "grpc-status");
  if (code == nullptr && head.status != 200) {
    return MakeError(CodeOfHttp(head.status), "HTTP_ERROR",
                     absl::StrCat("The service answered with HTTP status ",
                                  head.status, "."));
  }
  return StatusFromTrailers(code, FindHeader(where, "grpc-message"),
                            FindHeader(where, "grpc-status-details-bin"));
}

absl::Status DeadlineError() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                   "The call took longer than its deadline.");
}

// One call to a backend: frames what is sent, and unframes what comes.
class Backend::Call final : public MessageCall, private UpstreamListener {
 public:
  Call(Backend& backend, CallObserver& observer)
      : backend_(backend), observer_(observer) {}

  void Start(CallHead head) {
    RequestHead request;
    request.method = "POST";
    request.authority = backend_.service_;
    request.path = std::move(head.path);
    request.headers = std::move(head.metadata);
    request.headers.push_back({"content-type", "application/grpc"});
    request.headers.push_back({"te", "trailers"});
    if (head.deadline != absl::InfiniteFuture()) {
      const absl::Duration left = head.deadline - backend_.clock_.Now();
      request.headers.push_back({"grpc-timeout", FormatGrpcTimeout(left)});
      timer_ = backend_.loop_.After(std::max(left, absl::ZeroDuration()),
                                    [this] { Finish(DeadlineError(), {}); });
    }
    stream_ = backend_.upstream_.Open(std::move(request), *this);
  }

  void Send(std::string message) override {
    if (stream_ != nullptr) stream_->Write(GrpcFrame(message));
  }

  void CloseSend() override {
    if (stream_ != nullptr) stream_->End();
  }

  void SetPaused(bool paused) override {
    paused_ = paused;
    if (!paused_) ReturnCredit();
  }

 private:
  void OnHead(ResponseHead head) override {
    head_ = std::move(head);
    const bool trailers_only =
        head_.status != 200 ||
        FindHeader(head_.headers, "grpc-status") != nullptr;
    if (!trailers_only) observer_.OnMetadata(head_.headers);
  }

  void OnData(absl::string_view chunk) override {
    reader_.Append(chunk);
    owed_ += chunk.size();
    if (!paused_) ReturnCredit();
    // The observer may destroy this call at each message.
    const std::weak_ptr<bool> alive = alive_;
    while (!alive.expired() && stream_ != nullptr) {
      absl::StatusOr<std::optional<std::string>> next = reader_.Next();
      if (!next.ok()) return Finish(next.status(), {});
      if (!next->has_value()) return;
      observer_.OnMessage(std::move(**next));
    }
  }

  void OnEnd(Headers trailers) override {
    absl::Status status = ResponseStatus(head_, trailers);
    // Only this side cancels, and hears no more then: a backend says CANCELLED
    // of a call that it drops because it stops.
    if (absl::IsCancelled(status)) status = backend_.TransportError(status);
    Finish(std::move(status),
           trailers.empty() ? std::move(head_.headers) : std::move(trailers));
  }

  void OnError(absl::Status status) override {
    Finish(backend_.TransportError(status), {});
  }

  void OnWritable() override {}

  void ReturnCredit() {
    if (stream_ != nullptr && owed_ > 0) {
      stream_->Consume(std::exchange(owed_, 0));
    }
  }

  void Finish(absl::Status status, Headers trailers) {
    timer_.Cancel();
    stream_.reset();
    observer_.OnDone(std::move(status), std::move(trailers));
  }

  Backend& backend_;
  CallObserver& observer_;
  ResponseHead head_;
  GrpcFrameReader reader_;
  size_t owed_ = 0;
  bool paused_ = false;
  // Expires with the call. Shared only in that sense.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Timer timer_;
  std::unique_ptr<UpstreamStream> stream_;
};

Backend::Backend(EventLoop& loop, const Clock& clock, std::string service,
                 Upstream& upstream)
    : loop_(loop),
      clock_(clock),
      service_(std::move(service)),
      upstream_(loop, upstream) {}

std::unique_ptr<MessageCall> Backend::Start(CallHead head,
                                            CallObserver& observer) {
  auto call = std::make_unique<Call>(*this, observer);
  call->Start(std::move(head));
  return call;
}

absl::Status Backend::TransportError(const absl::Status& status) const {
  if (ErrorReason(status) == "UPSTREAM_RESET" && !absl::IsCancelled(status)) {
    return status;
  }
  return Unavailable("BACKEND_UNAVAILABLE",
                     absl::StrCat("The service '", service_,
                                  "' cannot be reached now; try "
                                  "again."),
                     {{"service", service_}});
}

}  // namespace crm::gateway
