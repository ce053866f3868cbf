#include "gateway/http/h1_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/http/request_rules.h"

namespace crm::gateway {
namespace {

constexpr int kBadRequest = 400;
constexpr int kRequestTimeout = 408;
constexpr int kContentTooLarge = 413;
constexpr int kHeaderFieldsTooLarge = 431;

// What may wait unparsed beside a body or an answer under way: a chunk's
// header, the trailers, or the start of the next request.
constexpr size_t kMaxUnparsedBytes = 16 * 1024;

}  // namespace

H1Session::H1Session(ServerConnectionInput input)
    : loop_(input.loop),
      limits_(input.limits),
      factory_(input.factory),
      scheme_(input.tls == nullptr ? "http" : "https"),
      peer_(std::move(input.peer)),
      on_closed_(std::move(input.on_closed)),
      in_(std::move(input.first_bytes)),
      stream_(input.loop, std::move(input.fd), *this, std::move(input.tls)),
      flush_(input.loop, [this] { Flush(); }),
      idle_timer_(input.loop, input.limits.idle_timeout, [this] {
        if (phase_ == Phase::kHead) {
          phase_ = Phase::kClosing;
          stream_.Finish();
        }
      }) {
  stream_.Start();
  Advance();
}

H1Session::~H1Session() { ResetExchange(); }

void H1Session::Drain() {
  draining_ = true;
  if (response_.has_value()) {
    response_->ForbidKeepAlive();
  } else if (phase_ == Phase::kHead && in_.empty()) {
    phase_ = Phase::kClosing;
    stream_.Finish();
  }
}

void H1Session::OnBytes(absl::string_view bytes) {
  if (phase_ == Phase::kClosing) return;
  idle_timer_.Touch();
  in_.append(bytes.data(), bytes.size());
  Advance();
}

void H1Session::Advance() {
  bool more = true;
  while (more) {
    switch (phase_) {
      case Phase::kHead:
        more = ReadHead();
        break;
      case Phase::kBody:
        more = ReadBody();
        break;
      case Phase::kAnswer:
        if (in_.size() > kMaxUnparsedBytes) stream_.PauseReading();
        more = false;
        break;
      case Phase::kClosing:
        in_.clear();
        more = false;
        break;
    }
  }
  ArmTimer();
}

bool H1Session::ReadHead() {
  // Empty lines before a request are allowed (RFC 9112, section 2.2).
  size_t empty = 0;
  while (absl::StartsWith(absl::string_view(in_).substr(empty), "\r\n")) {
    empty += 2;
  }
  in_.erase(0, empty);
  const size_t end = in_.find("\r\n\r\n");
  const size_t size = end == std::string::npos ? in_.size() : end + 4;
  if (size > limits_.max_header_bytes) {
    Refuse(kHeaderFieldsTooLarge);
    return false;
  }
  if (end == std::string::npos) {
    // A head that can no longer become a good one is not waited for.
    if (absl::StrContains(in_, "\n\n") || absl::StrContains(in_, "\n\r\n")) {
      Refuse(kBadRequest);
    }
    return false;
  }
  const std::string head = in_.substr(0, size);
  in_.erase(0, size);
  if (const int status = CheckH1Head(head); status != 0) {
    Refuse(status);
    return false;
  }
  unconsumed_ = 0;
  parser_ = std::make_unique<H1Parser>(limits_.max_h1_body_bytes,
                                       [this](absl::string_view chunk) {
                                         if (exchange_ == nullptr) return;
                                         unconsumed_ += chunk.size();
                                         exchange_->OnData(chunk);
                                       });
  switch (parser_->ParseHead(head)) {
    case H1Parser::Result::kMalformed:
      Refuse(kBadRequest);
      return false;
    case H1Parser::Result::kBodyTooLarge:
      Refuse(kContentTooLarge);
      return false;
    case H1Parser::Result::kNeedMore:
      phase_ = Phase::kBody;
      break;
    case H1Parser::Result::kComplete:
      phase_ = Phase::kAnswer;
      break;
  }
  BeginExchange();
  return phase_ != Phase::kClosing;
}

void H1Session::BeginExchange() {
  RequestHead head = parser_->TakeHead();
  head.scheme = scheme_;
  head.peer = peer_;
  if (const int status = CheckRequest(head); status != 0) return Refuse(status);
  response_.emplace(
      H1Response::Request{.head_method = head.method == "HEAD",
                          .keep_alive = parser_->keep_alive() && !draining_,
                          .http11 = parser_->http11()});
  above_high_water_ = false;
  exchange_ = factory_(std::move(head), *this);
  // It may have answered, or broken off, at once.
  if (!response_.has_value() || response_->ended()) {
    finished_ = std::move(exchange_);
    flush_.Schedule();
    return;
  }
  if (phase_ == Phase::kAnswer) {
    exchange_->OnEnd();
  } else if (parser_->expects_continue() && in_.empty() &&
             !response_->started()) {
    stream_.Write("HTTP/1.1 100 Continue\r\n\r\n");
  }
}

bool H1Session::ReadBody() {
  // Once the answer is whole, the rest of the request is not wanted.
  if (response_->ended() || in_.empty()) return false;
  size_t taken = 0;
  const H1Parser::Result result = parser_->ParseBody(in_, taken);
  in_.erase(0, taken);
  if (phase_ == Phase::kClosing) return false;
  switch (result) {
    case H1Parser::Result::kMalformed:
      Refuse(kBadRequest);
      return false;
    case H1Parser::Result::kBodyTooLarge:
      Refuse(kContentTooLarge);
      return false;
    case H1Parser::Result::kNeedMore:
      if (in_.size() > kMaxUnparsedBytes) Refuse(kBadRequest);
      if (unconsumed_ >= kReceiveWindowBytes) stream_.PauseReading();
      return false;
    case H1Parser::Result::kComplete:
      phase_ = Phase::kAnswer;
      if (exchange_ != nullptr) exchange_->OnEnd();
      return true;
  }
  return false;
}

void H1Session::Refuse(int status) {
  phase_ = Phase::kClosing;
  const bool answered = response_.has_value() && response_->started();
  ResetExchange();
  response_.reset();
  if (!answered) stream_.Write(H1Refusal(status));
  stream_.Finish();
  flush_.Schedule();
}

void H1Session::Start(ResponseHead head) {
  if (!response_.has_value()) return;
  response_->Start(std::move(head));
  flush_.Schedule();
}

void H1Session::Write(std::string chunk) {
  if (!response_.has_value()) return;
  response_->Write(chunk);
  if (buffered() > kHighWaterBytes) above_high_water_ = true;
  flush_.Schedule();
}

void H1Session::End(Headers /*trailers*/) {
  if (!response_.has_value() || response_->ended()) return;
  if (!response_->started()) return Reset();
  response_->End();
  if (phase_ == Phase::kBody) response_->ForbidKeepAlive();
  DetachExchange();
  flush_.Schedule();
}

void H1Session::Reset() {
  if (!response_.has_value()) return;
  phase_ = Phase::kClosing;
  response_.reset();
  DetachExchange();
  stream_.Abort();
}

void H1Session::Consume(size_t bytes) {
  unconsumed_ -= std::min(bytes, unconsumed_);
  if (unconsumed_ < kReceiveWindowBytes && phase_ == Phase::kBody) {
    stream_.ResumeReading();
    ArmTimer();
  }
}

size_t H1Session::buffered() const {
  return stream_.pending() +
         (response_.has_value() ? response_->buffered() : 0);
}

void H1Session::Flush() {
  finished_.reset();
  if (!response_.has_value()) return;
  std::string& out = loop_.write_buffer();
  out.clear();
  response_->Serialize(out);
  stream_.Write(out);
  if (response_->ended()) {
    FinishResponse();
  } else {
    TellRelief();
  }
}

void H1Session::FinishResponse() {
  const bool keep_alive =
      response_->keep_alive() && phase_ == Phase::kAnswer && !draining_;
  response_.reset();
  if (!keep_alive) {
    phase_ = Phase::kClosing;
    timer_.Cancel();
    stream_.Finish();
    return;
  }
  phase_ = Phase::kHead;
  // A connection between requests keeps no buffers.
  parser_.reset();
  if (in_.empty()) std::string().swap(in_);
  idle_timer_.Touch();
  stream_.ResumeReading();
  Advance();
}

void H1Session::OnDrained() { TellRelief(); }

void H1Session::TellRelief() {
  if (!above_high_water_ || buffered() > kLowWaterBytes) return;
  above_high_water_ = false;
  if (exchange_ != nullptr) exchange_->OnWritable();
}

void H1Session::OnClosed(absl::Status /*why*/) {
  phase_ = Phase::kClosing;
  timer_.Cancel();
  idle_timer_.Cancel();
  ResetExchange();
  finished_.reset();
  on_closed_();
}

void H1Session::DetachExchange() {
  if (exchange_ == nullptr) return;
  finished_ = std::move(exchange_);
  flush_.Schedule();
}

void H1Session::ResetExchange() {
  if (exchange_ == nullptr) return;
  response_.reset();
  finished_ = std::move(exchange_);
  finished_->OnReset();
}

// A head has a time for all of it; a body has one for each piece of it, while
// we are reading.
void H1Session::ArmTimer() {
  const bool in_head = phase_ == Phase::kHead && !in_.empty();
  const bool in_body =
      phase_ == Phase::kBody && unconsumed_ < kReceiveWindowBytes;
  if (in_head) {
    if (!timer_.pending()) {
      timer_ = loop_.After(limits_.header_timeout, [this] { OnTimeout(); });
    }
  } else if (in_body) {
    timer_ = loop_.After(limits_.body_timeout, [this] { OnTimeout(); });
  } else {
    timer_.Cancel();
  }
}

void H1Session::OnTimeout() { Refuse(kRequestTimeout); }

}  // namespace crm::gateway
