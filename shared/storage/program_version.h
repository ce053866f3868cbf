// Which versions of a program share a store: each process says its version when
// it has migrated the store, and in the name under which it holds leases.
// Processes of programs that did not say it yet are of version 1; they are
// known by their leases alone.

#ifndef CRM_SHARED_STORAGE_PROGRAM_VERSION_H_
#define CRM_SHARED_STORAGE_PROGRAM_VERSION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/storage/database.h"

namespace crm {

// Returns the name of a holder of leases: `id` of this life of this process,
// whose program knows `version` of the store's schema.
std::string HolderOf(int version, absl::string_view id);

// Returns what HolderOf() was given; 1 for the name of an older program.
int VersionOfHolder(absl::string_view holder);

// For how long a process counts after its announcement, whatever becomes of it.
// By then it takes part in leases.
inline constexpr absl::Duration kAnnouncementDuration = absl::Minutes(10);

// Says that the process `holder`, named by HolderOf(), will use the store: in
// the transaction of its migration, so that CheckNoOlderProgram() in that of a
// contraction either sees it, or comes first and has the migration refused.
// `now` is as LeaseTime() tells it.
absl::Status AnnounceProgram(SqlWriter& writer, int64_t now,
                             absl::string_view holder);

// Returns OK if every process that was announced or takes part in leases at
// `now`, as LeaseTime() tells it, is of `version` or a newer one; else
// FAILED_PRECONDITION (OLDER_PROGRAM_RUNS). One that has died counts for as
// long as its part lasts.
absl::Status CheckNoOlderProgram(SqlReader& reader, int64_t now, int version);

// Returns whether any process takes part in leases at `now`.
absl::StatusOr<bool> HasMembers(SqlReader& reader, int64_t now);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_PROGRAM_VERSION_H_
