// Gives a warehouse of its own to a test, and feeds it orders as events.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_WAREHOUSE_FEEDER_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_WAREHOUSE_FEEDER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "google/protobuf/message.h"
#include "services/analytical/projections/warehouse.h"
#include "services/analytical/projections/warehouse_applier.h"
#include "shared/base/clock.h"
#include "shared/observe/metrics.h"
#include "tests/services/analytical/reference_data.h"

namespace crm::analytical::testing {

// The tenant of all events that name no other.
inline constexpr char kTenant[] = "acme";

inline constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

// Where a warehouse lies.
enum class Engine { kDuckDb, kPostgres };

// DuckDB unless CRM_TEST_DATABASE=postgres.
Engine EngineUnderTest();

// Plays the operational service: makes events, gives them their versions and
// positions in partition 0 of epoch 1, and has them applied. Thread-compatible.
class WarehouseFeeder {
 public:
  explicit WarehouseFeeder(Engine engine = EngineUnderTest());
  ~WarehouseFeeder();

  // Closes the warehouse; opens it, after closing it if it is open.
  void Close();
  void Reopen();

  // Opens the warehouse once more, as another replica does: on PostgreSQL only.
  std::unique_ptr<Warehouse> OpenReplica();

  Warehouse& warehouse() { return *warehouse_; }
  WarehouseApplier& applier() { return *applier_; }
  FakeClock& clock() { return clock_; }
  // What the applier counted since the warehouse was opened.
  uint64_t applied_count() const { return applied_->value(); }
  const std::string& folder() const { return folder_; }

  // Returns a confirmed order of 1 line over `units` of USD.
  static operational::v1::Order MakeOrder(absl::string_view id,
                                          absl::string_view customer,
                                          absl::string_view day, int64_t units);

  // Returns the next event of the order's customer: `kind` is `created`,
  // `updated`, `deleted` or `undeleted`. Its time is the clock's.
  internal::v1::Event MakeEvent(const operational::v1::Order& order,
                                absl::string_view kind,
                                absl::string_view tenant = kTenant);

  // The same of any resource, as `crm/Lead`, that belongs to `customer`.
  internal::v1::Event MakeResourceEvent(
      absl::string_view type, const google::protobuf::Message& resource,
      const std::string& customer, absl::string_view kind = "created",
      absl::string_view tenant = kTenant);

  // Applies the events as one step.
  absl::Status Apply(const std::vector<internal::v1::Event>& events);

  // Applies the creation of an order. Ends the test program if that fails.
  void Add(const operational::v1::Order& order);

  // Applies purchases as confirmed orders in USD, in steps of many. Ends the
  // test program if that fails.
  void AddPurchases(const std::vector<Purchase>& purchases);

  // Returns the rows of a SELECT.
  SqlRows Query(absl::string_view sql);

 private:
  const Engine engine_;
  std::string folder_;
  FakeClock clock_;
  std::unique_ptr<Counter> applied_;
  std::unique_ptr<Warehouse> warehouse_;
  std::unique_ptr<WarehouseApplier> applier_;
  std::map<std::string, int64_t> key_versions_;
  int64_t event_count_ = 0;
  int64_t position_ = 0;
};

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_WAREHOUSE_FEEDER_H_
