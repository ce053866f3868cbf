#include "gateway/local/change_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/change.pb.h"
#include "gateway/local/local_call.h"
#include "gateway/local/permission.h"
#include "gateway/local/resume_token.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {

using platform::v1::Change;
using platform::v1::WatchRequest;

namespace {

constexpr char kPermission[] = "changes.watch";

// How long to wait before a service is tried again.
constexpr absl::Duration kMinRetry = absl::Milliseconds(200);
constexpr absl::Duration kMaxRetry = absl::Seconds(10);

}  // namespace

// One client's watch.
class ChangeService::Call final : public SingleRequestCall {
 public:
  Call(const ChangeService& service, CallHead head, CallObserver& observer)
      : SingleRequestCall(std::move(head), observer), service_(service) {}

  void SetPaused(bool paused) override;

  // A change of one service, whose own token it carries.
  void Pass(const std::string& source, Change change) {
    if (!change.resume_token().empty()) {
      tokens_[source] = change.resume_token();
    }
    change.set_resume_token(EncodeResumeToken(tokens_));
    observer().OnMessage(change.SerializeAsString());
  }

  void End(absl::Status status) { Finish(std::move(status)); }

  // The request for one service, from where it was left.
  WatchRequest RequestTo(const std::string& source) const {
    WatchRequest request = request_;
    const auto token = tokens_.find(source);
    if (token != tokens_.end()) {
      request.set_resume_token(token->second);
      request.set_from_beginning(false);
    }
    return request;
  }

  CallHead HeadTo() const {
    CallHead forward = head();
    forward.path = "/crm.platform.v1.ChangeService/Watch";
    return forward;
  }

  bool paused() const { return paused_; }
  const ChangeService& service() const { return service_; }

 private:
  void OnRequest(const std::string& bytes) override;

  absl::Status ReadRequest(const std::string& bytes) {
    CRM_RETURN_IF_ERROR(Parse(bytes, request_));
    if (!request_.resume_token().empty() && request_.from_beginning()) {
      return BadField("from_beginning",
                      "It does not go with a resume token; give one of them.");
    }
    CRM_ASSIGN_OR_RETURN(tokens_, DecodeResumeToken(request_.resume_token()));
    // A service that the token does not name was never heard of: it starts with
    // its oldest change, so that none is left out.
    if (!tokens_.empty()) request_.set_from_beginning(true);
    request_.clear_resume_token();
    return absl::OkStatus();
  }

  const ChangeService& service_;
  WatchRequest request_;
  ResumeTokens tokens_;
  bool paused_ = false;
  std::vector<std::unique_ptr<Source>> sources_;
};

// One service's stream, opened again when it breaks.
class ChangeService::Source final : public CallObserver {
 public:
  Source(Call& call, std::string name, Backend& backend)
      : call_(call), name_(std::move(name)), backend_(backend) {
    Open();
  }

  void SetPaused(bool paused) {
    if (stream_ != nullptr) stream_->SetPaused(paused);
  }

 private:
  void Open() {
    stream_ = backend_.Start(call_.HeadTo(), *this);
    stream_->SetPaused(call_.paused());
    stream_->Send(call_.RequestTo(name_).SerializeAsString());
    stream_->CloseSend();
  }

  void OnMetadata(Headers /*metadata*/) override {}

  void OnMessage(std::string message) override {
    retry_ = kMinRetry;
    Change change;
    if (!change.ParseFromString(message)) {
      return call_.End(
          Internal("BAD_MESSAGE", "A service's change does not parse."));
    }
    call_.Pass(name_, std::move(change));
  }

  void OnDone(absl::Status status, Headers /*trailers*/) override {
    if (!status.ok() && !absl::IsUnavailable(status)) {
      return call_.End(std::move(status));
    }
    stream_.reset();
    timer_ = call_.service().loop_.After(retry_, [this] { Open(); });
    retry_ = std::min(retry_ * 2, kMaxRetry);
  }

  Call& call_;
  const std::string name_;
  Backend& backend_;
  absl::Duration retry_ = kMinRetry;
  Timer timer_;
  std::unique_ptr<MessageCall> stream_;
};

void ChangeService::Call::OnRequest(const std::string& bytes) {
  if (absl::Status status = ReadRequest(bytes); !status.ok()) {
    // Permission comes before anything else is looked at. What the token does
    // not grant, the tenant may: that is for the services to say.
    const absl::Status permission =
        CheckPermission(service_.roles_, head().principal, kPermission);
    return Finish(permission.ok() ? std::move(status) : permission);
  }
  observer().OnMetadata({});
  for (const auto& [name, backend] : service_.backends_) {
    sources_.push_back(std::make_unique<Source>(*this, name, *backend));
  }
}

void ChangeService::Call::SetPaused(bool paused) {
  paused_ = paused;
  for (const auto& source : sources_) source->SetPaused(paused);
}

std::unique_ptr<MessageCall> ChangeService::Start(CallHead head,
                                                  CallObserver& observer) {
  return std::make_unique<Call>(*this, std::move(head), observer);
}

}  // namespace crm::gateway
