// Streams over gRPC's callback API: a bounded buffer between whoever writes and
// the connection, and messages from the caller when they are asked for.

#ifndef CRM_SHARED_RPC_STREAM_CALL_H_
#define CRM_SHARED_RPC_STREAM_CALL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "grpcpp/alarm.h"
#include "grpcpp/impl/codegen/async_generic_service.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "shared/call/call.h"
#include "shared/call/duplex_stream.h"
#include "shared/rpc/call_edge.h"
#include "shared/rpc/filter_pass.h"

namespace crm {

class StreamCall;

// The streams that are open. Thread-safe.
class OpenStreams {
 public:
  // Ends all streams, and every later one, with UNAVAILABLE `DRAINING`.
  void Drain();

 private:
  friend class StreamCall;

  // Returns whether streams may still be opened.
  bool Add(const std::shared_ptr<StreamCall>& stream);
  void Remove(const std::shared_ptr<StreamCall>& stream);

  std::mutex mutex_;
  bool draining_ = false;
  std::set<std::shared_ptr<StreamCall>> streams_;
};

// One call whose answers are streamed. Holds no thread. Thread-safe.
class StreamCall final : public DuplexStream,
                         public std::enable_shared_from_this<StreamCall> {
 public:
  // The most bytes that wait to be sent; a single larger message waits alone.
  static constexpr size_t kMaxQueuedBytes = 1 << 20;

  // Serves a call. Everything given outlives it, but for the request.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(
      const MethodBinding& binding, CallEdge& edge, OpenStreams& streams,
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request);

  // Reads the request of a call whose caller streams, too, then serves it.
  // Everything given outlives it.
  static grpc::ServerGenericBidiReactor* StartDuplex(
      const MethodBinding& binding, CallEdge& edge, OpenStreams& streams,
      grpc::CallbackServerContext* context);

  bool Write(std::string bytes) override;
  // Called at once if the caller has gone already.
  void SetOnReady(std::function<void()> on_ready) override;
  void Finish(absl::Status status) override;
  bool cancelled() const override;
  // Gives nothing where the caller sends its request alone.
  void Read(OnMessage on_message) override;

 private:
  class Wire;
  class WriteReactor;
  class DuplexReactor;
  friend class OpenStreams;

  StreamCall(CallEdge& edge, OpenStreams& streams,
             grpc::CallbackServerContext* context, std::shared_ptr<Call> call);

  void Run(const MethodBinding& binding, bool has_message);
  // Opens the stream, unless `status` refuses it or the caller has gone.
  void Open(const MethodBinding& binding, absl::Status status);
  // Sends the first metadata. Returns false if the stream is over already.
  bool SendOpening();
  void StartAlarm();
  // Has the stream end if its buffer does not get room in time. Requires
  // `mutex_`.
  void StartStallAlarm();

  // Sends the next message, or the status when nothing is left. Requires
  // `mutex_`.
  void Advance();
  // Ends the stream without its handler, and tells that. What is queued is sent
  // first, unless it is dropped.
  void End(absl::Status status, bool drop_queued);
  // Tells the handler to look at the stream again.
  void Notify(const std::function<void()>& on_ready);
  void OnWriteDone(bool ok);
  void OnReadDone(bool ok);
  void OnCancel();
  void OnDone();

  CallEdge& edge_;
  OpenStreams& streams_;
  const std::shared_ptr<Call> call_;
  FilterPass pass_;
  FilterPass inner_pass_;
  grpc::Alarm deadline_alarm_;
  // Anew for each stall: an alarm that runs cannot be set again.
  std::unique_ptr<grpc::Alarm> stall_alarm_;

  mutable std::mutex mutex_;
  // Both null once the stream has ended.
  Wire* wire_ = nullptr;
  grpc::CallbackServerContext* context_;
  std::deque<std::string> queue_;
  size_t queued_bytes_ = 0;
  // The message that is being sent; gRPC reads it until OnWriteDone.
  grpc::ByteBuffer sending_;
  bool opened_ = false;
  bool writing_ = false;
  bool refused_ = false;
  // How many times the buffer was full.
  int64_t stalls_ = 0;
  bool cancelled_ = false;
  std::optional<absl::Status> status_;
  bool status_sent_ = false;
  std::function<void()> on_ready_;
  // The message that is being read, and who waits for it.
  grpc::ByteBuffer reading_;
  OnMessage on_message_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_STREAM_CALL_H_
