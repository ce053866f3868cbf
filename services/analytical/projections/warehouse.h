// What the analytical service keeps from the events of others: one DuckDB file,
// which can be lost and is then filled anew from the feed, or be replaced by
// another that was filled beside it.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/storage/duckdb/duck_database.h"

namespace crm::analytical {

// The events of one customer that a reader must see.
struct KeyRequirement {
  // The service whose events they are, as `operational`.
  std::string producer;
  std::string tenant;
  std::string ordering_key;
  int64_t key_version = 0;
};

// The warehouse's file, and the news that it has changed. Thread-safe.
class Warehouse {
 public:
  // Opens, or creates, the warehouse in the folder `warehouse` of `data_dir`.
  // `clock` outlives it. Errors as DuckDatabase::Open, and UNAVAILABLE
  // (STORAGE_UNUSABLE) if the folder cannot be made.
  static absl::StatusOr<std::unique_ptr<Warehouse>> Open(
      const std::string& data_dir, const Clock& clock);

  // Opens an empty warehouse beside this one, to be filled and adopted; what is
  // not adopted is removed. Errors as Open(), and ABORTED (WAREHOUSE_IN_USE)
  // while somebody reads the one that was replaced last.
  absl::StatusOr<std::unique_ptr<Warehouse>> OpenShadow();

  // Puts the content of `shadow`, which OpenShadow() made, in the place of this
  // one's, over restarts too. Who reads at the moment finishes on the old one,
  // and no write runs while `may_replace`, called first, compares the two. Both
  // are told apart by their positions only, so a consumer goes on from those of
  // the new one. Returns the error of `may_replace`, or UNAVAILABLE
  // (STORAGE_UNUSABLE); then nothing has changed.
  absl::Status Adopt(Warehouse& shadow,
                     absl::FunctionRef<absl::Status()> may_replace);

  // Runs `body` over one state of the warehouse. Returns its error, or that of
  // the transaction.
  absl::Status Read(absl::FunctionRef<absl::Status(SqlReader&)> body);

  // Runs `body` in a transaction that changes what is known of `tenants`, and
  // tells those who wait once it is durable. Errors as Read.
  absl::Status Write(const std::set<std::string>& tenants,
                     absl::FunctionRef<absl::Status(DuckWriter&)> body);

  // The same for a change of every tenant.
  absl::Status WriteAll(absl::FunctionRef<absl::Status(DuckWriter&)> body);

  // Returns a number that grows with each change of the tenant. What is read
  // after it was asked for is at least that new.
  int64_t ChangeCount(absl::string_view tenant) const;

  // Waits until the required events have been applied. Returns UNAVAILABLE
  // (NOT_YET_APPLIED) if they have not been by `deadline`.
  absl::Status WaitForKey(const KeyRequirement& requirement,
                          absl::Time deadline);

 private:
  // An open file; the last to let go of one that was replaced removes it.
  struct Store;

  Warehouse(std::string folder, std::shared_ptr<Store> store,
            const Clock& clock);

  static absl::StatusOr<std::shared_ptr<Store>> OpenStore(
      const std::string& folder, const std::string& file);
  std::shared_ptr<Store> store() const;
  absl::Status WriteStore(absl::FunctionRef<absl::Status(DuckWriter&)> body);
  int64_t ChangeCountLocked(absl::string_view tenant) const;

  const std::string folder_;
  const Clock& clock_;
  // Held by each write and while the store is replaced.
  std::mutex write_mutex_;

  mutable std::mutex mutex_;
  std::shared_ptr<Store> store_;
  // The one before, until nobody uses it any more.
  std::weak_ptr<Store> replaced_;
  std::condition_variable changed_;
  // Changes of all tenants at once, and of each alone.
  int64_t common_changes_ = 0;
  std::map<std::string, int64_t, std::less<>> changes_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_H_
