// A client's HTTP/2 connection: turns its streams into exchanges.

#ifndef CRM_GATEWAY_HTTP_H2_SERVER_SESSION_H_
#define CRM_GATEWAY_HTTP_H2_SERVER_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/http/h2_connection.h"
#include "gateway/http/idle_timer.h"
#include "gateway/http/server_connection.h"

namespace crm::gateway {

// Loop thread only.
class H2ServerSession final : public ServerConnection,
                              private H2Connection::Handler {
 public:
  explicit H2ServerSession(ServerConnectionInput input);
  ~H2ServerSession() override;

  void Drain() override;

 private:
  class Stream;

  void OnHeaders(int32_t id, HeaderBlock block, bool end_stream) override;
  void OnData(int32_t id, absl::string_view chunk) override;
  void OnEndStream(int32_t id) override;
  void OnStreamClosed(int32_t id, uint32_t error_code) override;
  void OnStreamWritable(int32_t id) override;
  void OnStreamBroken() override;
  void OnGoaway() override {}
  void OnPingAnswered() override;
  void OnFlush() override;
  void OnFlushed() override;
  void OnConnectionClosed(absl::Status why) override;

  void ResetAll();
  Stream* Find(int32_t id);

  EventLoop& loop_;
  const HttpLimits& limits_;
  const ExchangeFactory& factory_;
  const std::string peer_;
  absl::AnyInvocable<void()> on_closed_;
  absl::flat_hash_map<int32_t, std::unique_ptr<Stream>> streams_;
  // Streams whose answer has begun since the last flush.
  std::vector<int32_t> started_;
  // Exchanges that are over; destroyed where none of their functions runs.
  std::vector<std::unique_ptr<Exchange>> finished_;
  int broken_streams_ = 0;
  Timer reset_window_;
  bool draining_ = false;
  bool went_away_ = false;
  H2Connection connection_;
  IdleTimer idle_timer_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_H2_SERVER_SESSION_H_
