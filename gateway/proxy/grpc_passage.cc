#include "gateway/proxy/grpc_passage.h"

#include <algorithm>
#include <utility>

#include "gateway/proxy/answer.h"
#include "gateway/transcode/grpc_wire.h"

namespace crm::gateway {
namespace {

bool IsTrailersOnly(const ResponseHead& head) {
  return head.status != 200 ||
         FindHeader(head.headers, "grpc-status") != nullptr;
}

}  // namespace

std::unique_ptr<GrpcPassage> GrpcPassage::Start(
    EventLoop& loop, const Clock& clock, Backend& backend, CallHead head,
    std::unique_ptr<CallRecord> record, ResponseWriter& writer) {
  std::unique_ptr<GrpcPassage> passage(
      new GrpcPassage(backend, std::move(record), writer));
  const absl::Duration left =
      std::max(head.deadline - clock.Now(), absl::ZeroDuration());
  RequestHead request;
  request.method = "POST";
  request.authority = backend.service();
  request.path = std::move(head.path);
  request.headers = std::move(head.metadata);
  request.headers.push_back({"te", "trailers"});
  request.headers.push_back({"grpc-timeout", FormatGrpcTimeout(left)});
  passage->timer_ = loop.After(
      left, [passage = passage.get()] { passage->Fail(DeadlineError()); });
  passage->stream_ = backend.Open(std::move(request), passage->backend_side_);
  return passage;
}

GrpcPassage::GrpcPassage(Backend& backend, std::unique_ptr<CallRecord> record,
                         ResponseWriter& writer)
    : backend_(backend),
      writer_(writer),
      record_(std::move(record)),
      backend_side_(*this) {}

void GrpcPassage::OnData(absl::string_view chunk) {
  if (stream_ == nullptr) return;
  stream_->Write(std::string(chunk));
  owed_to_client_ += chunk.size();
  ReturnClientCredit();
}

void GrpcPassage::OnEnd() {
  if (stream_ != nullptr) stream_->End();
}

void GrpcPassage::OnReset() {
  timer_.Cancel();
  stream_.reset();
}

void GrpcPassage::OnWritable() { ReturnBackendCredit(); }

void GrpcPassage::ReturnClientCredit() {
  if (owed_to_client_ > 0 && stream_->buffered() <= kHighWaterBytes) {
    writer_.Consume(std::exchange(owed_to_client_, 0));
  }
}

void GrpcPassage::ReturnBackendCredit() {
  if (stream_ != nullptr && owed_to_backend_ > 0 &&
      writer_.buffered() <= kHighWaterBytes) {
    stream_->Consume(std::exchange(owed_to_backend_, 0));
  }
}

void GrpcPassage::Fail(const absl::Status& status) {
  timer_.Cancel();
  stream_.reset();
  record_->Finish(status);
  EndGrpc(writer_, started_, record_->trace(), status);
}

void GrpcPassage::BackendSide::OnHead(ResponseHead head) {
  if (FindHeader(head.headers, kTraceIdHeader) == nullptr) {
    head.headers.push_back(
        {kTraceIdHeader, passage_.record_->trace().trace_id});
  }
  passage_.response_head_ = std::move(head);
  // A head that ends the call is sent when it is known to be all.
  if (IsTrailersOnly(passage_.response_head_)) return;
  passage_.started_ = true;
  passage_.writer_.Start(passage_.response_head_);
}

void GrpcPassage::BackendSide::OnData(absl::string_view chunk) {
  passage_.writer_.Write(std::string(chunk));
  passage_.owed_to_backend_ += chunk.size();
  passage_.ReturnBackendCredit();
}

void GrpcPassage::BackendSide::OnEnd(Headers trailers) {
  const absl::Status status = ResponseStatus(passage_.response_head_, trailers);
  // Without a grpc-status the answer is not gRPC's; the client must not have to
  // guess.
  const bool said =
      FindHeader(trailers, "grpc-status") != nullptr ||
      FindHeader(passage_.response_head_.headers, "grpc-status") != nullptr;
  if (!said) return passage_.Fail(status);
  passage_.timer_.Cancel();
  passage_.stream_.reset();
  passage_.record_->Finish(status);
  if (!passage_.started_) {
    passage_.response_head_.status = 200;
    passage_.writer_.Start(std::move(passage_.response_head_));
  }
  passage_.writer_.End(std::move(trailers));
}

void GrpcPassage::BackendSide::OnError(absl::Status status) {
  passage_.Fail(passage_.backend_.TransportError(status));
}

void GrpcPassage::BackendSide::OnWritable() { passage_.ReturnClientCredit(); }

}  // namespace crm::gateway
