// The engine for several replicas of a service: a Database on a PostgreSQL
// server, or on one that speaks its protocol.
//
// Writes that have arrived together share one SERIALIZABLE transaction and one
// commit, on one connection: groups of one process that ran side by side would
// conflict with each other. A group that conflicts with another process's is
// run again, and the processes take turns for a while. Statements whose answer
// nobody waits for travel together with the next one. Reads are REPEATABLE READ
// snapshots on a bounded pool.
//
// Only what PostgreSQL's relatives also have is used: no advisory locks, table
// locks, sequences, notifications or system columns. No state outlives a
// transaction on the server, so a pooler in transaction mode may stand between.

#ifndef CRM_SHARED_STORAGE_POSTGRES_POSTGRES_DATABASE_H_
#define CRM_SHARED_STORAGE_POSTGRES_POSTGRES_DATABASE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"

namespace crm {

struct PostgresOptions {
  // A connection URI of libpq, `postgres://user@host/database?sslmode=...`,
  // without a password. The database exists and belongs to this service alone.
  std::string uri;
  std::string password = {};
  // The file that the password came from, if any: each new connection is made
  // with what it holds by then, so that a password can be changed under way.
  std::string password_file = {};
  // The schema of the database in which the store's tables lie, in snake case;
  // Migrate() makes it. Empty for the one that the server takes by itself.
  std::string schema = {};
  // Compared with deadlines; outlives the database. The machine's when null.
  const Clock* clock = nullptr;

  // The most connections that read, and how long a read may take.
  size_t readers = 8;
  absl::Duration read_limit = absl::Seconds(2);

  size_t max_queued_writes = 4096;
  // PostgreSQL remembers up to 64 savepoints of a transaction cheaply.
  size_t max_group_size = 64;
  // The most runs of a body that others conflict with.
  int max_runs = 5;
};

// Returns INVALID_ARGUMENT BAD_CONFIG unless `uri` is a postgres URI that holds
// no password. The message does not repeat it.
absl::Status CheckPostgresUri(const std::string& uri);

// Connects, and checks the server.
//
// Returns what CheckPostgresUri() does; UNAVAILABLE STORAGE_UNREACHABLE; and
// FAILED_PRECONDITION STORAGE_NOT_DURABLE when the server acknowledges commits
// before they are on disk, or STORAGE_ENCODING when its text is not UTF-8.
absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(
    const PostgresOptions& options);

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_POSTGRES_DATABASE_H_
