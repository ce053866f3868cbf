#include "gateway/http/h2_server_session.h"

#include <algorithm>
#include <utility>

#include "gateway/http/request_rules.h"

namespace crm::gateway {
namespace {

constexpr int kHeaderFieldsTooLarge = 431;

// Parts the pseudo headers of a request from the others.
RequestHead ToRequestHead(HeaderBlock block, const std::string& peer) {
  RequestHead head;
  head.peer = peer;
  head.headers.reserve(block.fields.size());
  std::string host;
  for (Header& field : block.fields) {
    if (field.name == ":method") {
      head.method = std::move(field.value);
    } else if (field.name == ":scheme") {
      head.scheme = std::move(field.value);
    } else if (field.name == ":authority") {
      head.authority = std::move(field.value);
    } else if (field.name == ":path") {
      head.path = std::move(field.value);
    } else if (field.name == "host") {
      host = std::move(field.value);
    } else if (!IsConnectionHeader(field.name)) {
      head.headers.push_back(std::move(field));
    }
  }
  if (head.authority.empty()) head.authority = std::move(host);
  return head;
}

}  // namespace

// One request and its answer.
class H2ServerSession::Stream final : public ResponseWriter {
 public:
  Stream(H2ServerSession& session, int32_t id) : session_(session), id_(id) {}

  void Begin(RequestHead head) {
    bodiless_ = head.method == "HEAD";
    std::unique_ptr<Exchange> exchange =
        session_.factory_(std::move(head), *this);
    if (over_) {
      session_.finished_.push_back(std::move(exchange));
    } else {
      exchange_ = std::move(exchange);
    }
  }

  void Refuse(int status, bool head_method) {
    bodiless_ = head_method;
    Start(
        {.status = status, .headers = {{"content-type", "application/json"}}});
    Write(RefusalBody(status));
    End({});
  }

  void Receive(absl::string_view chunk) {
    unconsumed_ += chunk.size();
    if (exchange_ != nullptr) {
      exchange_->OnData(chunk);
    } else {
      Consume(chunk.size());
    }
  }

  void ReceiveEnd() {
    if (exchange_ != nullptr) exchange_->OnEnd();
  }

  void TellWritable() {
    if (exchange_ != nullptr) exchange_->OnWritable();
  }

  // The stream is gone. What the exchange kept no longer counts against the
  // connection.
  void Close() {
    session_.connection_.ConsumeConnection(std::exchange(unconsumed_, 0));
    if (exchange_ == nullptr) return;
    over_ = true;
    exchange_->OnReset();
    Detach();
  }

  void SubmitHead() {
    if (broken_) return;
    const bool without_body =
        bodiless_ ||
        (queue_.ended() && queue_.size() == 0 && queue_.trailers().empty());
    submitted_ = true;
    session_.connection_.SubmitResponse(id_, head_,
                                        without_body ? nullptr : &queue_);
    head_ = ResponseHead();
  }

  void Start(ResponseHead head) override {
    if (over_ || started_) return;
    started_ = true;
    head_ = std::move(head);
    if (head_.status == 204 || head_.status == 304) bodiless_ = true;
    session_.started_.push_back(id_);
    session_.connection_.ScheduleFlush();
  }

  void Write(std::string chunk) override {
    if (over_ || bodiless_) return;
    queue_.Append(std::move(chunk));
    if (submitted_) session_.connection_.Wake(id_, queue_);
  }

  void End(Headers trailers) override {
    if (over_) return;
    if (!started_) return Reset();
    queue_.End(std::move(trailers));
    if (submitted_) session_.connection_.Wake(id_, queue_);
    Detach();
  }

  void Reset() override {
    if (over_) return;
    broken_ = true;
    queue_.Clear();
    session_.connection_.ResetStream(id_, kH2Cancel);
    Detach();
  }

  void Consume(size_t bytes) override {
    bytes = std::min(bytes, unconsumed_);
    unconsumed_ -= bytes;
    session_.connection_.ConsumeStream(id_, bytes);
    session_.connection_.ConsumeConnection(bytes);
  }

  size_t buffered() const override { return queue_.size(); }

 private:
  // The exchange is over; bytes it did not consume are given back.
  void Detach() {
    over_ = true;
    if (unconsumed_ > 0) Consume(unconsumed_);
    if (exchange_ != nullptr) {
      session_.finished_.push_back(std::move(exchange_));
    }
    session_.connection_.ScheduleFlush();
  }

