// Leases over a Database: which of several processes may do a piece of work,
// and a proof of it that a transaction can check.
//
// A lease is a row that names its holder, until when, and an epoch that rises
// with each new holder. Time alone is never trusted: a holder that was paused
// past its lease finds out by CheckLease(), in the very transaction in which it
// would do damage, that the epoch is not its own any more.
//
// All functions are thread-safe; each is a part of the caller's transaction.

#ifndef CRM_SHARED_STORAGE_LEASE_H_
#define CRM_SHARED_STORAGE_LEASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

inline constexpr absl::Duration kLeaseDuration = absl::Seconds(10);
inline constexpr absl::Duration kLeaseRenewInterval = absl::Seconds(3);

// The work that is leased: `name` within `pool`, as `07` within `relay`.
struct LeaseName {
  std::string pool;
  std::string name;

  friend auto operator<=>(const LeaseName&, const LeaseName&) = default;
};

// A lease as its holder knows it.
struct Lease {
  LeaseName name;
  std::string holder;
  int64_t epoch = 0;

  friend bool operator==(const Lease&, const Lease&) = default;
};

// Returns the tables of leases and of those who share them, for the schema of a
// database.
std::vector<SqlTable> LeaseTables();

// Returns the time by which the leases of `database` are judged, in
// microseconds: the store's own clock where it has one; else, as no other
// machine can have the store open, the monotonic clock of this one.
absl::StatusOr<int64_t> LeaseTime(const Database& database, SqlReader& reader,
                                  const Clock& clock);

// Takes the lease for `holder` if it is free, given up or expired at `now`, and
// returns it with an epoch that no holder had before; nothing if another holds
// it. An expiry further ahead than any lease lasts belongs to another clock,
// such as one from before a restart of the machine, and counts as past; so all
// leases of a name have the same `duration`.
absl::StatusOr<std::optional<Lease>> AcquireLease(
    SqlWriter& writer, const LeaseName& name, absl::string_view holder,
    int64_t now, absl::Duration duration = kLeaseDuration);

// Extends the lease from `now` on. It may have expired, as long as nobody took
// it. Returns ABORTED (LEASE_LOST) if somebody did.
absl::Status RenewLease(SqlWriter& writer, const Lease& lease, int64_t now,
                        absl::Duration duration = kLeaseDuration);

// Gives the lease up, so that it can be taken at once. Does nothing if it is
// another's by now.
absl::Status GiveUpLease(SqlWriter& writer, const Lease& lease);

// Returns OK if `lease` is still the newest of its name, else ABORTED
// (LEASE_LOST): work done under it must not be committed. Its expiry does not
// matter: as long as nobody took it, nobody else works.
absl::Status CheckLease(SqlReader& reader, const Lease& lease);

// The same for several leases of one pool and holder, in one statement.
absl::Status CheckLeases(SqlReader& reader, const std::vector<Lease>& leases);

// The error of work under a lease that is another's by now.
absl::Status LeaseLost(const LeaseName& name);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_LEASE_H_
