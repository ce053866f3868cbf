// The calls that wait to be let in, by class and tenant.
//
// What matters more goes first; among equals the tenant that has the least in
// flight for its weight; within a tenant the first that came, but the last one
// while the line is full: who came first then is about to give up. A line that
// is too long loses the least of it: of the lowest class, of the tenant that
// fills it most, whoever waits longest.

#ifndef CRM_SHARED_ADMISSION_WAITING_LINE_H_
#define CRM_SHARED_ADMISSION_WAITING_LINE_H_

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/call/call.h"

namespace crm {

// A call that waits.
struct WaitingCall {
  std::shared_ptr<Call> call;
  CallGate::Decided decided;
  // On the monotonic clock.
  absl::Duration since;
  absl::Duration until;
};

// The line, and what each tenant has in flight. Thread-compatible.
class WaitingLine {
 public:
  // Returns the weight of a tenant, above 0.
  using Weight = std::function<double(absl::string_view tenant)>;

  explicit WaitingLine(Weight weight) : weight_(std::move(weight)) {}

  // Counts a call of `tenant` that was let in, and one that ended.
  void Admitted(const std::string& tenant);
  void Ended(const std::string& tenant);

  // Adds a call at the end.
  void Add(WaitingCall waiting);

  // Returns the next call to let in, or nothing. `room` says how many more
  // calls of each class may be let in, of none more than of a higher one; no
  // tenant gets more than half of `limit` while another one has a call that
  // could be let in.
  std::optional<WaitingCall> Next(
      int limit, const std::array<int, kCriticalityCount>& room);

  // Returns a call to refuse if more than `capacity` wait.
  std::optional<WaitingCall> Overflow(size_t capacity);

  // Returns a call whose time to wait is over at `now`.
  std::optional<WaitingCall> Expired(absl::Duration now);

  // Returns when the next call's time is over; infinite without one.
  absl::Duration NextExpiry() const;

  size_t size() const { return size_; }

 private:
  struct Tenant {
    double weight = 1;
    int in_flight = 0;
    std::array<std::deque<WaitingCall>, kCriticalityCount> waiting;
    size_t waiting_count = 0;
  };
  using Tenants = std::map<std::string, Tenant>;

  Tenant& TenantOf(const std::string& name);
  WaitingCall Take(Tenants::iterator tenant, int level, bool newest);
  void DropIfIdle(Tenants::iterator tenant);
  Tenants::iterator Choose(int level, int limit);

  const Weight weight_;
  Tenants tenants_;
  std::array<size_t, kCriticalityCount> by_class_{};
  size_t size_ = 0;
  // Whether the newest call goes first: from when the line is full until it is
  // empty.
  bool newest_first_ = false;
};

}  // namespace crm

#endif  // CRM_SHARED_ADMISSION_WAITING_LINE_H_
