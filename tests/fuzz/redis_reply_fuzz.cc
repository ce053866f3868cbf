// Replies of a Redis server: whatever it sends, a connection returns replies or
// breaks, and what expects a certain form copes with any.
//
// The first byte says how many replies are asked for, the second where the
// answer is cut in two.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "shared/events/event_stream.h"
#include "shared/redis/connection.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using testing::Expect;
using testing::FuzzInput;

// Longer answers say nothing new.
constexpr size_t kMaxAnswerBytes = 4096;

// A server that says what it is told to. Uses one thread: the kernel completes
// connections before they are accepted.
class HostileServer final {
 public:
  HostileServer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    Expect(bind(listener_, raw, size) == 0 && listen(listener_, 8) == 0 &&
               getsockname(listener_, raw, &size) == 0,
           "no port to listen on");
    port_ = ntohs(address.sin_port);
  }

  int port() const { return port_; }

  // Sends `answer` to the next connection, in two parts, and closes it.
  void Answer(absl::string_view answer, size_t cut) {
    const int peer = accept(listener_, nullptr, nullptr);
    const absl::string_view head = answer.substr(0, cut);
    const absl::string_view tail = answer.substr(head.size());
    (void)!send(peer, head.data(), head.size(), MSG_NOSIGNAL);
    (void)!send(peer, tail.data(), tail.size(), MSG_NOSIGNAL);
    // Closing with the request unread would reset the connection, and lose the
    // answer.
    shutdown(peer, SHUT_WR);
    peers_[next_++ % kKept] = std::make_unique<Peer>(peer);
  }

 private:
  static constexpr size_t kKept = 4;
  struct Peer {
    explicit Peer(int socket) : fd(socket) {}
    ~Peer() { close(fd); }
    const int fd;
  };

  const int listener_;
  int port_ = 0;
  size_t next_ = 0;
  std::unique_ptr<Peer> peers_[kKept];
};

void CheckReplies(FuzzInput input) {
  static auto& server = *new HostileServer;
  const size_t wanted = 1 + input.Byte() % 3;
  const size_t cut = input.Byte();
  const absl::string_view answer = input.Rest().substr(0, kMaxAnswerBytes);

  auto connection =
      RedisConnection::Connect("127.0.0.1", server.port(), absl::Seconds(5));
  Expect(connection.ok(), "the connection is refused");
  server.Answer(answer, cut);
  const auto replies =
      (*connection)
          ->Run(std::vector<RedisCommand>(wanted, {"PING"}), absl::Seconds(5));
  if (!replies.ok()) {
    Expect(!absl::IsDeadlineExceeded(replies.status()), "a hang");
    Expect(!(*connection)->Idle(),
           "a broken connection that may be used again");
    return;
  }
  Expect(replies->size() == wanted, "the number of replies");
  for (const RedisReply& reply : *replies) {
    reply.status().IgnoreError();
    ReadStreams(reply).status().IgnoreError();
    ReadAppendAnswer(reply).status().IgnoreError();
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckReplies({data, size});
  return 0;
}
