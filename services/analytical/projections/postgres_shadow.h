// The tables beside those that are read, while one process replays the
// warehouse into them.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_SHADOW_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_SHADOW_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/lease_keeper.h"

namespace crm::analytical {

// Holds the lease of the one replay that may run in all processes, and checks
// it in each transaction. Used by one thread at a time.
class PostgresShadow final {
 public:
  // Both outlive this. `holder` names this replay and no other.
  PostgresShadow(Database& database, const Clock& clock, std::string holder);

  // Empties the tables that nobody reads now, and gives the lease up.
  ~PostgresShadow();
  PostgresShadow(const PostgresShadow&) = delete;
  PostgresShadow& operator=(const PostgresShadow&) = delete;

  // Takes the lease, and empties the tables that are not read. Called first.
  // Returns ABORTED (WAREHOUSE_IN_USE) while another process has the lease.
  absl::Status Begin();

  // Runs `body` in a transaction of at most `timeout`. Returns ABORTED
  // (WAREHOUSE_IN_USE) or (LEASE_LOST), with nothing done, once another process
  // has the lease.
  absl::Status Write(absl::Duration timeout,
                     absl::FunctionRef<absl::Status(SqlWriter&)> body);

  // The schema of the tables.
  const std::string& tables() const { return tables_; }

  // Says that these tables are read from now on, and `old` are not.
  void Adopted(std::string old) { unread_ = std::move(old); }

 private:
  absl::Status Empty();

  Database& database_;
  const Clock& clock_;
  LeaseKeeper keeper_;
  std::string tables_;
  // The tables that nobody will read; none before Begin().
  std::string unread_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_POSTGRES_SHADOW_H_
