#include "gateway/http/upstream_connection.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

constexpr int kFirstFinalStatus = 200;

absl::Status Lost() {
  return Unavailable("UPSTREAM_LOST",
                     "The connection to a backend broke. Try again.");
}

// Maps an HTTP/2 error code as gRPC does (PROTOCOL-HTTP2, "Errors").
absl::Status ResetStatus(uint32_t error_code) {
  const std::string message =
      absl::StrCat("A backend broke the call off (HTTP/2 error ", error_code,
                   "). Try again later.");
  const auto reset = [&message](absl::StatusCode code) {
    return MakeError(code, "UPSTREAM_RESET", message);
  };
  switch (error_code) {
    case kH2RefusedStream:
      return Unavailable("UPSTREAM_REFUSED",
                         "A backend did not take the call. Try again.");
    case kH2Cancel:
      return reset(absl::StatusCode::kCancelled);
    case kH2EnhanceYourCalm:
      return reset(absl::StatusCode::kResourceExhausted);
    case kH2InadequateSecurity:
      return reset(absl::StatusCode::kPermissionDenied);
    default:
      return reset(absl::StatusCode::kInternal);
  }
}

ResponseHead ToResponseHead(HeaderBlock block) {
  ResponseHead head;
  head.headers.reserve(block.fields.size());
  for (Header& field : block.fields) {
    if (field.name == ":status") {
      if (!absl::SimpleAtoi(field.value, &head.status)) head.status = 0;
    } else {
      head.headers.push_back(std::move(field));
    }
  }
  return head;
}

}  // namespace

UpstreamConnection::UpstreamConnection(EventLoop& loop, UniqueFd fd,
                                       std::unique_ptr<TlsSession> tls,
                                       const UpstreamOptions& options,
                                       Owner& owner)
    : loop_(loop),
      options_(options),
      owner_(owner),
      connection_(loop, std::move(fd),
                  // One slow client must not stop the calls of the others, so
                  // only the window of each stream bounds a backend.
                  {.role = H2Role::kClient,
                   .connection_window = std::numeric_limits<int32_t>::max(),
                   .max_header_bytes = options.max_header_bytes},
                  *this, std::move(tls)) {
  connection_.Start();
  ArmPing();
}

UpstreamConnection::~UpstreamConnection() { FailAll(); }

bool UpstreamConnection::Carry(std::shared_ptr<UpstreamCall> call) {
  if (retired_) return false;
  const int32_t id = connection_.SubmitRequest(call->head, call->queue);
  if (id < 0) {
    OnGoaway();
    return false;
  }
  call->connection = this;
  call->stream = id;
  if (!call->ours) ++load_;
  calls_[id] = std::move(call);
  return true;
}

void UpstreamConnection::Retire() {
  retired_ = true;
  connection_.GoAway();
}

void UpstreamConnection::Wake(UpstreamCall& call) {
  connection_.Wake(call.stream, call.queue);
}

void UpstreamConnection::Cancel(UpstreamCall& call) {
  call.queue.Clear();
  connection_.ResetStream(call.stream, kH2Cancel);
}

void UpstreamConnection::Consume(UpstreamCall& call, size_t bytes) {
  bytes = std::min(bytes, call.unconsumed);
  call.unconsumed -= bytes;
  connection_.ConsumeStream(call.stream, bytes);
}

UpstreamCall* UpstreamConnection::Find(int32_t id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

void UpstreamConnection::OnHeaders(int32_t id, HeaderBlock block,
                                   bool end_stream) {
  UpstreamCall* call = Find(id);
  if (call == nullptr || call->listener == nullptr) return;
  if (block.oversize) {
    Cancel(*call);
    call->Fail(ResourceExhausted("UPSTREAM_RESET",
                                 "A backend sent too many header fields."));
    return;
  }
  if (call->answered) {
    Complete(*call, std::move(block.fields));
    return;
  }
  ResponseHead head = ToResponseHead(std::move(block));
  // Interim responses (1xx) are between the backend and us.
  if (head.status < kFirstFinalStatus) return;
  proven_ = true;
  call->answered = true;
  call->listener->OnHead(std::move(head));
  if (end_stream) Complete(*call, {});
}

void UpstreamConnection::OnData(int32_t id, absl::string_view chunk) {
  connection_.ConsumeConnection(chunk.size());
  UpstreamCall* call = Find(id);
  if (call == nullptr) return;
  call->unconsumed += chunk.size();
  if (call->listener != nullptr) {
    call->listener->OnData(chunk);
  } else {
    Consume(*call, chunk.size());
  }
}

void UpstreamConnection::OnEndStream(int32_t id) {
  if (UpstreamCall* call = Find(id)) Complete(*call, {});
}

void UpstreamConnection::Complete(UpstreamCall& call, Headers trailers) {
  // The backend wants no more of the request than it has got.
  const bool request_sent = call.queue.ended() && call.queue.size() == 0;
  if (!request_sent) Cancel(call);
  if (UpstreamListener* told = std::exchange(call.listener, nullptr)) {
    told->OnEnd(std::move(trailers));
  }
}

void UpstreamConnection::OnStreamClosed(int32_t id, uint32_t error_code) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  const std::shared_ptr<UpstreamCall> call = std::move(found->second);
  calls_.erase(found);
  if (!call->ours) --load_;
  call->connection = nullptr;
  if (call->listener == nullptr) return;
  const bool untouched = error_code == kH2RefusedStream && !call->answered &&
                         call->queue.untouched();
  if (untouched && !call->retried) {
    call->retried = true;
    owner_.OnReturned(call);
  } else {
    call->Fail(ResetStatus(error_code));
  }
}

void UpstreamConnection::OnStreamWritable(int32_t id) {
  UpstreamCall* call = Find(id);
  if (call != nullptr && call->listener != nullptr) {
    call->listener->OnWritable();
  }
}

void UpstreamConnection::OnGoaway() {
  if (std::exchange(retired_, true)) return;
  owner_.OnRetired(*this);
}

void UpstreamConnection::OnConnectionClosed(absl::Status /*why*/) {
  retired_ = true;
  ping_timer_.Cancel();
  FailAll();
  owner_.OnGone(*this);
}

void UpstreamConnection::FailAll() {
  auto calls = std::exchange(calls_, {});
  load_ = 0;
  for (auto& [id, call] : calls) call->connection = nullptr;
  for (auto& [id, call] : calls) call->Fail(Lost());
}

void UpstreamConnection::ArmPing() {
  ping_timer_ = loop_.After(options_.ping_interval, [this] {
    const bool quiet = connection_.received_bytes() == seen_bytes_;
    seen_bytes_ = connection_.received_bytes();
    if (!quiet || calls_.empty()) {
      ArmPing();
      return;
    }
    connection_.Ping();
    ping_timer_ = loop_.After(options_.ping_timeout, [this] {
      if (connection_.received_bytes() == seen_bytes_) {
        connection_.Abort();
      } else {
        ArmPing();
      }
    });
  });
}

}  // namespace crm::gateway
