// The SCORES slice of the customer profile: how the customer stands among all
// others, as of the newest order.

#ifndef CRM_SERVICES_ANALYTICAL_SLICES_SCORES_H_
#define CRM_SERVICES_ANALYTICAL_SLICES_SCORES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/internal/v1/slice.pb.h"
#include "services/analytical/projections/analyses.h"
#include "services/analytical/projections/warehouse.h"
#include "shared/base/clock.h"
#include "shared/observe/metrics.h"
#include "shared/profile/slice_owner.h"

namespace crm::analytical {

// For how long scores may be shown after something has changed.
inline constexpr absl::Duration kScoresLifetime = absl::Seconds(60);

// Scores all customers of a tenant at once, and keeps the scores for as long as
// they may be shown: nothing is computed while nothing has changed.
// Thread-safe.
class ScoresSlices {
 public:
  // All outlive this. `compute_seconds` observes each computation.
  ScoresSlices(Warehouse& warehouse, const Clock& clock,
               Histogram& compute_seconds)
      : warehouse_(warehouse),
        clock_(clock),
        compute_seconds_(compute_seconds) {}

  // Builds the slice of one customer, see SliceDefinition: nothing if no order
  // of the customer counts. The version is when the scores were computed, in
  // microseconds, and grows. Returns UNAVAILABLE (NOT_YET_APPLIED), and the
  // errors of the warehouse.
  absl::StatusOr<SliceContent> Build(
      const std::string& tenant, const internal::v1::ReadSlicesRequest& request,
      absl::Time deadline);

 private:
  // The scores of a tenant at one instant. Immutable.
  struct Table {
    CustomerScores scores;
    // The warehouse's mark, asked for before the computation.
    ChangeMark mark;
    absl::Duration computed;
    int64_t version = 0;

    // How far the customer's events are in it.
    int64_t AppliedVersion(const std::string& customer) const;
    const CustomerScore* Find(const std::string& customer) const;
  };

  // Where a tenant's table is kept; the mutex is held while it is computed, so
  // that those who need it compute it once.
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<const Table> table;
  };

  // What a table must have: at least `min_key_version` of the customer, which
  // has been applied. `mark` is that of now.
  struct Need {
    const std::string& tenant;
    const std::string& customer;
    int64_t min_key_version;
    ChangeMark mark;
    absl::Time deadline;
  };

  absl::StatusOr<std::shared_ptr<const Table>> FindTable(const Need& need);
  absl::StatusOr<std::shared_ptr<const Table>> Compute(
      const std::string& tenant, absl::Time deadline);
  std::shared_ptr<Slot> SlotOf(const std::string& tenant);
  int64_t NextVersion(absl::Time now);

  Warehouse& warehouse_;
  const Clock& clock_;
  Histogram& compute_seconds_;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>> slots_;
  int64_t last_version_ = 0;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_SLICES_SCORES_H_
