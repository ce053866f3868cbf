#include "shared/resource/own_events.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crm/internal/v1/event.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "gmock/gmock.h"
#include "shared/resource/timer_table.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::SmallKernel;
using ::crm::testing::StatusIs;
using ::crm::testing::TempFolder;

constexpr char kService[] = "small";
constexpr char kKind[] = "later";

// Sets a timer for each event.
absl::Status DoLater(const Kernel& /*kernel*/, Transaction& transaction,
                     const Event& event) {
  transaction.Schedule(kKind, event.id(), transaction.now());
  return absl::OkStatus();
}

class OwnEventsTest : public ::testing::Test {
 protected:
  OwnEventsTest()
      : clock_(absl::FromUnixSeconds(1'700'000'000)),
        store_(folder_.File("small.db"), clock_) {}

  std::unique_ptr<Applier> On(EventBody body) {
    return OnOwnEvents(store_.kernel(), {std::move(body)});
  }

  static std::vector<Event> Called(const std::string& id) {
    Event event;
    event.set_id(id);
    event.set_tenant("acme");
    event.set_resource_type("crm/Product");
    event.set_resource("products/lamp");
    return {event};
  }

  static FeedStep Step(int64_t from, int64_t to, int64_t epoch = 1) {
    return {.producer = kService,
            .partition = 3,
            .feed_epoch = epoch,
            .from_seq = from,
            .to_seq = to};
  }

  absl::StatusOr<bool> IsSet(const std::string& key) {
    absl::StatusOr<bool> set;
    CRM_RETURN_IF_ERROR(
        store_.database().Read(absl::InfiniteFuture(), [&](SqlReader& reader) {
          set = HasTimer(reader, "acme", kKind, key);
          return set.status();
        }));
    return set;
  }

  TempFolder folder_;
  FakeClock clock_;
  SmallKernel store_;
};

TEST_F(OwnEventsTest, AreDecidedOnceWithTheirPosition) {
  const auto applier = On(DoLater);
  const std::vector<Event> events = Called("e1");
  EXPECT_THAT(applier->Apply(Step(0, 1), events), IsOk());
  EXPECT_THAT(IsSet("e1"), IsOkAndHolds(true));

  EXPECT_THAT(applier->Apply(Step(0, 1), events),
              StatusIs(absl::StatusCode::kAborted, "POSITION_MOVED"));
  EXPECT_THAT(applier->Apply(Step(1, 2), Called("e2")), IsOk());
  EXPECT_THAT(IsSet("e2"), IsOkAndHolds(true));
}

TEST_F(OwnEventsTest, ChangeNoResource) {
  const auto applier =
      On([](const Kernel&, Transaction& transaction, const Event&) {
        operational::v1::Product product;
        product.set_name("products/lamp");
        product.set_display_name("Lamp");
        product.set_sku("lamp");
        transaction.Create(product);
        return absl::OkStatus();
      });

  EXPECT_THAT(applier->Apply(Step(0, 1), Called("e1")),
              StatusIs(absl::StatusCode::kInternal, "EVENT_CHANGES_RESOURCE"));
  EXPECT_TRUE(store_.Products().empty());
}

TEST_F(OwnEventsTest, GoOnInANewEpochWhereTheyWere) {
  const auto applier = On(DoLater);
  EXPECT_THAT(applier->Apply(Step(0, 1), Called("e1")), IsOk());

  EXPECT_THAT(applier->Resync(kService, 7), IsOk());

  const auto state = applier->Load(kService);
  ASSERT_THAT(state, IsOk());
  EXPECT_EQ(state->feed_epoch, 7);
  ASSERT_EQ(state->positions.size(), 4u);
  EXPECT_EQ(state->positions[3], 1);
  EXPECT_THAT(applier->Apply(Step(1, 2, 7), Called("e2")), IsOk());
  EXPECT_THAT(IsSet("e2"), IsOkAndHolds(true));
}

}  // namespace
}  // namespace crm
