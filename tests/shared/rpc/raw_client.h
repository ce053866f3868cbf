// A gRPC client for tests that sends bytes as they are given, and shows all
// that comes back.

#ifndef CRM_TESTS_SHARED_RPC_RAW_CLIENT_H_
#define CRM_TESTS_SHARED_RPC_RAW_CLIENT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpc/compression.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "shared/call/call.h"

namespace crm::testing {

// What came back from a call.
struct RawAnswer {
  absl::Status status;
  std::string bytes;
  Metadata initial;
  Metadata trailing;
};

// What is special about a call.
struct RawCallOptions {
  Metadata metadata = {};
  absl::Duration timeout = absl::Seconds(20);
  grpc_compression_algorithm compression = GRPC_COMPRESS_NONE;
};

// A stream, used by blocking calls. Thread-compatible.
class RawStream {
 public:
  // Opens the stream. Without a `request` none is sent. `more` follows it, or
  // nothing.
  RawStream(grpc::GenericStub& stub, absl::string_view path,
            std::optional<std::string> request, bool more,
            const RawCallOptions& options);
  ~RawStream();

  // Sends a message, where more was to follow, and waits until it is on its
  // way. Returns whether it is.
  bool Send(absl::string_view message);
  // Says that nothing follows any more.
  void EndSending();
  // Waits for the server's first metadata.
  void AwaitOpen();
  // Returns the next message, or nothing at the end.
  std::optional<std::string> Read();
  // Reads to the end and returns the status.
  absl::Status Finish();
  void Cancel();

 private:
  bool Await();

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool finished_ = false;
};

// A connection of its own to a port of this machine. Thread-safe.
class RawClient {
 public:
  explicit RawClient(int port);

  // Makes a unary call.
  RawAnswer Call(absl::string_view path, absl::string_view request,
                 const RawCallOptions& options = {});

  // Opens a stream; bidirectional on the client's side, whatever the server's.
  std::unique_ptr<RawStream> Open(absl::string_view path,
                                  std::optional<std::string> request,
                                  const RawCallOptions& options = {});

  // Opens a stream on which more follows the request.
  std::unique_ptr<RawStream> OpenDuplex(absl::string_view path,
                                        std::string request,
                                        const RawCallOptions& options = {});

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
};

// Returns the values of `name`.
std::vector<std::string> ValuesOf(const Metadata& metadata,
                                  absl::string_view name);

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_RPC_RAW_CLIENT_H_
