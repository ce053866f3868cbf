// Base of the calls that the gateway answers itself.

#ifndef CRM_GATEWAY_LOCAL_LOCAL_CALL_H_
#define CRM_GATEWAY_LOCAL_LOCAL_CALL_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/proxy/message_call.h"
#include "google/protobuf/message_lite.h"
#include "shared/base/errors.h"

namespace crm::gateway {

// A call whose request is one message: unary, or streaming from the server.
// OnRequest() runs when the request is complete. Loop thread only.
class SingleRequestCall : public MessageCall {
 public:
  SingleRequestCall(CallHead head, CallObserver& observer)
      : head_(std::move(head)), observer_(observer) {}

  void Send(std::string message) final {
    ++messages_;
    request_ = std::move(message);
  }

  // Calls OnRequest(), after which this may be destroyed.
  void CloseSend() final {
    if (messages_ != 1) {
      return Finish(InvalidArgument("REQUEST_COUNT",
                                    "The method takes one request message."));
    }
    OnRequest(request_);
  }

  void SetPaused(bool /*paused*/) override {}

 protected:
  // The request has arrived; answers now or later.
  virtual void OnRequest(const std::string& bytes) = 0;

  // Parses the request. Returns INVALID_ARGUMENT (BAD_MESSAGE).
  static absl::Status Parse(const std::string& bytes,
                            google::protobuf::MessageLite& request) {
    if (request.ParseFromString(bytes)) return absl::OkStatus();
    return InvalidArgument("BAD_MESSAGE", "The request does not parse.");
  }

  // Ends the call. This may be destroyed by it.
  void Finish(absl::Status status) { observer_.OnDone(std::move(status), {}); }

  // Answers a unary call. This may be destroyed by it.
  void Answer(const google::protobuf::MessageLite& response) {
    observer_.OnMessage(response.SerializeAsString());
    observer_.OnDone(absl::OkStatus(), {});
  }

  const CallHead& head() const { return head_; }
  CallObserver& observer() { return observer_; }

 private:
  const CallHead head_;
  CallObserver& observer_;
  std::string request_;
  int messages_ = 0;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_LOCAL_CALL_H_
