#include "tests/shared/rpc/test_server.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/grpc_environment.h"

namespace crm::testing {
namespace {

[[maybe_unused]] const bool kEndGrpc = EndGrpcWithTheTests();

}  // namespace

LogFile::LogFile()
    : descriptor_(memfd_create("log", 0)),
      logger_(std::make_unique<Logger>(clock_, "test", LogLevel::kInfo,
                                       descriptor_)) {}

LogFile::~LogFile() { close(descriptor_); }

std::string LogFile::Text() const {
  std::string text(static_cast<size_t>(lseek(descriptor_, 0, SEEK_END)), '\0');
  const ssize_t size = pread(descriptor_, text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

TestServer::TestServer(EchoHandlers handlers, CallPath path,
                       RpcServer::Options options) {
  auto server = RpcServer::Start(std::move(options), Bind(std::move(handlers)),
                                 std::move(path), clock_, log_.logger());
  server_ = *std::move(server);
}

}  // namespace crm::testing
