#include "gateway/proxy/health_watch.h"

#include <optional>
#include <utility>

#include "gateway/proxy/backend.h"

namespace crm::gateway {
namespace {

// HealthCheckRequest for the whole server, and HealthCheckResponse with its one
// field, status = 1, at SERVING.
constexpr absl::string_view kWholeServer = "";
constexpr absl::string_view kServing = "\x08\x01";

}  // namespace

HealthWatch::HealthWatch(EventLoop& loop, UpstreamReplica& replica,
                         std::string service)
    : loop_(loop), replica_(replica), service_(std::move(service)) {
  Ask();
}

void HealthWatch::Ask() {
  RequestHead head;
  head.method = "POST";
  head.authority = service_;
  head.path = "/grpc.health.v1.Health/Watch";
  head.headers = {{"content-type", "application/grpc"}, {"te", "trailers"}};
  head_ = {};
  reader_ = {};
  stream_ = replica_.Open(std::move(head), *this);
  stream_->Write(GrpcFrame(kWholeServer));
  stream_->End();
}

void HealthWatch::OnHead(ResponseHead head) { head_ = std::move(head); }

void HealthWatch::OnData(absl::string_view chunk) {
  stream_->Consume(chunk.size());
  reader_.Append(chunk);
  while (true) {
    const absl::StatusOr<std::optional<std::string>> message = reader_.Next();
    if (!message.ok()) return AskAgain();
    if (!message->has_value()) return;
    replica_.set_serving(**message == kServing);
  }
}

void HealthWatch::OnEnd(Headers trailers) {
  if (absl::IsUnimplemented(ResponseStatus(head_, trailers))) {
    stream_.reset();
    return replica_.set_serving(true);
  }
  AskAgain();
}

void HealthWatch::OnError(absl::Status /*status*/) { AskAgain(); }

// What it said last holds until it says more.
void HealthWatch::AskAgain() {
  stream_.reset();
  timer_ = loop_.After(kPause, [this] { Ask(); });
}

}  // namespace crm::gateway
