#include "gateway/http/upstream_replica.h"

#include <algorithm>
#include <utility>

#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

// What the caller holds of a call.
class CallStream final : public UpstreamStream {
 public:
  explicit CallStream(std::shared_ptr<UpstreamCall> call)
      : call_(std::move(call)) {}
  ~CallStream() override { Reset(); }

  void Write(std::string chunk) override {
    if (call_->listener == nullptr) return;
    call_->queue.Append(std::move(chunk));
    Wake();
  }

  void End() override {
    if (call_->listener == nullptr) return;
    call_->queue.End({});
    Wake();
  }

  void Reset() override {
    if (std::exchange(call_->listener, nullptr) == nullptr) return;
    // A call that waits stays until its time has passed.
    if (call_->connection != nullptr) {
      call_->connection->Cancel(*call_);
      if (call_->unconsumed > 0) Consume(call_->unconsumed);
    }
  }

  void Consume(size_t bytes) override {
    if (call_->connection != nullptr) call_->connection->Consume(*call_, bytes);
  }

  size_t buffered() const override { return call_->queue.size(); }

 private:
  void Wake() {
    if (call_->connection != nullptr) call_->connection->Wake(*call_);
  }

  const std::shared_ptr<UpstreamCall> call_;
};

}  // namespace

std::shared_ptr<UpstreamCall> NewUpstreamCall(RequestHead head,
                                              UpstreamListener& listener) {
  auto call = std::make_shared<UpstreamCall>();
  call->listener = &listener;
  call->head = std::move(head);
  return call;
}

std::unique_ptr<UpstreamStream> StreamOf(std::shared_ptr<UpstreamCall> call) {
  return std::make_unique<CallStream>(std::move(call));
}

absl::Status UpstreamUnreachable() {
  return Unavailable("UPSTREAM_UNREACHABLE",
                     "A backend cannot be reached. Try again.");
}

UpstreamReplica::UpstreamReplica(EventLoop& loop, const SocketAddress& address,
                                 const UpstreamOptions& options, Owner& owner)
    : loop_(loop),
      address_(address),
      options_(options),
      owner_(owner),
      backoff_(options.min_backoff) {
  timer_ = loop_.After(absl::ZeroDuration(), [this] { Connect(); });
}

// A watch may hold a stream of a connection.
UpstreamReplica::~UpstreamReplica() { health_.reset(); }

bool UpstreamReplica::Carry(const std::shared_ptr<UpstreamCall>& call) {
  return current_ != nullptr && current_->Carry(call);
}

std::unique_ptr<UpstreamStream> UpstreamReplica::Open(
    RequestHead head, UpstreamListener& listener) {
  std::shared_ptr<UpstreamCall> call =
      NewUpstreamCall(std::move(head), listener);
  call->ours = true;
  if (!Carry(call)) {
    call->wait_timer =
        loop_.After(absl::ZeroDuration(), [weak = std::weak_ptr(call)] {
          if (const auto failed = weak.lock())
            failed->Fail(UpstreamUnreachable());
        });
  }
  return StreamOf(std::move(call));
}

size_t UpstreamReplica::load() const {
  size_t load = 0;
  for (const auto& [key, connection] : connections_) {
    load += connection->load();
  }
  return load;
}

void UpstreamReplica::Retire() {
  if (std::exchange(retired_, true)) return;
  timer_.Cancel();
  watch_ = FdWatch();
  handshake_.reset();
  fd_.Close();
  health_.reset();
  if (current_ != nullptr) std::exchange(current_, nullptr)->Retire();
  if (connections_.empty()) {
    timer_ =
        loop_.After(absl::ZeroDuration(), [this] { owner_.OnIdle(*this); });
  }
}

void UpstreamReplica::Connect() {
  absl::StatusOr<UniqueFd> fd = StartConnectTcp(address_);
  if (!fd.ok()) return ConnectFailed();
  fd_ = *std::move(fd);
  watch_ = loop_.Watch(
      fd_.get(), [] {}, [this] { OnConnected(); });
  watch_.WaitWritable();
  timer_ = loop_.After(options_.connect_timeout, [this] { ConnectFailed(); });
}

void UpstreamReplica::OnConnected() {
  watch_ = FdWatch();
  if (!ConnectResult(fd_.get()).ok()) return ConnectFailed();
  if (options_.tls != nullptr) return StartTls();
  Use(nullptr);
}

// The attempt's timer goes on.
void UpstreamReplica::StartTls() {
  absl::StatusOr<std::unique_ptr<TlsSession>> session =
      options_.tls->NewSession(options_.tls_service);
  if (!session.ok()) return OnTls(session.status());
  handshake_ = std::make_unique<TlsHandshake>(
      loop_, fd_.get(), *std::move(session),
      [this](auto result) { OnTls(std::move(result)); });
}

void UpstreamReplica::OnTls(
    absl::StatusOr<std::unique_ptr<TlsSession>> session) {
  if (session.ok()) {
    handshake_.reset();
    return Use(*std::move(session));
  }
  if (options_.on_tls_failure) options_.on_tls_failure(session.status());
  ConnectFailed();
}

void UpstreamReplica::Use(std::unique_ptr<TlsSession> tls) {
  timer_.Cancel();
  auto connection = std::make_unique<UpstreamConnection>(
      loop_, std::move(fd_), std::move(tls), options_, *this);
  current_ = connection.get();
  connections_[current_] = std::move(connection);
  serving_ = true;
  if (options_.watch) health_ = options_.watch(*this);
  // It may have found the connection to be over already.
  if (current_ == nullptr) return health_.reset();
  owner_.OnUp(*this);
}

void UpstreamReplica::ConnectFailed() {
  timer_.Cancel();
  watch_ = FdWatch();
  handshake_.reset();
  fd_.Close();
  ConnectLater(backoff_);
  owner_.OnUnreachable(*this);
}

void UpstreamReplica::ConnectLater(absl::Duration delay) {
  backoff_ = std::min(backoff_ * 2, options_.max_backoff);
  timer_ = loop_.After(delay, [this] { Connect(); });
}

void UpstreamReplica::OnRetired(UpstreamConnection& connection) {
  if (&connection != current_) return;
  current_ = nullptr;
  health_.reset();
  if (connection.proven()) backoff_ = options_.min_backoff;
  ConnectLater(connection.proven() ? absl::ZeroDuration() : backoff_);
}

void UpstreamReplica::OnGone(UpstreamConnection& connection) {
  OnRetired(connection);
  Discard(connection);
  if (retired_ && connections_.empty()) owner_.OnIdle(*this);
}

void UpstreamReplica::Discard(UpstreamConnection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  // It is calling.
  loop_.Post([gone = std::move(found->second)] {});
  connections_.erase(found);
}

void UpstreamReplica::OnReturned(std::shared_ptr<UpstreamCall> call) {
  owner_.OnReturned(std::move(call));
}

}  // namespace crm::gateway
