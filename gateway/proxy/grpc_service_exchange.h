// A gRPC call to a service of the gateway itself.

#ifndef CRM_GATEWAY_PROXY_GRPC_SERVICE_EXCHANGE_H_
#define CRM_GATEWAY_PROXY_GRPC_SERVICE_EXCHANGE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "gateway/http/exchange.h"
#include "gateway/policy/call_record.h"
#include "gateway/proxy/message_call.h"
#include "gateway/transcode/grpc_wire.h"

namespace crm::gateway {

// Unframes what the client sends, and frames what the service answers. Loop
// thread only.
class GrpcServiceExchange final : public Exchange, private CallObserver {
 public:
  static std::unique_ptr<Exchange> Start(CallTarget& target, CallHead head,
                                         std::unique_ptr<CallRecord> record,
                                         ResponseWriter& writer);

  void OnData(absl::string_view chunk) override;
  void OnEnd() override;
  void OnReset() override;
  void OnWritable() override;

 private:
  GrpcServiceExchange(std::unique_ptr<CallRecord> record,
                      ResponseWriter& writer);

  void OnMetadata(Headers metadata) override;
  void OnMessage(std::string message) override;
  void OnDone(absl::Status status, Headers trailers) override;
  void OnRoom() override { ReturnCredit(); }

  void StartResponse(Headers metadata);
  void ReturnCredit();

  ResponseWriter& writer_;
  std::unique_ptr<CallRecord> record_;
  GrpcFrameReader reader_;
  size_t owed_ = 0;
  bool started_ = false;
  std::unique_ptr<MessageCall> call_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_GRPC_SERVICE_EXCHANGE_H_
