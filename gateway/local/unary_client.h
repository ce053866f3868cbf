// Calls one unary method of a backend, and hands over what it answers.

#ifndef CRM_GATEWAY_LOCAL_UNARY_CLIENT_H_
#define CRM_GATEWAY_LOCAL_UNARY_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "gateway/proxy/message_call.h"
#include "shared/base/errors.h"

namespace crm::gateway {

// One call. `done` gets the response's bytes or an error, once, and may destroy
// the client; destroying it earlier cancels the call. Loop thread only.
class UnaryClient final : private CallObserver {
 public:
  using Done = std::function<void(absl::StatusOr<std::string>)>;

  UnaryClient(CallTarget& target, CallHead head, std::string request, Done done)
      : done_(std::move(done)), call_(target.Start(std::move(head), *this)) {
    call_->Send(std::move(request));
    call_->CloseSend();
  }

 private:
  void OnMetadata(Headers /*metadata*/) override {}

  void OnMessage(std::string message) override {
    response_ = std::move(message);
    answered_ = true;
  }

  void OnDone(absl::Status status, Headers /*trailers*/) override {
    // Moved out first: the function may destroy this.
    const Done done = std::move(done_);
    if (!status.ok()) return done(std::move(status));
    if (!answered_) {
      return done(Internal("RESPONSE_MISSING",
                           "The service answered without a response."));
    }
    done(std::move(response_));
  }

  Done done_;
  std::string response_;
  bool answered_ = false;
  std::unique_ptr<MessageCall> call_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_UNARY_CLIENT_H_
