#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using internal::v1::Event;
using internal::v1::ReadFeedRequest;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::kPatience;
using testing::ProducerStore;
using testing::StatusIs;

class OutboxTrimTest : public ::testing::Test {
 protected:
  // Trims the only partition and returns by how much.
  int64_t Trim(int64_t last_seq, absl::Duration age, int max_events = 1000) {
    int64_t trimmed = -1;
    EXPECT_THAT(store_.database().WriteAndWait(
                    clock_.Now() + kPatience,
                    [&](SqlWriter& writer) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          trimmed,
                          store_.outbox().Trim(writer, 0, last_seq,
                                               clock_.Now() - age, max_events));
                      return absl::OkStatus();
                    }),
                IsOk());
    return trimmed;
  }

  absl::StatusOr<int64_t> FirstSeqAfter(int64_t after_seq) {
    ReadFeedRequest request;
    request.set_after_seq(after_seq);
    const auto response = store_.feed().Read(request, kPatience);
    if (!response.ok()) return response.status();
    return response->events_size() == 0 ? 0 : response->events(0).seq();
  }

  int64_t CountRows() {
    int64_t rows = -1;
    EXPECT_THAT(store_.database().Read(
                    clock_.Now() + kPatience,
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          const SqlRows counted,
                          reader.Query("SELECT COUNT(*) FROM outbox", {}));
                      rows = std::get<int64_t>(counted[0][0]);
                      return absl::OkStatus();
                    }),
                IsOk());
    return rows;
  }

  int64_t LastBefore(absl::Duration age) {
    int64_t last = -1;
    EXPECT_THAT(
        store_.database().Read(clock_.Now() + kPatience,
                               [&](SqlReader& reader) -> absl::Status {
                                 CRM_ASSIGN_OR_RETURN(
                                     last, store_.outbox().LastBefore(
                                               reader, 0, clock_.Now() - age));
                                 return absl::OkStatus();
                               }),
        IsOk());
    return last;
  }

  SystemClock clock_;
  ProducerStore store_{1};
};

TEST_F(OutboxTrimTest, RemovesWhatIsOldAndConsumedAndSaysSoToReaders) {
  store_.Emit("customers/a", 10);
  store_.Number();
  store_.Age(absl::Hours(100));

  EXPECT_EQ(Trim(6, absl::Hours(99)), 6);

  EXPECT_THAT(FirstSeqAfter(6), IsOkAndHolds(7));
  EXPECT_THAT(FirstSeqAfter(5),
              StatusIs(absl::StatusCode::kOutOfRange, "FEED_TRIMMED"));
  EXPECT_THAT(FirstSeqAfter(0),
              StatusIs(absl::StatusCode::kOutOfRange, "FEED_TRIMMED"));
  EXPECT_EQ(CountRows(), 4);
}

TEST_F(OutboxTrimTest, KeepsWhatIsYoungOrWaitsForItsPosition) {
  store_.Emit("customers/a", 5);
  store_.Number();
  store_.Age(absl::Hours(100));
  store_.Emit("customers/a", 5);
  store_.Number();
  store_.Emit("customers/a", 5);

  EXPECT_EQ(Trim(1000, absl::Hours(99)), 5);
  EXPECT_EQ(Trim(1000, absl::Hours(99)), 0);

  EXPECT_EQ(CountRows(), 10);
  EXPECT_THAT(FirstSeqAfter(5), IsOkAndHolds(6));
}

TEST_F(OutboxTrimTest, TakesAsMuchAsItIsTold) {
  store_.Emit("customers/a", 10);
  store_.Number();

  EXPECT_EQ(Trim(8, -absl::Hours(1), 3), 3);
  EXPECT_EQ(Trim(8, -absl::Hours(1), 3), 3);
  EXPECT_EQ(Trim(8, -absl::Hours(1), 3), 2);
}

TEST_F(OutboxTrimTest, TheNewestEventOfAKeyStaysUntilThereIsANewer) {
  const Event quiet = store_.Emit("customers/quiet", 2);
  store_.Emit("customers/busy", 3);
  store_.Number();

  Trim(5, -absl::Hours(1));

  EXPECT_EQ(CountRows(), 2);
  EXPECT_THAT(store_.database().Read(clock_.Now() + kPatience,
                                     [&](SqlReader& reader) {
                                       return store_.outbox()
                                           .Find(reader, quiet.tenant(),
                                                 quiet.id())
                                           .status();
                                     }),
              IsOk());
  EXPECT_THAT(FirstSeqAfter(0),
              StatusIs(absl::StatusCode::kOutOfRange, "FEED_TRIMMED"));

  store_.Emit("customers/quiet", 1);
  store_.Number();
  Trim(6, -absl::Hours(1));

  EXPECT_EQ(CountRows(), 2);
}

TEST_F(OutboxTrimTest, FindsThePositionOfATime) {
  store_.Emit("customers/a", 7);
  store_.Number();
  EXPECT_EQ(LastBefore(absl::Hours(1)), 0);
  store_.Age(absl::Hours(2));
  store_.Emit("customers/a", 5);
  store_.Number();

  EXPECT_EQ(LastBefore(absl::Hours(1)), 7);
  EXPECT_EQ(LastBefore(-absl::Hours(1)), 12);
  Trim(3, absl::Hours(1));
  EXPECT_EQ(LastBefore(absl::Hours(1)), 7);
}

}  // namespace
}  // namespace crm
