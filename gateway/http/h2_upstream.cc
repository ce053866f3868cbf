#include "gateway/http/h2_upstream.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "gateway/http/upstream_call.h"
#include "gateway/http/upstream_replica.h"

namespace crm::gateway {

// The replicas, and the calls that wait for one.
class H2Upstream::Pool final : public UpstreamReplica::Owner,
                               public std::enable_shared_from_this<Pool> {
 public:
  Pool(EventLoop& loop, const std::string& addresses, UpstreamOptions options)
      : loop_(loop), options_(std::move(options)) {
    for (const absl::string_view address :
         absl::StrSplit(addresses, ',', absl::SkipEmpty())) {
      names_.push_back({.address = std::string(address)});
    }
  }

  void Start() {
    for (size_t i = 0; i < names_.size(); ++i) Resolve(i);
  }

  void Close();
  void Place(std::shared_ptr<UpstreamCall> call);
  bool connected() const;

 private:
  // Addresses as text, each with its replica.
  using Replicas = std::map<std::string, std::unique_ptr<UpstreamReplica>>;

  // One of the addresses that were given.
  struct Name {
    std::string address;
    // What it stood for when it was last known.
    std::vector<SocketAddress> found = {};
    Timer timer = {};
    // The timer was set because a replica could not be reached.
    bool soon = false;
  };

  void OnUp(UpstreamReplica& replica) override;
  void OnUnreachable(UpstreamReplica& replica) override;
  void OnIdle(UpstreamReplica& replica) override;
  void OnReturned(std::shared_ptr<UpstreamCall> call) override;

  void Resolve(size_t name);
  void OnResolved(size_t name,
                  absl::StatusOr<std::vector<SocketAddress>> found);
  void ResolveAfter(size_t name, absl::Duration delay);
  // Makes the replicas those that the names stand for.
  void Follow();
  UpstreamReplica* Choose() const;
  void Wait(std::shared_ptr<UpstreamCall> call);

  EventLoop& loop_;
  const UpstreamOptions options_;
  std::vector<Name> names_;
  Replicas replicas_;
  // Those that no name stands for any more, while they finish their calls.
  std::vector<std::unique_ptr<UpstreamReplica>> retired_;
  std::vector<std::shared_ptr<UpstreamCall>> waiting_;
  uint64_t turns_ = 0;
  bool closed_ = false;
};

void H2Upstream::Pool::Close() {
  closed_ = true;
  for (Name& name : names_) name.timer.Cancel();
  // Calls that fail may ask for another replica.
  std::exchange(replicas_, {}).clear();
  std::exchange(retired_, {}).clear();
  for (const auto& call : std::exchange(waiting_, {})) {
    call->Fail(UpstreamUnreachable());
  }
}

void H2Upstream::Pool::Resolve(size_t name) {
  names_[name].soon = false;
  loop_.Resolve(names_[name].address,
                [self = shared_from_this(), name](auto found) {
                  if (!self->closed_) self->OnResolved(name, std::move(found));
                });
}

void H2Upstream::Pool::OnResolved(
    size_t name, absl::StatusOr<std::vector<SocketAddress>> found) {
  if (!found.ok()) return ResolveAfter(name, options_.max_backoff);
  names_[name].found = *std::move(found);
  ResolveAfter(name, options_.resolve_interval);
  Follow();
}

void H2Upstream::Pool::ResolveAfter(size_t name, absl::Duration delay) {
  names_[name].timer = loop_.After(delay, [this, name] { Resolve(name); });
}

void H2Upstream::Pool::Follow() {
  Replicas followed;
  for (const Name& name : names_) {
    for (const SocketAddress& address : name.found) {
      const std::string text = FormatAddress(address);
      if (followed.contains(text)) continue;
      auto known = replicas_.extract(text);
      followed[text] = known.empty() ? std::make_unique<UpstreamReplica>(
                                           loop_, address, options_, *this)
                                     : std::move(known.mapped());
    }
  }
  for (auto& [text, replica] : replicas_) {
    replica->Retire();
    retired_.push_back(std::move(replica));
  }
  replicas_ = std::move(followed);
}

bool H2Upstream::Pool::connected() const {
  return std::any_of(replicas_.begin(), replicas_.end(), [](const auto& entry) {
    return entry.second->connected();
  });
}

UpstreamReplica* H2Upstream::Pool::Choose() const {
  UpstreamReplica* chosen = nullptr;
  const auto rank = [](const UpstreamReplica& replica) {
    return std::tuple(!replica.serving(), replica.load(), replica.turn());
  };
  for (const auto& [text, replica] : replicas_) {
    if (!replica->connected()) continue;
    if (chosen == nullptr || rank(*replica) < rank(*chosen)) {
      chosen = replica.get();
    }
  }
  return chosen;
}

void H2Upstream::Pool::Place(std::shared_ptr<UpstreamCall> call) {
  // A replica that takes no more is connected no longer.
  while (UpstreamReplica* replica = Choose()) {
    replica->set_turn(++turns_);
    if (replica->Carry(call)) return;
  }
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
        expired->Fail(UpstreamUnreachable());
      });
  waiting_.push_back(std::move(call));
}

void H2Upstream::Pool::OnUp(UpstreamReplica& /*replica*/) {
  for (std::shared_ptr<UpstreamCall>& call : std::exchange(waiting_, {})) {
    call->wait_timer.Cancel();
    if (call->listener != nullptr) Place(std::move(call));
  }
}

// The name may stand for another address by now.
void H2Upstream::Pool::OnUnreachable(UpstreamReplica& /*replica*/) {
  for (size_t i = 0; i < names_.size(); ++i) {
    // Each failure would put it off otherwise.
    if (std::exchange(names_[i].soon, true)) continue;
    ResolveAfter(i, options_.max_backoff);
  }
}

void H2Upstream::Pool::OnIdle(UpstreamReplica& replica) {
  const auto found = std::find_if(
      retired_.begin(), retired_.end(),
      [&replica](const auto& one) { return one.get() == &replica; });
  if (found == retired_.end()) return;
  // It is calling.
  loop_.Post([gone = std::move(*found)] {});
  retired_.erase(found);
}

void H2Upstream::Pool::OnReturned(std::shared_ptr<UpstreamCall> call) {
  Place(std::move(call));
}

H2Upstream::H2Upstream(EventLoop& loop, const std::string& addresses,
                       UpstreamOptions options)
    : pool_(std::make_shared<Pool>(loop, addresses, std::move(options))) {
  pool_->Start();
}

H2Upstream::~H2Upstream() { pool_->Close(); }

std::unique_ptr<UpstreamStream> H2Upstream::Open(RequestHead head,
                                                 UpstreamListener& listener) {
  auto call = NewUpstreamCall(std::move(head), listener);
  pool_->Place(call);
  return StreamOf(std::move(call));
}

bool H2Upstream::connected() const { return pool_->connected(); }

}  // namespace crm::gateway
