// gRPC-Web, the gRPC of browsers: a request and its answer in another form, and
// for the rest a gRPC call like any other.

#ifndef CRM_GATEWAY_PROXY_GRPC_WEB_EXCHANGE_H_
#define CRM_GATEWAY_PROXY_GRPC_WEB_EXCHANGE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "gateway/http/exchange.h"
#include "gateway/proxy/wrapped_exchange.h"
#include "gateway/transcode/grpc_web_wire.h"

namespace crm::gateway {

// One call, over either version of HTTP. Of a text request the body is decoded
// and the answer encoded; trailers become the last frame of the body. Loop
// thread only.
class GrpcWebExchange final : public WrappedExchange {
 public:
  // Serves the request that `head` begins by `serve`, which gets it as gRPC.
  static std::unique_ptr<Exchange> Begin(RequestHead head, GrpcWebType type,
                                         ResponseWriter& client,
                                         const ExchangeFactory& serve);

  void OnData(absl::string_view chunk) override;
  void OnEnd() override;

 private:
  GrpcWebExchange(GrpcWebType type, ResponseWriter& client);

  void Start(ResponseHead head) override;
  void Write(std::string chunk) override;
  void End(Headers trailers) override;
  void Reset() override;
  void Consume(size_t bytes) override;

  // Ends the call for a body that is no base64.
  void Fail(const absl::Status& status);

  const GrpcWebType type_;
  Base64Reader reader_;
  bool started_ = false;
  // What the head of a call that it ends says, which browsers look for in the
  // body.
  GrpcTrailers ends_with_;
  bool over_ = false;
  // What has come from the client and not been paid back to it, as it came and
  // as it was passed on.
  size_t owed_ = 0;
  size_t owed_decoded_ = 0;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_GRPC_WEB_EXCHANGE_H_
