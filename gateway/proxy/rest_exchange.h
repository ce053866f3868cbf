// A REST call: JSON on the client's side, gRPC messages on the service's.

#ifndef CRM_GATEWAY_PROXY_REST_EXCHANGE_H_
#define CRM_GATEWAY_PROXY_REST_EXCHANGE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/http/exchange.h"
#include "gateway/policy/call_record.h"
#include "gateway/proxy/message_call.h"
#include "gateway/routing/route_table.h"
#include "gateway/transcode/transcoder.h"
#include "shared/call/principal.h"

namespace crm::gateway {

// What is known of a REST call when its head has arrived.
struct RestCall {
  RestMatch match;
  std::string query;
  Headers headers;
  Principal principal;
  absl::Time deadline;
};

// Collects the body (at most 1 MiB), calls the service, and answers with JSON.
// A server stream becomes lines of JSON, or server-sent events if the client
// accepts `text/event-stream`; an error after its start is a last line
// `{"error": ...}`, or an event called `error`. Loop thread only.
class RestExchange final : public Exchange, private CallObserver {
 public:
  RestExchange(CallTarget& target, const Transcoder& transcoder, RestCall call,
               std::unique_ptr<CallRecord> record, ResponseWriter& writer);

  void OnData(absl::string_view chunk) override;
  void OnEnd() override;
  void OnReset() override;
  void OnWritable() override;

 private:
  void OnMetadata(Headers metadata) override;
  void OnMessage(std::string message) override;
  void OnDone(absl::Status status, Headers trailers) override;

  bool streaming() const;
  // Starts the gRPC call. Returns what is wrong with the request.
  absl::Status StartCall();
  void StartStream();
  void Answer();
  void EndStream(const absl::Status& status);
  void Fail(const absl::Status& status);

  CallTarget& target_;
  const Transcoder& transcoder_;
  const RestCall rest_;
  std::unique_ptr<CallRecord> record_;
  ResponseWriter& writer_;
  const bool events_;
  std::string body_;
  // Whether the response has begun, and whether it has ended.
  bool started_ = false;
  bool over_ = false;
  // Headers of the answer that come from the service.
  Headers answer_headers_;
  std::string response_;
  bool has_response_ = false;
  std::unique_ptr<MessageCall> call_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_REST_EXCHANGE_H_
