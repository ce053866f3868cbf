#include "tests/gateway/fake_backend.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/transcode/grpc_wire.h"
#include "shared/base/errors.h"

namespace crm::gateway {

class FakeBackend::Exchange final : public gateway::Exchange {
 public:
  Exchange(FakeBackend& backend, RequestHead head, ResponseWriter& writer)
      : backend_(backend), writer_(writer) {
    call_.head = std::move(head);
  }

  void OnData(absl::string_view chunk) override {
    reader_.Append(chunk);
    writer_.Consume(chunk.size());
    for (auto next = reader_.Next(); next.ok() && next->has_value();
         next = reader_.Next()) {
      call_.messages.push_back(**next);
    }
  }

  void OnEnd() override {
    BackendReply reply = backend_.Answer(call_);
    reply.metadata.push_back({"content-type", "application/grpc"});
    Headers trailers = std::move(reply.trailers);
    for (auto& [name, value] : StatusTrailers(reply.status)) {
      trailers.push_back({name, value});
    }
    // As gRPC servers do, an error without messages is a head alone.
    if (!reply.status.ok() && reply.messages.empty()) {
      for (Header& header : trailers) reply.metadata.push_back(header);
      writer_.Start({.status = 200, .headers = std::move(reply.metadata)});
      return writer_.End();
    }
    writer_.Start({.status = 200, .headers = std::move(reply.metadata)});
    for (const std::string& message : reply.messages) {
      writer_.Write(GrpcFrame(message));
    }
    if (!reply.hang) writer_.End(std::move(trailers));
  }

  void OnReset() override {
    const std::lock_guard lock(backend_.mutex_);
    ++backend_.resets_;
  }

  void OnWritable() override {}

 private:
  FakeBackend& backend_;
  ResponseWriter& writer_;
  GrpcFrameReader reader_;
  BackendCall call_;
};

FakeBackend::FakeBackend() {
  port_ = thread_.Call([this] {
    server_ = std::make_unique<HttpServer>(
        thread_.loop(), HttpLimits{},
        [this](RequestHead head, ResponseWriter& writer) {
          return std::make_unique<Exchange>(*this, std::move(head), writer);
        });
    return *server_->Listen("127.0.0.1:0");
  });
}

FakeBackend::~FakeBackend() {
  thread_.Call([this] { server_.reset(); });
}

void FakeBackend::Handle(const std::string& path, Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[path] = std::move(handler);
}

std::string FakeBackend::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

std::vector<BackendCall> FakeBackend::Calls(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  std::vector<BackendCall> calls;
  for (const BackendCall& call : calls_) {
    if (call.head.path == path) calls.push_back(call);
  }
  return calls;
}

bool FakeBackend::SawResets(int count) {
  return thread_.Eventually([this, count] {
    const std::lock_guard lock(mutex_);
    return resets_ >= count;
  });
}

BackendReply FakeBackend::Answer(const BackendCall& call) {
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    const auto found = handlers_.find(call.head.path);
    if (found != handlers_.end()) handler = found->second;
  }
  if (handler) return handler(call);
  BackendReply reply;
  reply.status = MakeError(absl::StatusCode::kUnimplemented, "UNKNOWN_METHOD",
                           "The fake does not serve this.");
  return reply;
}

}  // namespace crm::gateway
