// The warehouse in a DuckDB file, which this process has to itself.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_DUCK_WAREHOUSE_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_DUCK_WAREHOUSE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/analytical/projections/warehouse.h"
#include "shared/base/clock.h"

namespace crm::analytical {

// A shadow is a second file in the same folder. Changes are counted in memory.
// A deadline is looked at before each statement. Thread-safe.
class DuckWarehouse final : public Warehouse {
 public:
  // Opens, or creates, the warehouse in the folder `warehouse` of `data_dir`.
  // `clock` outlives it. Errors as DuckDatabase::Open, and UNAVAILABLE
  // (STORAGE_UNUSABLE) if the folder cannot be made.
  static absl::StatusOr<std::unique_ptr<Warehouse>> Open(
      const std::string& data_dir, const Clock& clock);

  absl::Status Read(absl::Time deadline, ReadBody body) override;
  absl::Status Write(const WarehouseChange& change, WriteBody body) override;
  absl::StatusOr<ChangeMark> Mark(const std::string& tenant,
                                  absl::Time deadline) override;
  absl::StatusOr<std::unique_ptr<Warehouse>> OpenShadow() override;
  absl::Status Adopt(Warehouse& shadow, MayReplace may_replace) override;

 private:
  // An open file; the last to let go of one that was replaced removes it.
  struct Store;

  DuckWarehouse(std::string folder, std::shared_ptr<Store> store,
                const Clock& clock);

  static absl::StatusOr<std::shared_ptr<Store>> OpenStore(
      const std::string& folder, const std::string& file);
  std::shared_ptr<Store> store() const;

  const std::string folder_;
  const Clock& clock_;
  // Held by each write and while the store is replaced.
  std::mutex write_mutex_;

  mutable std::mutex mutex_;
  std::shared_ptr<Store> store_;
  // The one before, until nobody uses it any more.
  std::weak_ptr<Store> replaced_;
  // Changes of all tenants at once, and of each alone.
  int64_t common_changes_ = 0;
  std::map<std::string, int64_t, std::less<>> changes_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_DUCK_WAREHOUSE_H_
