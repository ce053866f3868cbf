// What the analytical service keeps from the events of others: facts, and in
// the same transactions how far the events have been applied. All of it can be
// lost and is then filled anew from the feed, or be replaced by another that
// was filled beside it.
//
// It lies in a file of this process (duck_warehouse.h) or on a PostgreSQL
// server, where the replicas of the service share it (postgres_warehouse.h).
// Queries are the same for both, and so are their answers.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "services/analytical/projections/warehouse_schema.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// The events of one customer that a reader must see.
struct KeyRequirement {
  // The service whose events they are, as `operational`.
  std::string producer;
  std::string tenant;
  std::string ordering_key;
  int64_t key_version = 0;
};

// What a write changes.
struct WarehouseChange {
  std::set<std::string> tenants = {};
  // The partition whose events these are, so that the writes of one partition
  // are not in the way of another's; negative for none.
  int partition = -1;
  // Everything that is known of all tenants, which may take long.
  bool everything = false;
};

// Differs from every mark before once something of the tenant has changed.
struct ChangeMark {
  int64_t everything = 0;
  int64_t tenant = 0;

  friend bool operator==(const ChangeMark&, const ChangeMark&) = default;
};

// One transaction that changes the warehouse. Thread-compatible.
class WarehouseWriter : public SqlWriter {
 public:
  // Adds rows, whose values are in the order of the table's columns. Returns
  // the errors of a statement, now or as Post() does.
  virtual absl::Status Append(const FactTable& table,
                              absl::Span<const SqlRow> rows) = 0;

  virtual const WarehouseDialect& dialect() const = 0;
};

// Thread-safe.
class Warehouse {
 public:
  using ReadBody = absl::FunctionRef<absl::Status(SqlReader&)>;
  using WriteBody = absl::FunctionRef<absl::Status(WarehouseWriter&)>;
  // Sees the state of the warehouse and of the one that is to replace it.
  using MayReplace =
      absl::FunctionRef<absl::Status(SqlReader& live, SqlReader& next)>;

  virtual ~Warehouse() = default;

  // Runs `body` over one state of the warehouse. Returns its error, or that of
  // the transaction; DEADLINE_EXCEEDED (READ_INTERRUPTED) after `deadline`.
  virtual absl::Status Read(absl::Time deadline, ReadBody body) = 0;

  // Runs `body` in a transaction, and tells those who wait once it is durable.
  // It may run more than once. Errors as Read().
  virtual absl::Status Write(const WarehouseChange& change, WriteBody body) = 0;

  // Returns the mark of now: what is read after it is at least that new.
  virtual absl::StatusOr<ChangeMark> Mark(const std::string& tenant,
                                          absl::Time deadline) = 0;

  // Returns an empty warehouse beside this one, to be filled and adopted; what
  // is not adopted is removed. Errors of opening, and ABORTED
  // (WAREHOUSE_IN_USE) while somebody else has one, or reads the one that was
  // replaced last.
  virtual absl::StatusOr<std::unique_ptr<Warehouse>> OpenShadow() = 0;

  // Puts the content of `shadow`, which OpenShadow() made, in the place of this
  // one's, over restarts too. Who reads at the moment finishes on the old one,
  // and no write comes between that and `may_replace`, which compares the two
  // and may run more than once. Both are told apart by their positions only, so
  // a consumer goes on from those of the new one. Returns the error of
  // `may_replace` or of the store; then nothing has changed.
  virtual absl::Status Adopt(Warehouse& shadow, MayReplace may_replace) = 0;

  // The store that other processes have open as well, and that has LeaseTables;
  // null if this process has the warehouse to itself. Lives as long as this.
  virtual Database* shared_store() { return nullptr; }

  // Waits until the required events have been applied. Returns UNAVAILABLE
  // (NOT_YET_APPLIED) if they have not been by `deadline`.
  absl::Status WaitForKey(const KeyRequirement& requirement,
                          absl::Time deadline);

 protected:
  // Looks for changes that were not told after `poll_interval`.
  Warehouse(const Clock& clock, absl::Duration poll_interval)
      : clock_(clock), poll_interval_(poll_interval) {}

  // Wakes those who wait.
  void TellOfChange();

 private:
  const Clock& clock_;
  const absl::Duration poll_interval_;

  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t told_ = 0;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_H_
