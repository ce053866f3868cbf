// A private Redis server for one test: its own process, port and folder.

#ifndef CRM_TESTS_SUPPORT_REDIS_SERVER_REDIS_SERVER_H_
#define CRM_TESTS_SUPPORT_REDIS_SERVER_REDIS_SERVER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "shared/redis/client.h"

namespace crm::testing {

// Runs redis-server without persistence on a free port of the loopback. Any
// failure to run it ends the test program with a message. Thread-compatible.
class RedisServer {
 public:
  // Starts a server and waits until it answers. `settings` are added to its
  // command line, as {"--maxmemory", "2mb"}.
  explicit RedisServer(std::vector<std::string> settings = {});

  // Stops it.
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  RedisEndpoint endpoint() const { return {"127.0.0.1", port_}; }

  // Ends the process by SIGKILL; connections to it break.
  void Stop();

  // Starts an empty server on the same port.
  void Restart();

  // Makes the process hang, and go on. A hanging server still accepts
  // connections, in the kernel.
  void Pause();
  void Resume();

  // Sends one command on a connection of its own and returns its reply.
  RedisReply Run(const RedisCommand& command);

 private:
  bool Start(int port);

  const std::vector<std::string> settings_;
  std::string folder_;
  int port_ = 0;
  pid_t pid_ = -1;
};

// Returns options of a client for `server`, patient enough for a busy test
// machine.
RedisClient::Options ClientOptions(const RedisServer& server);

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_REDIS_SERVER_REDIS_SERVER_H_
