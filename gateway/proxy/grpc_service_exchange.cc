#include "gateway/proxy/grpc_service_exchange.h"

#include <optional>
#include <utility>

#include "gateway/proxy/answer.h"
#include "shared/base/errors.h"

namespace crm::gateway {

std::unique_ptr<Exchange> GrpcServiceExchange::Start(
    CallTarget& target, CallHead head, std::unique_ptr<CallRecord> record,
    ResponseWriter& writer) {
  std::unique_ptr<GrpcServiceExchange> exchange(
      new GrpcServiceExchange(std::move(record), writer));
  exchange->call_ = target.Start(std::move(head), *exchange);
  return exchange;
}

GrpcServiceExchange::GrpcServiceExchange(std::unique_ptr<CallRecord> record,
                                         ResponseWriter& writer)
    : writer_(writer), record_(std::move(record)) {}

void GrpcServiceExchange::OnData(absl::string_view chunk) {
  reader_.Append(chunk);
  owed_ += chunk.size();
  while (call_ != nullptr) {
    absl::StatusOr<std::optional<std::string>> next = reader_.Next();
    if (!next.ok()) return OnDone(next.status(), {});
    if (!next->has_value()) return ReturnCredit();
    call_->Send(std::move(**next));
  }
}

void GrpcServiceExchange::OnEnd() {
  if (call_ == nullptr) return;
  if (!reader_.empty()) {
    return OnDone(InvalidArgument("MESSAGE_INCOMPLETE",
                                  "The request ends inside a message."),
                  {});
  }
  call_->CloseSend();
}

void GrpcServiceExchange::OnReset() { call_.reset(); }

void GrpcServiceExchange::OnWritable() {
  if (call_ == nullptr) return;
  call_->SetPaused(false);
  ReturnCredit();
}

void GrpcServiceExchange::OnMetadata(Headers metadata) {
  StartResponse(std::move(metadata));
}

void GrpcServiceExchange::OnMessage(std::string message) {
  if (!started_) StartResponse({});
  writer_.Write(GrpcFrame(message));
  if (writer_.buffered() > kHighWaterBytes) call_->SetPaused(true);
}

void GrpcServiceExchange::OnDone(absl::Status status, Headers trailers) {
  call_.reset();
  record_->Finish(status);
  EndGrpc(writer_, started_, record_->trace(), status, std::move(trailers));
}

void GrpcServiceExchange::StartResponse(Headers metadata) {
  ResponseHead head = GrpcHead(record_->trace());
  for (Header& header : metadata) {
    const bool ours =
        header.name == "content-type" || header.name == kTraceIdHeader;
    if (!ours) head.headers.push_back(std::move(header));
  }
  started_ = true;
  writer_.Start(std::move(head));
}

// A client that does not read its answers may not send more questions, nor one
// whose call cannot do with more.
void GrpcServiceExchange::ReturnCredit() {
  if (call_ != nullptr && !call_->HasRoom()) return;
  if (owed_ > 0 && writer_.buffered() <= kHighWaterBytes) {
    writer_.Consume(std::exchange(owed_, 0));
  }
}

}  // namespace crm::gateway
