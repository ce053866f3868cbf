#include "shared/rpc/stream_call.h"

#include <atomic>
#include <utility>
#include <vector>

#include "shared/base/errors.h"
#include "shared/rpc/deadline_filter.h"
#include "shared/rpc/grpc_convert.h"

namespace crm {
namespace {

absl::Status Cancelled() {
  return MakeError(absl::StatusCode::kCancelled, "CANCELLED",
                   "The caller has cancelled the call.");
}

absl::Status SlowReader() {
  return Unavailable("SLOW_READER",
                     "The stream was not read for too long. Open it again from "
                     "its last cursor.");
}

}  // namespace

void OpenStreams::Drain() {
  std::vector<std::shared_ptr<StreamCall>> streams;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    draining_ = true;
    streams.assign(streams_.begin(), streams_.end());
  }
  for (const auto& stream : streams) {
    stream->End(Draining(), /*drop_queued=*/false);
  }
}

bool OpenStreams::Add(const std::shared_ptr<StreamCall>& stream) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (draining_) return false;
  streams_.insert(stream);
  return true;
}

void OpenStreams::Remove(const std::shared_ptr<StreamCall>& stream) {
  std::lock_guard<std::mutex> lock(mutex_);
  streams_.erase(stream);
}

// gRPC's side of a stream: what can be done on it.
class StreamCall::Wire {
 public:
  virtual ~Wire() = default;
  virtual void Open() = 0;
  virtual void Send(const grpc::ByteBuffer& message) = 0;
  virtual void Close(const grpc::Status& status) = 0;
  // Fills `message`; returns whether there may be one.
  virtual bool Receive(grpc::ByteBuffer& message) = 0;
};

// Keeps the stream alive while gRPC may call, then goes.
class StreamCall::WriteReactor final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      public Wire {
 public:
  explicit WriteReactor(std::shared_ptr<StreamCall> stream)
      : stream_(std::move(stream)) {}

  void Open() override { StartSendInitialMetadata(); }
  void Send(const grpc::ByteBuffer& message) override { StartWrite(&message); }
  void Close(const grpc::Status& status) override { Finish(status); }
  bool Receive(grpc::ByteBuffer& /*message*/) override { return false; }

  void OnWriteDone(bool ok) override { stream_->OnWriteDone(ok); }
  void OnCancel() override { stream_->OnCancel(); }
  void OnDone() override {
    OpenCalls& open_calls = stream_->edge_.open_calls();
    stream_->OnDone();
    delete this;
    open_calls.End();
  }

 private:
  const std::shared_ptr<StreamCall> stream_;
};

// The same for a stream that is read from, too. It begins before its first
// message has come, and has no stream until then.
class StreamCall::DuplexReactor final : public grpc::ServerGenericBidiReactor,
                                        public Wire {
 public:
  DuplexReactor(const MethodBinding& binding, CallEdge& edge,
                OpenStreams& streams, grpc::CallbackServerContext* context)
      : binding_(binding), edge_(edge), streams_(streams), context_(context) {
    StartRead(&request_);
  }

  void Open() override { StartSendInitialMetadata(); }
  void Send(const grpc::ByteBuffer& message) override { StartWrite(&message); }
  void Close(const grpc::Status& status) override { Finish(status); }
  bool Receive(grpc::ByteBuffer& message) override {
    StartRead(&message);
    return true;
  }

  void OnReadDone(bool ok) override {
    if (begun_) {
      stream_->OnReadDone(ok);
      return;
    }
    if (!ok) request_.Clear();
    stream_ = std::shared_ptr<StreamCall>(
        new StreamCall(edge_, streams_, context_,
                       edge_.Read(*binding_.method, *context_, request_)));
    stream_->wire_ = this;
    begun_ = true;
    // Who has gone already is told of by nobody again.
    if (context_->IsCancelled()) stream_->call_->cancelled = true;
    stream_->Run(binding_, ok);
  }

  void OnWriteDone(bool ok) override { stream_->OnWriteDone(ok); }
  void OnCancel() override {
    if (begun_) stream_->OnCancel();
  }
  void OnDone() override {
    OpenCalls& open_calls = edge_.open_calls();
    stream_->OnDone();
    delete this;
    open_calls.End();
  }

 private:
  const MethodBinding& binding_;
  CallEdge& edge_;
  OpenStreams& streams_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer request_;
  std::shared_ptr<StreamCall> stream_;
  // Whether `stream_` is there.
  std::atomic<bool> begun_{false};
};

grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamCall::Start(
    const MethodBinding& binding, CallEdge& edge, OpenStreams& streams,
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  auto stream = std::shared_ptr<StreamCall>(new StreamCall(
      edge, streams, context, edge.Read(*binding.method, *context, *request)));
  auto* reactor = new WriteReactor(stream);
  stream->wire_ = reactor;
  stream->Run(binding, request->Valid());
  return reactor;
}

grpc::ServerGenericBidiReactor* StreamCall::StartDuplex(
    const MethodBinding& binding, CallEdge& edge, OpenStreams& streams,
    grpc::CallbackServerContext* context) {
  return new DuplexReactor(binding, edge, streams, context);
}

StreamCall::StreamCall(CallEdge& edge, OpenStreams& streams,
                       grpc::CallbackServerContext* context,
                       std::shared_ptr<Call> call)
    : edge_(edge),
      streams_(streams),
      call_(std::move(call)),
      pass_(edge.path().filters),
      inner_pass_(edge.path().inner_filters),
      context_(context) {}

void StreamCall::Run(const MethodBinding& binding, bool has_message) {
  absl::Status status =
      edge_.open_calls().Begin() ? pass_.Begin(*call_) : Draining();
  CallEdge::AddInitialMetadata(*call_, *context_);
  if (status.ok() && !has_message) status = CallEdge::MessageMissing();
  CallGate* const gate = edge_.path().gate;
  if (!status.ok() || gate == nullptr) {
    Open(binding, std::move(status));
    return;
  }
  gate->Enter(call_, [self = shared_from_this(), gate, &binding](
                         absl::Status decision, bool /*waited*/) {
    const bool inside = decision.ok();
    self->Open(binding, std::move(decision));
    // An open stream holds no thread, and has limits of its own.
    if (inside) gate->Leave(*self->call_, absl::OkStatus());
  });
}

void StreamCall::Open(const MethodBinding& binding, absl::Status status) {
  if (status.ok()) status = inner_pass_.Begin(*call_);
  if (status.ok() && !streams_.Add(shared_from_this())) status = Draining();
  if (!status.ok()) {
    inner_pass_.End(*call_, status);
    Finish(std::move(status));
    return;
  }
  if (!SendOpening()) {
    // The caller has gone while the stream waited at the gate.
    inner_pass_.End(*call_, Cancelled());
    streams_.Remove(shared_from_this());
    return;
  }
  StartAlarm();
  status = CallEdge::Guard([&] { binding.stream(call_, shared_from_this()); });
  if (!status.ok()) Finish(std::move(status));
}

bool StreamCall::SendOpening() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (wire_ == nullptr || status_.has_value()) return false;
  opened_ = true;
  // Callers see that the stream is open before its first message.
  wire_->Open();
  return true;
}

void StreamCall::StartAlarm() {
  const absl::Time end =
      absl::Now() + (call_->context.deadline - call_->context.now);
  deadline_alarm_.Set(ToGrpcDeadline(end),
                      [weak = weak_from_this()](bool expired) {
                        const std::shared_ptr<StreamCall> stream = weak.lock();
                        if (expired && stream != nullptr) {
                          stream->End(DeadlineExceeded(), /*drop_queued=*/true);
                        }
                      });
}

void StreamCall::StartStallAlarm() {
  const absl::Duration patience = edge_.limits().max_stream_stall;
  const int64_t stall = ++stalls_;
  stall_alarm_ = std::make_unique<grpc::Alarm>();
  stall_alarm_->Set(ToGrpcDeadline(absl::Now() + patience),
                    [weak = weak_from_this(), stall](bool expired) {
                      const std::shared_ptr<StreamCall> stream = weak.lock();
                      if (!expired || stream == nullptr) return;
                      {
                        std::lock_guard<std::mutex> lock(stream->mutex_);
                        if (!stream->refused_ || stream->stalls_ != stall)
                          return;
                      }
                      stream->End(SlowReader(), /*drop_queued=*/true);
                    });
}

