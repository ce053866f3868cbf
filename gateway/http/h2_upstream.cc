#include "gateway/http/h2_upstream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/http/tls_handshake.h"
#include "gateway/http/upstream_call.h"
#include "gateway/http/upstream_connection.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

absl::Status Unreachable() {
  return Unavailable("UPSTREAM_UNREACHABLE",
                     "A backend cannot be reached. Try again.");
}

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

// Keeps one connection up, and the calls that wait for it.
class H2Upstream::Pool final : public UpstreamConnection::Owner,
                               public std::enable_shared_from_this<Pool> {
 public:
  Pool(EventLoop& loop, std::string address, UpstreamOptions options)
      : loop_(loop),
        address_(std::move(address)),
        options_(std::move(options)),
        backoff_(options_.min_backoff) {}

  void Connect();

  void Close() {
    closed_ = true;
    timer_.Cancel();
    handshake_.reset();
    current_ = nullptr;
    connections_.clear();
    for (const auto& call : std::exchange(waiting_, {})) {
      call->Fail(Unreachable());
    }
  }

  void Place(std::shared_ptr<UpstreamCall> call);
  bool connected() const { return current_ != nullptr; }

 private:
  void OnRetired(UpstreamConnection& connection) override;
  void OnGone(UpstreamConnection& connection) override;
  void OnReturned(std::shared_ptr<UpstreamCall> call) override;

  void OnResolved(absl::StatusOr<std::vector<SocketAddress>> addresses);
  void OnConnected();
  void StartTls();
  void OnTls(absl::StatusOr<std::unique_ptr<TlsSession>> session);
  void Use(std::unique_ptr<TlsSession> tls);
  void ConnectLater(absl::Duration delay);
  void ConnectFailed();
  void Wait(std::shared_ptr<UpstreamCall> call);
  void Discard(UpstreamConnection& connection);

  EventLoop& loop_;
  const std::string address_;
  const UpstreamOptions options_;
  absl::Duration backoff_;
  size_t attempts_ = 0;
  bool connecting_ = false;
  bool closed_ = false;
  // The connection that is being made.
  UniqueFd fd_;
  FdWatch watch_;
  std::unique_ptr<TlsHandshake> handshake_;
  Timer timer_;  // Of the attempt or of the pause before it.
  UpstreamConnection* current_ = nullptr;
  // The current one and those that finish their calls.
  absl::flat_hash_map<UpstreamConnection*, std::unique_ptr<UpstreamConnection>>
      connections_;
  std::vector<std::shared_ptr<UpstreamCall>> waiting_;
};

void H2Upstream::Pool::Connect() {
  connecting_ = true;
  loop_.Resolve(address_, [self = shared_from_this()](auto addresses) {
    if (!self->closed_) self->OnResolved(std::move(addresses));
  });
}

void H2Upstream::Pool::OnResolved(
    absl::StatusOr<std::vector<SocketAddress>> addresses) {
  if (!addresses.ok()) return ConnectFailed();
  // A name with several addresses is tried one address an attempt.
  absl::StatusOr<UniqueFd> fd =
      StartConnectTcp((*addresses)[attempts_++ % addresses->size()]);
  if (!fd.ok()) return ConnectFailed();
  fd_ = *std::move(fd);
  watch_ = loop_.Watch(
      fd_.get(), [] {}, [this] { OnConnected(); });
  watch_.WaitWritable();
  timer_ = loop_.After(options_.connect_timeout, [this] { ConnectFailed(); });
}

void H2Upstream::Pool::OnConnected() {
  watch_ = FdWatch();
  if (!ConnectResult(fd_.get()).ok()) return ConnectFailed();
  if (options_.tls != nullptr) return StartTls();
  Use(nullptr);
}

// The attempt's timer goes on.
void H2Upstream::Pool::StartTls() {
  absl::StatusOr<std::unique_ptr<TlsSession>> session =
      options_.tls->NewSession(options_.tls_service);
  if (!session.ok()) return OnTls(session.status());
  handshake_ = std::make_unique<TlsHandshake>(
      loop_, fd_.get(), *std::move(session),
      [this](auto result) { OnTls(std::move(result)); });
}