  H2ServerSession& session_;
  const int32_t id_;
  std::unique_ptr<Exchange> exchange_;
  ResponseHead head_;
  SendQueue queue_;
  size_t unconsumed_ = 0;
  bool bodiless_ = false;
  bool started_ = false;
  bool submitted_ = false;
  bool broken_ = false;
  bool over_ = false;  // The exchange is called no more.
};

H2ServerSession::H2ServerSession(ServerConnectionInput input)
    : loop_(input.loop),
      limits_(input.limits),
      factory_(input.factory),
      peer_(std::move(input.peer)),
      on_closed_(std::move(input.on_closed)),
      connection_(
          input.loop, std::move(input.fd),
          {.role = H2Role::kServer,
           .max_concurrent_streams = input.limits.max_concurrent_streams,
           .max_header_bytes = input.limits.max_header_bytes,
           .header_timeout = input.limits.header_timeout},
          *this, std::move(input.tls)),
      idle_timer_(input.loop, input.limits.idle_timeout, [this] {
        if (streams_.empty()) connection_.GoAway();
      }) {
  connection_.Start(input.first_bytes);
}

H2ServerSession::~H2ServerSession() { ResetAll(); }

void H2ServerSession::Drain() {
  if (draining_) return;
  draining_ = true;
  // Requests that the client sent before it read this are still served: what it
  // sends before its answer to the PING.
  connection_.AnnounceGoAway();
  connection_.Ping();
}

void H2ServerSession::OnPingAnswered() {
  if (!draining_ || went_away_) return;
  went_away_ = true;
  connection_.GoAway();
}

H2ServerSession::Stream* H2ServerSession::Find(int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void H2ServerSession::OnHeaders(int32_t id, HeaderBlock block,
                                bool end_stream) {
  idle_timer_.Touch();
  Stream* stream = Find(id);
  if (stream == nullptr) {
    stream = (streams_[id] = std::make_unique<Stream>(*this, id)).get();
    if (block.oversize) {
      stream->Refuse(kHeaderFieldsTooLarge, false);
    } else {
      RequestHead head = ToRequestHead(std::move(block), peer_);
      if (const int status = CheckRequest(head); status != 0) {
        stream->Refuse(status, head.method == "HEAD");
      } else {
        stream->Begin(std::move(head));
      }
    }
  }
  if (end_stream) stream->ReceiveEnd();
}

void H2ServerSession::OnData(int32_t id, absl::string_view chunk) {
  if (Stream* stream = Find(id)) {
    stream->Receive(chunk);
  } else {
    connection_.ConsumeConnection(chunk.size());
  }
}

void H2ServerSession::OnEndStream(int32_t id) {
  if (Stream* stream = Find(id)) stream->ReceiveEnd();
}

void H2ServerSession::OnStreamClosed(int32_t id, uint32_t /*error_code*/) {
  idle_timer_.Touch();
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const std::unique_ptr<Stream> stream = std::move(found->second);
  streams_.erase(found);
  stream->Close();
}

void H2ServerSession::OnStreamWritable(int32_t id) {
  if (Stream* stream = Find(id)) stream->TellWritable();
}

void H2ServerSession::OnStreamBroken() {
  if (!reset_window_.pending()) {
    broken_streams_ = 0;
    reset_window_ = loop_.After(limits_.reset_window, [] {});
  }
  if (++broken_streams_ == limits_.max_resets + 1) {
    connection_.Terminate(kH2EnhanceYourCalm);
  }
}

void H2ServerSession::OnFlush() {
  for (const int32_t id : std::exchange(started_, {})) {
    if (Stream* stream = Find(id)) stream->SubmitHead();
  }
}

void H2ServerSession::OnFlushed() {
  // A destructor may finish further exchanges.
  while (!finished_.empty()) std::exchange(finished_, {}).clear();
}

void H2ServerSession::ResetAll() {
  for (auto& [id, stream] : std::exchange(streams_, {})) stream->Close();
  OnFlushed();
}

void H2ServerSession::OnConnectionClosed(absl::Status /*why*/) {
  idle_timer_.Cancel();
  reset_window_.Cancel();
  ResetAll();
  on_closed_();
}

}  // namespace crm::gateway
