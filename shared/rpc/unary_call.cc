#include "shared/rpc/unary_call.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "shared/admission/refusals.h"
#include "shared/base/errors.h"
#include "shared/rpc/grpc_convert.h"

namespace crm {

// Answers the call once: later answers are dropped, and a call whose handler
// lost its Done is answered when the last copy of that goes.
class UnaryCall::Completion {
 public:
  explicit Completion(UnaryCall* call) : call_(call) {}

  ~Completion() {
    if (answered_) return;
    Finish(Internal("ANSWER_MISSING", "The handler gave no answer."));
  }

  void Finish(absl::StatusOr<Answer> answer) {
    if (!answered_.exchange(true)) call_->Complete(std::move(answer));
  }

 private:
  // Lives until it is answered.
  UnaryCall* const call_;
  std::atomic<bool> answered_{false};
};

// A call that gRPC hands over with its request.
class UnaryCall::Reactor final : public grpc::ServerUnaryReactor {
 public:
  Reactor(const MethodBinding& binding, CallEdge& edge,
          grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
          grpc::ByteBuffer* response)
      : call_(binding, edge, context, response,
              edge.Read(*binding.method, *context, request),
              [this](const grpc::Status& status) { Finish(status); }) {}

  UnaryCall& call() { return call_; }

 private:
  // OnCancel and OnDone are short and take no lock that is held for long, so
  // gRPC may run them where it is, and need not wake a thread for each call.
  bool InternalInlineable() override { return true; }

  void OnCancel() override { call_.call_->cancelled = true; }

  void OnDone() override {
    OpenCalls& open_calls = call_.edge_.open_calls();
    delete this;
    open_calls.End();
  }

  UnaryCall call_;
};

// A call that gRPC hands over before its request has come.
class UnaryCall::ReadingReactor final : public grpc::ServerGenericBidiReactor {
 public:
  ReadingReactor(const MethodBinding& binding, CallEdge& edge, Pool& pool,
                 grpc::CallbackServerContext* context)
      : binding_(binding), edge_(edge), pool_(pool), context_(context) {
    StartRead(&request_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) request_.Clear();
    call_.emplace(binding_, edge_, context_, &response_,
                  edge_.Read(*binding_.method, *context_, request_),
                  [this](const grpc::Status& status) {
                    if (status.ok()) {
                      StartWriteAndFinish(&response_, grpc::WriteOptions(),
                                          status);
                    } else {
                      Finish(status);
                    }
                  });
    // It may have been cancelled before there was anything to tell of it.
    read_ = true;
    if (context_->IsCancelled()) call_->call_->cancelled = true;
    call_->Run(pool_, ok);
  }

  // As for Reactor; OnReadDone() has a thread of its own anyway.
  bool InternalInlineable() override { return true; }

  void OnCancel() override {
    if (read_) call_->call_->cancelled = true;
  }

  void OnDone() override {
    OpenCalls& open_calls = edge_.open_calls();
    delete this;
    open_calls.End();
  }

  const MethodBinding& binding_;
  CallEdge& edge_;
  Pool& pool_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::optional<UnaryCall> call_;
  // Whether `call_` is there.
  std::atomic<bool> read_{false};
};

grpc::ServerUnaryReactor* UnaryCall::Start(const MethodBinding& binding,
                                           CallEdge& edge, Pool& pool,
                                           grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) {
  auto* reactor = new Reactor(binding, edge, context, *request, response);
  reactor->call().Run(pool, request->Valid());
  return reactor;
}

grpc::ServerGenericBidiReactor* UnaryCall::StartUnread(
    const MethodBinding& binding, CallEdge& edge, Pool& pool,
    grpc::CallbackServerContext* context) {
  return new ReadingReactor(binding, edge, pool, context);
}

UnaryCall::UnaryCall(const MethodBinding& binding, CallEdge& edge,
                     grpc::CallbackServerContext* context,
                     grpc::ByteBuffer* response, std::shared_ptr<Call> call,
                     Send send)
    : binding_(binding),
      edge_(edge),
      context_(context),
      response_(response),
      call_(std::move(call)),
      send_(std::move(send)),
      pass_(edge.path().filters),
      inner_pass_(edge.path().inner_filters) {}

void UnaryCall::Run(Pool& pool, bool has_message) {
  auto completion = std::make_shared<Completion>(this);
  absl::Status status =
      edge_.open_calls().Begin() ? pass_.Begin(*call_) : Draining();
  if (status.ok() && !has_message) status = CallEdge::MessageMissing();
  if (!status.ok()) {
    completion->Finish(std::move(status));
    return;
  }
  const bool on_pool = binding_.placement == Placement::kPool;
  CallGate* const gate = edge_.path().gate;
  if (gate == nullptr) {
    GoOn(pool, completion, on_pool);
    return;
  }
  gate->Enter(call_, [this, completion, &pool, on_pool](absl::Status decision,
                                                        bool waited) {
    if (!decision.ok()) {
      completion->Finish(std::move(decision));
      return;
    }
    inside_ = true;
    GoOn(pool, completion, on_pool || waited);
  });
}

void UnaryCall::GoOn(Pool& pool, const std::shared_ptr<Completion>& completion,
                     bool on_pool) {
  if (!on_pool) {
    Serve(completion);
    return;
  }
  const bool queued = pool.Submit([this, completion] {
    absl::Status wanted = edge_.CheckWanted(*call_);
    if (wanted.ok()) {
      Serve(completion);
    } else {
      completion->Finish(std::move(wanted));
    }
  });
  if (!queued) completion->Finish(Overloaded(kMinRetryAfter));
}

void UnaryCall::Serve(const std::shared_ptr<Completion>& completion) {
  // Once the handler has answered, this object may be gone.
  const std::shared_ptr<Call> call = call_;
  const MethodBinding& binding = binding_;
  absl::Status status = inner_pass_.Begin(*call_);
  if (!status.ok()) {
    completion->Finish(std::move(status));
    return;
  }
  if (binding.waits && inside_) {
    inside_ = false;
    edge_.path().gate->Leave(*call, absl::OkStatus());
  }
  status = CallEdge::Guard([&] {
    binding.unary(call, [completion](absl::StatusOr<Answer> answer) {
      completion->Finish(std::move(answer));
    });
  });
  if (!status.ok()) completion->Finish(std::move(status));
}

void UnaryCall::Complete(absl::StatusOr<Answer> answer) {
  const absl::Status status = Prepare(answer);
  CallEdge::AddInitialMetadata(*call_, *context_);
  CallEdge::AddTrailingMetadata(status, *call_, *context_);
  inner_pass_.End(*call_, status);
  if (inside_) edge_.path().gate->Leave(*call_, status);
  pass_.End(*call_, status);
  send_(ToGrpcStatus(status));
}

absl::Status UnaryCall::Prepare(absl::StatusOr<Answer>& answer) {
  if (!answer.ok()) return edge_.Outward(answer.status(), *call_);
  if (answer->bytes.size() > edge_.limits().max_message_bytes) {
    return ResourceExhausted(
        "RESPONSE_TOO_LARGE",
        "The answer is too large to send. Ask for less at a time.");
  }
  for (const auto& [name, value] : answer->metadata) {
    if (!IsSendable(name, value)) {
      return edge_.Outward(Internal("METADATA_NOT_SENDABLE",
                                    "The handler's metadata cannot be sent."),
                           *call_);
    }
  }
  for (const auto& [name, value] : answer->metadata) {
    context_->AddInitialMetadata(name, value);
  }
  *response_ = ToByteBuffer(answer->bytes);
  return absl::OkStatus();
}

}  // namespace crm
