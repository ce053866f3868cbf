#include "shared/storage/lease_keeper.h"

#include <algorithm>
#include <set>
#include <utility>

#include "shared/base/status_macros.h"

namespace crm {
namespace {

// How many leases each of `members` may hold so that all are held.
size_t FairShare(size_t leases, int64_t members) {
  const size_t count = static_cast<size_t>(std::max<int64_t>(members, 1));
  return (leases + count - 1) / count;
}

}  // namespace

// What a transaction decides; the last run of its body counts.
struct LeaseKeeper::Plan {
  std::map<std::string, Lease, std::less<>> held;
};

LeaseKeeper::LeaseKeeper(Database& database, const Clock& clock,
                         Options options)
    : database_(database), clock_(clock), options_(std::move(options)) {}

absl::Duration LeaseKeeper::Tick() {
  // The leases are counted from before the transaction, so that here they end
  // no later than in the store.
  const absl::Duration begin = clock_.Monotonic();
  {
    std::lock_guard lock(mutex_);
    if (begin < due_) return due_ - begin;
  }
  Plan plan;
  const absl::Status status = database_.WriteAndWait(
      clock_.Now() + options_.renew_interval,
      [this, &plan](SqlWriter& writer) { return Negotiate(writer, plan); });

  std::lock_guard lock(mutex_);
  status_ = status;
  if (status.ok()) {
    took_over_ = true;
    held_ = std::move(plan.held);
    held_until_ = begin + options_.duration;
    due_ = begin + options_.renew_interval;
  } else {
    due_ = clock_.Monotonic() + options_.renew_interval / 4;
  }
  return std::max(due_ - clock_.Monotonic(), absl::ZeroDuration());
}

absl::Status LeaseKeeper::Negotiate(SqlWriter& writer, Plan& plan) {
  plan.held.clear();
  CRM_ASSIGN_OR_RETURN(const int64_t now, LeaseTime(database_, writer, clock_));
  const int64_t expiry = now + absl::ToInt64Microseconds(options_.duration);
  if (options_.takes_over && !took_over_) {
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("UPDATE lease SET holder = '', expire_time = 0 WHERE "
                     "pool = ?",
                     {options_.pool})
            .status());
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("DELETE FROM lease_member WHERE pool = ?", {options_.pool})
            .status());
  }
  CRM_ASSIGN_OR_RETURN(const int64_t members, CountMembers(writer, now));
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT name, epoch FROM lease WHERE pool = ? AND "
                   "holder = ? ORDER BY name",
                   {options_.pool, options_.holder}));
  const size_t share = FairShare(options_.names.size(), members);
  for (const SqlRow& row : rows) {
    const Lease lease{.name = {options_.pool, std::get<std::string>(row[0])},
                      .holder = options_.holder,
                      .epoch = std::get<int64_t>(row[1])};
    if (plan.held.size() >= share) {
      CRM_RETURN_IF_ERROR(GiveUpLease(writer, lease));
    } else {
      plan.held.emplace(lease.name.name, lease);
    }
  }
  if (!plan.held.empty()) {
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("UPDATE lease SET expire_time = ? WHERE pool = ? AND "
                     "holder = ?",
                     {expiry, options_.pool, options_.holder})
            .status());
  }
  for (const std::string& name : options_.names) {
    if (plan.held.size() >= share) break;
    if (plan.held.contains(name)) continue;
    CRM_ASSIGN_OR_RETURN(std::optional<Lease> lease,
                         AcquireLease(writer, {options_.pool, name},
                                      options_.holder, now, options_.duration));
    if (lease.has_value()) plan.held.emplace(name, *std::move(lease));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> LeaseKeeper::CountMembers(SqlWriter& writer,
                                                  int64_t now) {
  const int64_t expiry = now + absl::ToInt64Microseconds(options_.duration);
  CRM_RETURN_IF_ERROR(
      writer
          .Execute(
              "INSERT INTO lease_member (pool, holder, expire_time) VALUES "
              "(?, ?, ?) ON CONFLICT (pool, holder) DO UPDATE SET "
              "expire_time = excluded.expire_time",
              {options_.pool, options_.holder, expiry})
          .status());
  CRM_RETURN_IF_ERROR(
      writer
          .Execute("DELETE FROM lease_member WHERE pool = ? AND "
                   "(expire_time <= ? OR expire_time > ?)",
                   {options_.pool, now, expiry})
          .status());
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT COUNT(*) FROM lease_member WHERE pool = ?",
                   {options_.pool}));
  return std::get<int64_t>(rows.at(0).at(0));
}

std::vector<Lease> LeaseKeeper::Held() const {
  const absl::Duration now = clock_.Monotonic();
  std::lock_guard lock(mutex_);
  std::vector<Lease> leases;
  if (now >= held_until_) return leases;
  for (const auto& [name, lease] : held_) leases.push_back(lease);
  return leases;
}

std::optional<Lease> LeaseKeeper::Find(absl::string_view name) const {
  const absl::Duration now = clock_.Monotonic();
  std::lock_guard lock(mutex_);
  const auto found = held_.find(name);
  if (now >= held_until_ || found == held_.end()) return std::nullopt;
  return found->second;
}

void LeaseKeeper::Drop(const Lease& lease) {
  std::lock_guard lock(mutex_);
  const auto found = held_.find(lease.name.name);
  if (found == held_.end() || found->second != lease) return;
  held_.erase(found);
  due_ = -absl::InfiniteDuration();
}

absl::Status LeaseKeeper::GiveUp() {
  {
    std::lock_guard lock(mutex_);
    held_.clear();
    due_ = -absl::InfiniteDuration();
  }
  return database_.WriteAndWait(
      clock_.Now() + options_.renew_interval,
      [this](SqlWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(
            writer
                .Execute("UPDATE lease SET holder = '', expire_time = 0 WHERE "
                         "pool = ? AND holder = ?",
                         {options_.pool, options_.holder})
                .status());
        return writer
            .Execute("DELETE FROM lease_member WHERE pool = ? AND holder = ?",
                     {options_.pool, options_.holder})
            .status();
      });
}

absl::Status LeaseKeeper::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace crm
