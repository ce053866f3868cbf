#include "shared/events/outbox.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::Event;
using internal::v1::ReadFeedRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::kPatience;
using testing::ProducerStore;
using ::testing::SizeIs;
using testing::StatusIs;

ReadFeedRequest Request(int partition, int64_t after_seq, int max_events) {
  ReadFeedRequest request;
  request.set_partition(partition);
  request.set_after_seq(after_seq);
  request.set_max_events(max_events);
  return request;
}

class OutboxTest : public ::testing::Test {
 protected:
  absl::Status Write(Database::WriteBody body) {
    return store_.database().WriteAndWait(clock_.Now() + kPatience,
                                          std::move(body));
  }

  SystemClock clock_;
  ProducerStore store_{4};
};

TEST(PartitionOf, NeverChanges) {
  // Stored positions depend on these numbers.
  EXPECT_EQ(PartitionOf("acme", "customers/c1", 16), 7);
  EXPECT_EQ(PartitionOf("acme", "customers/c2", 16), 6);
}

TEST(PartitionOf, UsesAllPartitionsAndPartsTenants) {
  std::set<int> used;
  for (int i = 0; i < 200; ++i) {
    used.insert(PartitionOf("acme", absl::StrCat("customers/", i), 16));
  }
  EXPECT_THAT(used, SizeIs(16));
  EXPECT_NE(PartitionOf("a", "bc", 1 << 30), PartitionOf("ab", "c", 1 << 30));
}

TEST_F(OutboxTest, CountsTheEventsOfEachKey) {
  EXPECT_EQ(store_.Emit("customers/a").key_version(), 1);
  EXPECT_EQ(store_.Emit("customers/a").key_version(), 2);

  const Event other = store_.Emit("customers/b");

  EXPECT_EQ(other.key_version(), 1);
  EXPECT_EQ(other.service(), "operational");
  EXPECT_EQ(other.partition(), PartitionOf("acme", "customers/b", 4));
  EXPECT_EQ(other.seq(), 0);
}

TEST_F(OutboxTest, ARolledBackEventLeavesNoHole) {
  store_.Emit("customers/a");
  Event lost = store_.Emit("customers/a");
  lost.set_id("lost");

  ASSERT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                CRM_RETURN_IF_ERROR(store_.outbox().Append(writer, lost));
                return InvalidArgument("REFUSED", "No.");
              }),
              StatusIs(absl::StatusCode::kInvalidArgument, "REFUSED"));

  EXPECT_EQ(store_.Emit("customers/a").key_version(), 3);
}

TEST_F(OutboxTest, RefusesAnIncompleteEvent) {
  Event event;
  event.set_id("id");
  event.set_tenant("acme");
  event.set_type("lead.created");

  EXPECT_THAT(Write([&](SqlWriter& writer) {
                return store_.outbox().Append(writer, event);
              }),
              StatusIs(absl::StatusCode::kInternal, "EVENT_INCOMPLETE"));
}

