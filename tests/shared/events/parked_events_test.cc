#include "shared/events/parked_events.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::Event;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::kPatience;
using testing::OpenTestDatabase;
using testing::StatusIs;
using testing::TempFolder;

// The table as programs made it whose keys of it lack the tenant.
SqlTable OlderTable() {
  SqlTable table = ParkedEventTable();
  table.primary_key = std::exchange(table.former_key, {});
  return table;
}

class ParkedEventsTest : public ::testing::Test {
 protected:
  absl::Status Write(Database::WriteBody body) {
    return database_->WriteAndWait(clock_.Now() + kPatience, std::move(body));
  }

  // Parks the event that `tenant` has at `seq`.
  void Park(const std::string& tenant, int64_t seq) {
    Event event;
    event.set_id(tenant);
    event.set_tenant(tenant);
    event.set_ordering_key("customers/a");
    event.set_seq(seq);
    EXPECT_THAT(Write([&](SqlWriter& writer) {
                  return StoreParkedEvent(
                      writer, {.producer = "operational", .partition = 3},
                      event, InvalidArgument("POISON", "No."), clock_.Now());
                }),
                IsOk());
  }

  // Returns the positions of what `tenant` has parked.
  std::vector<int64_t> Parked(const std::string& tenant) {
    std::vector<int64_t> seqs;
    EXPECT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                  CRM_ASSIGN_OR_RETURN(
                      const std::vector<ParkedEvent> events,
                      ListParkedEvents(writer, tenant, std::nullopt, 100));
                  for (const ParkedEvent& event : events) {
                    EXPECT_EQ(event.event.id(), tenant);
                    seqs.push_back(event.place.seq);
                  }
                  return absl::OkStatus();
                }),
                IsOk());
    return seqs;
  }

  absl::Status Remove(const std::string& tenant, int64_t seq) {
    return Write([&](SqlWriter& writer) {
      return RemoveParkedEvent(
          writer, tenant,
          {.producer = "operational", .partition = 3, .seq = seq});
    });
  }

  TempFolder folder_;
  SystemClock clock_;
  std::unique_ptr<Database> database_ =
      OpenTestDatabase(folder_.File("parked.db"), {OlderTable()});
};

TEST_F(ParkedEventsTest, BelongToTheirTenant) {
  Park("acme", 1);
  Park("other", 2);

  EXPECT_THAT(Remove("other", 1),
              StatusIs(absl::StatusCode::kAborted, "ALREADY_REPLAYED"));
  EXPECT_THAT(Remove("acme", 1), IsOk());
  EXPECT_THAT(Parked("acme"), ElementsAre());
  EXPECT_THAT(Parked("other"), ElementsAre(2));
}

TEST_F(ParkedEventsTest, AStoreOfOlderProgramsKeepsThemWhenItGetsItsKey) {
  const SqlSchema wanted{.version = 2, .tables = {ParkedEventTable()}};
  Park("acme", 1);
  ASSERT_THAT(database_->Migrate(wanted), IsOk());
  // Older programs go on meanwhile.
  ASSERT_THAT(database_->Migrate({.tables = {OlderTable()}}), IsOk());
  Park("acme", 2);

  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = database_->Contract(wanted);
  ASSERT_THAT(more, IsOk());

  EXPECT_THAT(
      database_->Migrate({.tables = {OlderTable()}}),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
  Park("acme", 3);
  EXPECT_THAT(Parked("acme"), ElementsAre(1, 2, 3));
  EXPECT_THAT(Remove("acme", 1), IsOk());
  EXPECT_THAT(Parked("acme"), ElementsAre(2, 3));
}

}  // namespace
}  // namespace crm
