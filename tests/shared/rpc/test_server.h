// A server for tests, on a port that the kernel chooses.

#ifndef CRM_TESTS_SHARED_RPC_TEST_SERVER_H_
#define CRM_TESTS_SHARED_RPC_TEST_SERVER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/rpc/call_edge.h"
#include "shared/rpc/server.h"
#include "tests/shared/rpc/echo_service.h"

namespace crm::testing {

// A logger that writes to a file, for tests that read the log.
class LogFile {
 public:
  LogFile();
  ~LogFile();

  Logger& logger() { return *logger_; }
  // Returns all that was logged.
  std::string Text() const;

 private:
  SystemClock clock_;
  int descriptor_;
  std::unique_ptr<Logger> logger_;
};

// Serves EchoService. The handlers' own objects outlive it.
class TestServer {
 public:
  explicit TestServer(EchoHandlers handlers = {}, CallPath path = {},
                      RpcServer::Options options = {});

  RpcServer& operator*() { return *server_; }
  RpcServer* operator->() { return server_.get(); }
  int port() const { return server_->port(); }
  const LogFile& log() const { return log_; }

 private:
  SystemClock clock_;
  LogFile log_;
  std::unique_ptr<RpcServer> server_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_RPC_TEST_SERVER_H_