TEST_F(OutboxTest, RefusesAnIdThatIsTaken) {
  Event event = store_.Emit("customers/a");

  EXPECT_THAT(Write([&](SqlWriter& writer) {
                return store_.outbox().Append(writer, event);
              }),
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
}

TEST_F(OutboxTest, NumbersEachPartitionWithoutHolesAndEachKeyInOrder) {
  for (int round = 0; round < 3; ++round) {
    for (int key = 0; key < 20; ++key) {
      store_.Emit(absl::StrCat("customers/", 97 * key % 20), 2);
    }
    // Fewer than wait, so that several rounds are needed.
    ASSERT_THAT(Write([&](SqlWriter& writer) {
                  return store_.outbox().Number(writer, 25).status();
                }),
                IsOk());
  }
  store_.Number();

  size_t total = 0;
  for (int partition = 0; partition < 4; ++partition) {
    std::map<std::string, int64_t> versions;
    int64_t seq = 0;
    for (const Event& event : store_.Events(partition)) {
      EXPECT_EQ(event.seq(), ++seq);
      EXPECT_EQ(event.partition(), partition);
      EXPECT_EQ(event.key_version(), ++versions[event.ordering_key()]);
      ++total;
    }
  }
  EXPECT_EQ(total, 120u);
}

// Why the numbers are unique without the tenant: consumers hold their position
// in a partition by them, whoever's events it carries.
TEST_F(OutboxTest, NumbersTheEventsOfAllTenantsOfAPartitionAsOneStream) {
  int partition = -1;
  for (int i = 0; i < 20; ++i) {
    const Event event = store_.Emit("customers/a");
    partition = event.partition();
    // Another tenant's, in the same partition.
    Event other = event;
    other.set_id(absl::StrCat("other-", i));
    other.set_tenant("other");
    other.set_ordering_key("customers/");
    while (PartitionOf("other", other.ordering_key(), 4) != partition) {
      other.mutable_ordering_key()->push_back('x');
    }
    ASSERT_THAT(Write([&](SqlWriter& writer) {
                  return store_.outbox().Append(writer, other);
                }),
                IsOk());
    if (i % 3 == 0) store_.Number();
  }
  store_.Number();

  std::set<std::string> tenants;
  int64_t seq = 0;
  for (const Event& event : store_.Events(partition)) {
    EXPECT_EQ(event.seq(), ++seq);
    tenants.insert(event.tenant());
  }
  EXPECT_EQ(seq, 40);
  EXPECT_THAT(tenants, ElementsAre("acme", "other"));
}

TEST_F(OutboxTest, NumbersNothingTwice) {
  store_.Emit("customers/a", 3);
  store_.Number();

  EXPECT_THAT(Write([&](SqlWriter& writer) -> absl::Status {
                EXPECT_THAT(store_.outbox().HasPending(writer, {0, 1, 2, 3}),
                            IsOkAndHolds(false));
                EXPECT_THAT(store_.outbox().Number(writer, 100),
                            IsOkAndHolds(0));
                return absl::OkStatus();
              }),
              IsOk());
}

TEST_F(OutboxTest, ReadsAfterAPositionUpToALimit) {
  const int partition = store_.Emit("customers/a", 5).partition();
  store_.Number();

  const auto page = store_.feed().Read(Request(partition, 2, 2), kPatience);

  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->head_seq(), 5);
  EXPECT_EQ(page->feed_epoch(), 1);
  ASSERT_THAT(page->events(), SizeIs(2));
  EXPECT_EQ(page->events(0).seq(), 3);
  EXPECT_EQ(page->events(1).seq(), 4);
}

TEST_F(OutboxTest, HidesEventsWithoutAPosition) {
  const int partition = store_.Emit("customers/a", 2).partition();

  const auto page = store_.feed().Read(Request(partition, 0, 0), kPatience);
  const auto head = store_.feed().Head(kPatience);

  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->events(), IsEmpty());
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ(head->pending_count(), 2);
  EXPECT_THAT(head->head_seqs(), ElementsAre(0, 0, 0, 0));
}

TEST_F(OutboxTest, CutsAnAnswerAtItsSizeButSendsAtLeastOne) {
  Event event = store_.Emit("customers/a");
  for (int i = 0; i < 3; ++i) {
    event.set_id(absl::StrCat("large-", i));
    event.set_after(std::string(700'000, 'x'));
    if (i == 2) event.set_after(std::string(1'500'000, 'x'));
    ASSERT_THAT(Write([&](SqlWriter& writer) {
                  return store_.outbox().Append(writer, event);
                }),
                IsOk());
  }
  store_.Number();

  const auto cut =
      store_.feed().Read(Request(event.partition(), 0, 0), kPatience);
  const auto huge =
      store_.feed().Read(Request(event.partition(), 3, 0), kPatience);

  ASSERT_THAT(cut, IsOk());
  EXPECT_THAT(cut->events(), SizeIs(2));
  ASSERT_THAT(huge, IsOk());
  EXPECT_THAT(huge->events(), SizeIs(1));
}

TEST_F(OutboxTest, NamesAllThatIsWrongWithARequest) {
  const auto response = store_.feed().Read(Request(4, -1, -1), kPatience);

  EXPECT_THAT(response,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(response.status()), SizeIs(3));
}

TEST_F(OutboxTest, FindsAnEventById) {
  const Event event = store_.Emit("customers/a");

  ASSERT_THAT(
      store_.database().Read(
          clock_.Now() + kPatience,
          [&](SqlReader& reader) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                const Event found,
                store_.outbox().Find(reader, event.tenant(), event.id()));
            EXPECT_EQ(found.key_version(), 1);
            EXPECT_THAT(
                store_.outbox().Find(reader, event.tenant(), "none"),
                StatusIs(absl::StatusCode::kNotFound, "EVENT_NOT_FOUND"));
            return absl::OkStatus();
          }),
      IsOk());
}

TEST_F(OutboxTest, RefusesADatabaseOfOtherSettings) {
  const Outbox other("operational", clock_, 8);

  EXPECT_THAT(
      Write([&](SqlWriter& writer) { return other.Open(writer); }),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FEED_SETTINGS_CHANGED"));
  EXPECT_THAT(
      Write([&](SqlWriter& writer) { return store_.outbox().Open(writer); }),
      IsOk());
}

}  // namespace
}  // namespace crm
