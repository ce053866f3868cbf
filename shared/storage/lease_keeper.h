// Holds a process's part of a set of leases: takes what is free, renews what it
// has, and shares evenly with the other processes that want the same.
//
//   LeaseKeeper keeper(database, clock, {.pool = "relay", .names = names,
//                                        .holder = ids.NewId()});
//   for (;;) {
//     const absl::Duration wait = keeper.Tick();
//     ... work for each lease of keeper.Held(), in transactions that
//     ... CheckLease(), until `wait` is over ...
//   }

#ifndef CRM_SHARED_STORAGE_LEASE_KEEPER_H_
#define CRM_SHARED_STORAGE_LEASE_KEEPER_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/lease.h"

namespace crm {

// The leases of one pool in one process. It has no thread: whoever does the
// work calls Tick(). All other methods are thread-safe.
class LeaseKeeper {
 public:
  struct Options {
    // What the leases are for, as `relay`.
    std::string pool;
    // The leases, as `00` to `15`; each is held by one process at a time.
    std::vector<std::string> names;
    // Names this life of this process and no other.
    std::string holder;
    // Leases that were left behind are taken at the first Tick() instead of
    // after they expire. Only for a store that one process has at a time.
    bool takes_over = false;
    absl::Duration duration = kLeaseDuration;
    absl::Duration renew_interval = kLeaseRenewInterval;
  };

  // Both outlive this; the database has LeaseTables().
  LeaseKeeper(Database& database, const Clock& clock, Options options);

  // Does what is due, in at most one transaction, and returns how long nothing
  // will be due. Called by one thread, again and again; must not be called from
  // within a transaction. A failure is seen in status() and tried again after
  // the renew interval at the latest.
  absl::Duration Tick();

  // Returns the leases held now, by name. A lease is no longer among them when
  // it could have expired, by the monotonic clock; whoever was paused between
  // asking and working is stopped by CheckLease().
  std::vector<Lease> Held() const;
  std::optional<Lease> Find(absl::string_view name) const;

  // Says that `lease` turned out to be lost; the next Tick() looks at once.
  void Drop(const Lease& lease);

  // Gives everything up, so that others take it at their next Tick(). Called
  // once the work has ended, by the thread that ticks or after it.
  absl::Status GiveUp();

  // The outcome of the last transaction.
  absl::Status status() const;

 private:
  struct Plan;
  absl::Status Negotiate(SqlWriter& writer, Plan& plan);
  absl::StatusOr<int64_t> CountMembers(SqlWriter& writer, int64_t now);

  Database& database_;
  const Clock& clock_;
  const Options options_;

  mutable std::mutex mutex_;
  std::map<std::string, Lease, std::less<>> held_;
  // On the monotonic clock: until when `held_` is surely held, and when the
  // next transaction is due.
  absl::Duration held_until_ = -absl::InfiniteDuration();
  absl::Duration due_ = -absl::InfiniteDuration();
  bool took_over_ = false;
  absl::Status status_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_LEASE_KEEPER_H_