bool StreamCall::Write(std::string bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (wire_ == nullptr || status_.has_value()) return false;
  if (queued_bytes_ > 0 && queued_bytes_ + bytes.size() > kMaxQueuedBytes) {
    if (!refused_) StartStallAlarm();
    refused_ = true;
    return false;
  }
  queued_bytes_ += bytes.size();
  queue_.push_back(std::move(bytes));
  Advance();
  return true;
}

void StreamCall::SetOnReady(std::function<void()> on_ready) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (wire_ != nullptr && !cancelled_) {
      on_ready_ = std::move(on_ready);
      return;
    }
  }
  Notify(on_ready);
}

void StreamCall::Finish(absl::Status status) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (wire_ == nullptr || status_.has_value()) return;
  status_ = edge_.Outward(status, *call_);
  Advance();
}

bool StreamCall::cancelled() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return cancelled_;
}

void StreamCall::Read(OnMessage on_message) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (wire_ != nullptr && !status_.has_value() && !on_message_) {
      on_message_ = std::move(on_message);
      if (wire_->Receive(reading_)) return;
      on_message.swap(on_message_);
    }
  }
  Notify([&] { on_message(std::nullopt); });
}

void StreamCall::Advance() {
  if (writing_ || status_sent_) return;
  if (!queue_.empty()) {
    writing_ = true;
    sending_ = ToByteBuffer(queue_.front());
    queue_.pop_front();
    wire_->Send(sending_);
    return;
  }
  if (!status_.has_value()) return;
  status_sent_ = true;
  CallEdge::AddTrailingMetadata(*status_, *call_, *context_);
  wire_->Close(ToGrpcStatus(*status_));
}

void StreamCall::End(absl::Status status, bool drop_queued) {
  std::function<void()> on_ready;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (wire_ == nullptr) return;
    if (!cancelled_) on_ready = on_ready_;
    cancelled_ = true;
    call_->cancelled = true;
    if (drop_queued) {
      queue_.clear();
      // A write that the caller does not take must not hold up the end.
      if (writing_) context_->TryCancel();
    }
    if (!status_sent_ && (drop_queued || !status_.has_value())) {
      status_ = std::move(status);
    }
    Advance();
  }
  Notify(on_ready);
}

void StreamCall::Notify(const std::function<void()>& on_ready) {
  if (on_ready == nullptr) return;
  absl::Status status = CallEdge::Guard(on_ready);
  if (!status.ok()) Finish(std::move(status));
}

void StreamCall::OnWriteDone(bool ok) {
  std::function<void()> on_ready;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    queued_bytes_ = queue_.empty() ? 0 : queued_bytes_ - sending_.Length();
    sending_.Clear();
    if (ok) Advance();
    // Half the buffer is free before the writer is woken, so that it is not
    // woken for every message.
    if (ok && refused_ && queued_bytes_ <= kMaxQueuedBytes / 2) {
      refused_ = false;
      on_ready = on_ready_;
    }
  }
  if (!ok) End(Cancelled(), /*drop_queued=*/true);
  Notify(on_ready);
}

void StreamCall::OnReadDone(bool ok) {
  OnMessage on_message;
  std::optional<std::string> message;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    on_message.swap(on_message_);
    // What comes when the stream is over already is nobody's.
    if (ok && !status_.has_value()) message = ToString(reading_);
    reading_.Clear();
  }
  Notify([&] { on_message(std::move(message)); });
}

void StreamCall::OnCancel() { End(Cancelled(), /*drop_queued=*/true); }

void StreamCall::OnDone() {
  std::function<void()> dropped;
  absl::Status status;
  bool opened = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    wire_ = nullptr;
    context_ = nullptr;
    status = *status_;
    opened = opened_;
    dropped.swap(on_ready_);
    stall_alarm_.reset();
  }
  deadline_alarm_.Cancel();
  if (opened) inner_pass_.End(*call_, status);
  pass_.End(*call_, status);
  streams_.Remove(shared_from_this());
}

}  // namespace crm
