// Fills the warehouse from the events of other services.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_APPLIER_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_APPLIER_H_

#include <optional>
#include <vector>

#include "services/analytical/projections/warehouse.h"
#include "shared/base/clock.h"
#include "shared/events/applier.h"
#include "shared/observe/metrics.h"

namespace crm::analytical {

// Applies the events of a step at once: what several of them say of one order
// is written once, and rows are appended, as single inserts are slow.
// The position moves in the same transaction. Thread-safe.
class WarehouseApplier final : public Applier {
 public:
  // All outlive this. `applied` counts events.
  WarehouseApplier(Warehouse& warehouse, const Clock& clock, Counter& applied)
      : warehouse_(warehouse), clock_(clock), applied_(applied) {}

  absl::StatusOr<ConsumerState> Load(absl::string_view producer) override;

  // Beside the errors of Applier: INVALID_ARGUMENT (EVENT_UNREADABLE),
  // UNIMPLEMENTED (EVENT_TYPE_UNKNOWN).
  absl::Status Apply(const FeedStep& step,
                     absl::Span<const internal::v1::Event> events) override;
  absl::StatusOr<int64_t> NoteAttempt(const FeedStep& step) override;
  absl::Status ForgetAttempts(const FeedStep& step) override;
  absl::StatusOr<std::vector<ParkedEvent>> ListParked(
      absl::string_view tenant, const std::optional<ParkedPlace>& after,
      int limit) override;
  absl::StatusOr<bool> ReplayParked(absl::string_view producer,
                                    const ParkedKey& key) override;
  absl::Status Park(const FeedStep& step, const internal::v1::Event& event,
                    const absl::Status& reason) override;
  absl::Status Resync(absl::string_view producer, int64_t feed_epoch) override;

 private:
  absl::Time Deadline() const;

  Warehouse& warehouse_;
  const Clock& clock_;
  Counter& applied_;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_WAREHOUSE_APPLIER_H_
