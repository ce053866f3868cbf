#include "tests/services/analytical/warehouse_feeder.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/analytical/projections/duck_warehouse.h"
#include "services/analytical/projections/postgres_warehouse.h"
#include "shared/base/money.h"
#include "shared/reflect/field_access.h"
#include "tests/support/postgres_server/postgres_server.h"
#include "tests/support/postgres_server/subset_check.h"

namespace crm::analytical::testing {
namespace {

using crm::testing::SharedPostgres;
using internal::v1::Event;
using operational::v1::Order;

constexpr size_t kStepSize = 250;

std::string MakeFolder() {
  std::string folder = absl::StrCat(::testing::TempDir(), "warehouse-XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  return folder;
}

const ::testing::Environment* const kSubsetCheck =
    ::testing::AddGlobalTestEnvironment(new crm::testing::SubsetCheck);

void Require(const absl::Status& status) {
  if (status.ok()) return;
  ADD_FAILURE() << status.ToString();
  std::abort();
}

}  // namespace

Engine EngineUnderTest() {
  return crm::testing::TestsRunOnPostgres() ? Engine::kPostgres
                                            : Engine::kDuckDb;
}

WarehouseFeeder::WarehouseFeeder(Engine engine)
    : engine_(engine), folder_(MakeFolder()), clock_(Midnight("2020-01-01")) {
  Reopen();
}

WarehouseFeeder::~WarehouseFeeder() {
  Close();
  std::filesystem::remove_all(folder_);
}

void WarehouseFeeder::Close() {
  applier_.reset();
  warehouse_.reset();
}

void WarehouseFeeder::Reopen() {
  Close();
  warehouse_ = OpenReplica();
  applied_ = std::make_unique<Counter>();
  applier_ = std::make_unique<WarehouseApplier>(*warehouse_, clock_, *applied_);
}

std::unique_ptr<Warehouse> WarehouseFeeder::OpenReplica() {
  auto opened =
      engine_ == Engine::kPostgres
          ? PostgresWarehouse::Open({SharedPostgres().Uri(folder_)}, clock_)
          : DuckWarehouse::Open(folder_, clock_);
  Require(opened.status());
  return *std::move(opened);
}

Order WarehouseFeeder::MakeOrder(absl::string_view id,
                                 absl::string_view customer,
                                 absl::string_view day, int64_t units) {
  Order order;
  order.set_name(absl::StrCat("orders/", id));
  order.set_customer(absl::StrCat("customers/", customer));
  order.set_currency_code("USD");
  order.set_state(Order::CONFIRMED);
  *order.mutable_order_time() = ToTimestamp(Midnight(day));
  auto& line = *order.add_lines();
  line.set_line_id("1");
  line.set_product("products/p");
  line.set_quantity(1);
  line.mutable_amount()->set_currency_code("USD");
  line.mutable_amount()->set_units(units);
  *order.mutable_total() = line.amount();
  return order;
}

Event WarehouseFeeder::MakeEvent(const Order& order, absl::string_view kind,
                                 absl::string_view tenant) {
  Event event;
  event.set_id(absl::StrCat("e", ++event_count_));
  event.set_tenant(std::string(tenant));
  event.set_type(absl::StrCat("order.", kind));
  event.set_service("operational");
  event.set_resource_type("crm/Order");
  event.set_resource(order.name());
  event.set_ordering_key(order.customer());
  event.set_key_version(
      ++key_versions_[absl::StrCat(tenant, ":", order.customer())]);
  event.set_after(order.SerializeAsString());
  *event.mutable_event_time() = ToTimestamp(clock_.Now());
  return event;
}

Event WarehouseFeeder::MakeResourceEvent(
    absl::string_view type, const google::protobuf::Message& resource,
    const std::string& customer, absl::string_view kind,
    absl::string_view tenant) {
  Event event;
  event.set_id(absl::StrCat("e", ++event_count_));
  event.set_tenant(std::string(tenant));
  event.set_type(absl::StrCat(
      absl::AsciiStrToLower(type.substr(type.find('/') + 1)), ".", kind));
  event.set_service("operational");
  event.set_resource_type(std::string(type));
  event.set_resource(ReadString(resource, "name"));
  event.set_ordering_key(customer);
  event.set_key_version(++key_versions_[absl::StrCat(tenant, ":", customer)]);
  event.set_after(resource.SerializeAsString());
  *event.mutable_event_time() = ToTimestamp(clock_.Now());
  return event;
}

absl::Status WarehouseFeeder::Apply(const std::vector<Event>& events) {
  const FeedStep step{
      .producer = "operational",
      .partition = 0,
      .feed_epoch = 1,
      .from_seq = position_,
      .to_seq = position_ + static_cast<int64_t>(events.size())};
  absl::Status status = applier_->Apply(step, events);
  if (status.ok()) position_ = step.to_seq;
  return status;
}

void WarehouseFeeder::Add(const Order& order) {
  Require(Apply({MakeEvent(order, "created")}));
}

void WarehouseFeeder::AddPurchases(const std::vector<Purchase>& purchases) {
  std::vector<Event> events;
  for (size_t i = 0; i < purchases.size(); ++i) {
    const Purchase& purchase = purchases[i];
    Order order =
        MakeOrder(absl::StrCat("o", i), purchase.customer, "2000-01-01", 0);
    *order.mutable_order_time() = ToTimestamp(purchase.time);
    auto amount = FromNanos("USD", purchase.nanos);
    Require(amount.status());
    *order.mutable_lines(0)->mutable_amount() = *amount;
    *order.mutable_total() = *amount;
    events.push_back(MakeEvent(order, "created"));
    if (events.size() == kStepSize || i + 1 == purchases.size()) {
      Require(Apply(events));
      events.clear();
    }
  }
}

SqlRows WarehouseFeeder::Query(absl::string_view sql) {
  SqlRows rows;
  Require(warehouse_->Read(absl::InfiniteFuture(), [&](SqlReader& reader) {
    auto result = reader.Query(sql, {});
    if (result.ok()) rows = *std::move(result);
    return result.status();
  }));
  return rows;
}

}  // namespace crm::analytical::testing
