// A client's HTTP/1.1 connection: one request after the other, kept alive.

#ifndef CRM_GATEWAY_HTTP_H1_SESSION_H_
#define CRM_GATEWAY_HTTP_H1_SESSION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "gateway/http/h1_parser.h"
#include "gateway/http/h1_response.h"
#include "gateway/http/idle_timer.h"
#include "gateway/http/server_connection.h"
#include "gateway/http/tcp_stream.h"
#include "gateway/http/turn_task.h"

namespace crm::gateway {

// Requests that are sent ahead wait in the socket until the one before them is
// answered. Loop thread only.
class H1Session final : public ServerConnection,
                        private TcpStream::Handler,
                        private ResponseWriter {
 public:
  explicit H1Session(ServerConnectionInput input);
  ~H1Session() override;

  void Drain() override;

 private:
  enum class Phase {
    kHead,     // Between requests, or within a head.
    kBody,     // Within a request's body.
    kAnswer,   // The request is whole, its answer is not.
    kClosing,  // Nothing more is read.
  };

  // TcpStream::Handler:
  void OnBytes(absl::string_view bytes) override;
  void OnDrained() override;
  void OnClosed(absl::Status why) override;

  // ResponseWriter:
  void Start(ResponseHead head) override;
  void Write(std::string chunk) override;
  void End(Headers trailers) override;
  void Reset() override;
  void Consume(size_t bytes) override;
  size_t buffered() const override;

  void Advance();
  // Each returns whether there may be more to do with what has arrived.
  bool ReadHead();
  bool ReadBody();
  void BeginExchange();
  // Answers with an error of the transport and closes.
  void Refuse(int status);
  void Flush();
  void FinishResponse();
  void TellRelief();
  void DetachExchange();
  void ResetExchange();
  void ArmTimer();
  void OnTimeout();

  EventLoop& loop_;
  const HttpLimits& limits_;
  const ExchangeFactory& factory_;
  const std::string scheme_;
  const std::string peer_;
  absl::AnyInvocable<void()> on_closed_;
  Phase phase_ = Phase::kHead;
  std::string in_;  // Arrived and not parsed.
  std::unique_ptr<H1Parser> parser_;
  std::unique_ptr<Exchange> exchange_;
  // An exchange that is over; destroyed where none of its functions runs.
  std::unique_ptr<Exchange> finished_;
  std::optional<H1Response> response_;
  size_t unconsumed_ = 0;
  bool above_high_water_ = false;
  bool draining_ = false;
  Timer timer_;  // Of a head or a body under way.
  TcpStream stream_;
  TurnTask flush_;
  IdleTimer idle_timer_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_H1_SESSION_H_