void H2Upstream::Pool::OnTls(
    absl::StatusOr<std::unique_ptr<TlsSession>> session) {
  if (session.ok()) {
    handshake_.reset();
    return Use(*std::move(session));
  }
  if (options_.on_tls_failure) options_.on_tls_failure(session.status());
  ConnectFailed();
}

void H2Upstream::Pool::Use(std::unique_ptr<TlsSession> tls) {
  timer_.Cancel();
  connecting_ = false;
  auto connection = std::make_unique<UpstreamConnection>(
      loop_, std::move(fd_), std::move(tls), options_, *this);
  current_ = connection.get();
  connections_[current_] = std::move(connection);
  for (std::shared_ptr<UpstreamCall>& call : std::exchange(waiting_, {})) {
    call->wait_timer.Cancel();
    if (call->listener != nullptr) Place(std::move(call));
  }
}

void H2Upstream::Pool::ConnectFailed() {
  timer_.Cancel();
  watch_ = FdWatch();
  handshake_.reset();
  fd_.Close();
  ConnectLater(backoff_);
}

void H2Upstream::Pool::ConnectLater(absl::Duration delay) {
  connecting_ = true;
  backoff_ = std::min(backoff_ * 2, options_.max_backoff);
  timer_ = loop_.After(delay, [this] { Connect(); });
}

void H2Upstream::Pool::Place(std::shared_ptr<UpstreamCall> call) {
  if (current_ != nullptr && current_->Carry(call)) return;
  Wait(std::move(call));
}

void H2Upstream::Pool::Wait(std::shared_ptr<UpstreamCall> call) {
  const bool full = waiting_.size() >= options_.max_waiting;
  call->wait_timer = loop_.After(
      full ? absl::ZeroDuration() : options_.wait_timeout,
      [this, waiting = call.get()] {
        const auto found = std::find_if(
            waiting_.begin(), waiting_.end(),
            [waiting](const auto& one) { return one.get() == waiting; });
        if (found == waiting_.end()) return;
        const std::shared_ptr<UpstreamCall> expired = std::move(*found);
        waiting_.erase(found);
        expired->Fail(Unreachable());
      });
  waiting_.push_back(std::move(call));
}

void H2Upstream::Pool::OnRetired(UpstreamConnection& connection) {
  if (&connection != current_) return;
  current_ = nullptr;
  if (connection.proven()) backoff_ = options_.min_backoff;
  ConnectLater(connection.proven() ? absl::ZeroDuration() : backoff_);
}

void H2Upstream::Pool::OnGone(UpstreamConnection& connection) {
  OnRetired(connection);
  Discard(connection);
}

void H2Upstream::Pool::Discard(UpstreamConnection& connection) {
  const auto found = connections_.find(&connection);
  if (found == connections_.end()) return;
  // It is calling.
  loop_.Post([gone = std::move(found->second)] {});
  connections_.erase(found);
}

void H2Upstream::Pool::OnReturned(std::shared_ptr<UpstreamCall> call) {
  Place(std::move(call));
}

H2Upstream::H2Upstream(EventLoop& loop, std::string address,
                       UpstreamOptions options)
    : pool_(std::make_shared<Pool>(loop, std::move(address),
                                   std::move(options))) {
  pool_->Connect();
}

H2Upstream::~H2Upstream() { pool_->Close(); }

std::unique_ptr<UpstreamStream> H2Upstream::Open(RequestHead head,
                                                 UpstreamListener& listener) {
  auto call = std::make_shared<UpstreamCall>();
  call->listener = &listener;
  call->head = std::move(head);
  pool_->Place(call);
  return std::make_unique<CallStream>(std::move(call));
}

bool H2Upstream::connected() const { return pool_->connected(); }

}  // namespace crm::gateway
