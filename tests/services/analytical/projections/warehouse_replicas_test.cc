// Several replicas over one warehouse on PostgreSQL: who applies what, who
// replays, and what the others see of it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/projections/order_facts.h"
#include "services/analytical/projections/postgres_warehouse.h"
#include "services/analytical/projections/warehouse_projection.h"
#include "shared/base/status_macros.h"
#include "shared/events/consumer.h"
#include "shared/storage/lease_keeper.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/connection_proxy.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::analytical {
namespace {

using crm::testing::ConnectionProxy;
using crm::testing::IsOk;
using crm::testing::IsOkAndHolds;
using crm::testing::kPatience;
using crm::testing::PostgresServer;
using crm::testing::ProducerStore;
using crm::testing::SharedPostgres;
using crm::testing::StatusIs;
using testing::Engine;
using testing::kNoDeadline;
using testing::kTenant;
using testing::WarehouseFeeder;

constexpr int kPartitions = 4;

// One process's part: a warehouse, what it applies, and the leases of that.
class Replica {
 public:
  Replica(std::unique_ptr<Warehouse> warehouse, FeedClient& feed,
          const std::string& holder)
      : warehouse_(std::move(warehouse)),
        applier_(*warehouse_, clock_, applied_),
        keeper_(*warehouse_->shared_store(), clock_, LeasesOf(holder)),
        consumer_(OptionsOf(), nullptr, feed, applier_, clock_, &keeper_),
        projection_(*warehouse_, clock_) {}

  void Start() { consumer_.Start(); }

  void Stop() {
    consumer_.Stop();
    EXPECT_THAT(keeper_.GiveUp(), IsOk());
  }

  Warehouse& warehouse() { return *warehouse_; }
  WarehouseApplier& applier() { return applier_; }
  WarehouseProjection& projection() { return projection_; }
  LeaseKeeper& keeper() { return keeper_; }
  ConsumerStats stats() const { return consumer_.Stats(); }
  int64_t applied_count() const {
    return static_cast<int64_t>(applied_.value());
  }

  ChangeMark Mark() {
    const auto mark = warehouse_->Mark(kTenant, kNoDeadline);
    EXPECT_THAT(mark, IsOk());
    return mark.value_or(ChangeMark());
  }

  int64_t CountOrders() {
    int64_t count = -1;
    EXPECT_THAT(warehouse_->Read(kNoDeadline,
                                 [&](SqlReader& reader) -> absl::Status {
                                   CRM_ASSIGN_OR_RETURN(count,
                                                        CountOrdersIn(reader));
                                   return absl::OkStatus();
                                 }),
                IsOk());
    return count;
  }

  static absl::StatusOr<int64_t> CountOrdersIn(SqlReader& reader) {
    CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                         reader.Query("SELECT COUNT(*) FROM orders", {}));
    return std::get<int64_t>(rows[0][0]);
  }

 private:
  static Consumer::Options OptionsOf() {
    Consumer::Options options;
    options.producer = "operational";
    options.partitions = kPartitions;
    options.poll_interval = absl::Milliseconds(2);
    options.head_interval = absl::Milliseconds(2);
    options.first_retry = absl::Milliseconds(1);
    options.last_retry = absl::Milliseconds(20);
    return options;
  }

  static LeaseKeeper::Options LeasesOf(const std::string& holder) {
    LeaseKeeper::Options options;
    options.pool = "consumer-operational";
    for (int i = 0; i < kPartitions; ++i) {
      options.names.push_back(absl::StrCat(i));
    }
    options.holder = holder;
    options.renew_interval = absl::Milliseconds(50);
    return options;
  }

  SystemClock clock_;
  const std::unique_ptr<Warehouse> warehouse_;
  Counter applied_;
  WarehouseApplier applier_;
  LeaseKeeper keeper_;
  Consumer consumer_;
  WarehouseProjection projection_;
};

class WarehouseReplicasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!crm::testing::TestsRunOnPostgres()) {
      GTEST_SKIP() << "skipped: replicas share a warehouse on PostgreSQL only";
    }
    feeder_.emplace(Engine::kPostgres);
    first_ = MakeReplica("first");
    second_ = MakeReplica("second");
  }

  std::unique_ptr<Replica> MakeReplica(const std::string& holder) {
    return std::make_unique<Replica>(feeder_->OpenReplica(), producer_.feed(),
                                     holder);
  }

  // Creates orders of as many customers.
  void Sell(int count) {
    for (int i = 0; i < count; ++i, ++sold_) {
      producer_.Append(feeder_->MakeEvent(
          WarehouseFeeder::MakeOrder(absl::StrCat("o", sold_),
                                     absl::StrCat("c", sold_), "2020-01-01",
                                     sold_),
          "created"));
    }
    producer_.Number();
  }

  // Waits until all that was sold is applied.
  void CatchUp(Replica& replica) {
    const absl::Time end = absl::Now() + kPatience;
    while (replica.CountOrders() < sold_ && absl::Now() < end) {
    }
    EXPECT_EQ(replica.CountOrders(), sold_);
  }

  void WaitUntilEachLeadsHalf() {
    const absl::Time end = absl::Now() + kPatience;
    const auto leads_half = [](const Replica& replica) {
      return replica.stats().leading == kPartitions / 2;
    };
    while (!(leads_half(*first_) && leads_half(*second_)) &&
           absl::Now() < end) {
    }
    EXPECT_EQ(first_->stats().leading, kPartitions / 2);
    EXPECT_EQ(second_->stats().leading, kPartitions / 2);
  }

  absl::StatusOr<ProjectionCheck> Verify(Replica& replica) {
    return replica.projection().Verify("operational", producer_.feed(),
                                       absl::Now() + kPatience);
  }

  // Returns the step of `count` orders of partition 0, and their events.
  std::vector<internal::v1::Event> MakeOrders(int count) {
    std::vector<internal::v1::Event> events;
    for (int i = 0; i < count; ++i, ++sold_) {
      events.push_back(feeder_->MakeEvent(
          WarehouseFeeder::MakeOrder(absl::StrCat("o", sold_),
                                     absl::StrCat("c", sold_), "2020-01-01", 1),
          "created"));
    }
    return events;
  }
  static FeedStep StepOf(int64_t from, int64_t to) {
    return {.producer = "operational",
            .partition = 0,
            .feed_epoch = 1,
            .from_seq = from,
            .to_seq = to};
  }

  ProducerStore producer_{kPartitions};
  std::optional<WarehouseFeeder> feeder_;
  std::unique_ptr<Replica> first_;
  std::unique_ptr<Replica> second_;
  int sold_ = 0;
};

TEST_F(WarehouseReplicasTest, F27_ApplyEachEventOnceBetweenThem) {
  Sell(40);
  first_->Start();
  second_->Start();
  WaitUntilEachLeadsHalf();
  for (int i = 0; i < 10; ++i) Sell(20);

  CatchUp(*first_);
  CatchUp(*second_);

  EXPECT_EQ(first_->applied_count() + second_->applied_count(), sold_);
  EXPECT_GT(first_->applied_count(), 0);
  EXPECT_GT(second_->applied_count(), 0);
  const auto check = Verify(*second_);
  ASSERT_THAT(check, IsOk());
  EXPECT_EQ(check->projection_hash, check->replay_hash);
  EXPECT_EQ(check->event_count, sold_);
}

TEST_F(WarehouseReplicasTest, OneTakesOverWhatAnotherGivesUp) {
  first_->Start();
  second_->Start();
  WaitUntilEachLeadsHalf();

  first_->Stop();
  Sell(40);

  CatchUp(*second_);
  EXPECT_EQ(second_->stats().leading, kPartitions);
}

TEST_F(WarehouseReplicasTest, F27_AHolderOfALostLeaseChangesNothing) {
  first_->keeper().Tick();
  const std::optional<Lease> lost = first_->keeper().Find("0");
  ASSERT_TRUE(lost.has_value());
  ASSERT_THAT(first_->keeper().GiveUp(), IsOk());
  second_->keeper().Tick();
  ASSERT_TRUE(second_->keeper().Find("0").has_value());
  FeedStep step = StepOf(0, 2);
  step.lease = lost;
  const auto events = MakeOrders(2);

  EXPECT_THAT(first_->applier().Apply(step, events),
              StatusIs(absl::StatusCode::kAborted, "LEASE_LOST"));
  EXPECT_EQ(second_->CountOrders(), 0);

  step.lease = second_->keeper().Find("0");
  EXPECT_THAT(second_->applier().Apply(step, events), IsOk());
  EXPECT_EQ(first_->CountOrders(), 2);
}

TEST_F(WarehouseReplicasTest, TheSecondToResyncKeepsWhatTheFirstHasApplied) {
  ASSERT_THAT(first_->applier().Resync("operational", 1), IsOk());
  ASSERT_THAT(first_->applier().Apply(StepOf(0, 3), MakeOrders(3)), IsOk());

  ASSERT_THAT(second_->applier().Resync("operational", 1), IsOk());

  EXPECT_EQ(second_->CountOrders(), 3);
  ASSERT_THAT(second_->applier().Resync("operational", 2), IsOk());
  EXPECT_EQ(first_->CountOrders(), 0);
}

TEST_F(WarehouseReplicasTest, OneLearnsOfWhatAnotherApplies) {
  const ChangeMark before = second_->Mark();

  ASSERT_THAT(first_->applier().Apply(StepOf(0, 1), MakeOrders(1)), IsOk());

  EXPECT_NE(second_->Mark(), before);
  EXPECT_THAT(second_->warehouse().WaitForKey(
                  {"operational", kTenant, "customers/c0", 1}, kNoDeadline),
              IsOk());
}

TEST_F(WarehouseReplicasTest, OnlyOneReplaysAtATime) {
  auto shadow = first_->warehouse().OpenShadow();
  ASSERT_THAT(shadow, IsOk());

  EXPECT_THAT(second_->warehouse().OpenShadow(),
              StatusIs(absl::StatusCode::kAborted, "WAREHOUSE_IN_USE"));
  shadow->reset();

  EXPECT_THAT(second_->warehouse().OpenShadow(), IsOk());
}

TEST_F(WarehouseReplicasTest, F54_ARebuildInOneIsReadAndContinuedByAll) {
  first_->Start();
  second_->Start();
  Sell(60);
  CatchUp(*first_);
  ASSERT_THAT(first_->warehouse().Write({.everything = true},
                                        [](WarehouseWriter& writer) {
                                          return writer.Post(
                                              "DELETE FROM order_lines", {});
                                        }),
              IsOk());
  const auto damaged = Verify(*second_);
  ASSERT_THAT(damaged, IsOk());
  EXPECT_NE(damaged->projection_hash, damaged->replay_hash);

  const auto rebuilt = first_->projection().Rebuild(
      "operational", producer_.feed(), absl::Now() + kPatience);

  ASSERT_THAT(rebuilt, IsOk());
  EXPECT_EQ(rebuilt->projection_hash, damaged->replay_hash);
  Sell(60);
  CatchUp(*second_);
  const auto mended = Verify(*second_);
  ASSERT_THAT(mended, IsOk());
  EXPECT_EQ(mended->projection_hash, mended->replay_hash);
}

TEST_F(WarehouseReplicasTest, F54_AReaderKeepsTheStateThatItBeganWith) {
  ASSERT_THAT(first_->applier().Apply(StepOf(0, 3), MakeOrders(3)), IsOk());

  EXPECT_THAT(
      second_->warehouse().Read(
          kNoDeadline,
          [&](SqlReader& reader) -> absl::Status {
            EXPECT_THAT(Replica::CountOrdersIn(reader), IsOkAndHolds(3));
            auto shadow = first_->warehouse().OpenShadow();
            EXPECT_THAT(shadow, IsOk());
            EXPECT_THAT(first_->warehouse().Adopt(**shadow,
                                                  [](SqlReader&, SqlReader&) {
                                                    return absl::OkStatus();
                                                  }),
                        IsOk());
            // Empties the old one.
            shadow->reset();
            EXPECT_THAT(Replica::CountOrdersIn(reader), IsOkAndHolds(3));
            return absl::OkStatus();
          }),
      IsOk());

  EXPECT_EQ(second_->CountOrders(), 0);
}

TEST_F(WarehouseReplicasTest, AnAdoptionThatNobodyHeardOfIsNotUndone) {
  ConnectionProxy proxy(SharedPostgres().socket());
  auto opened = PostgresWarehouse::Open(
      {PostgresServer::Through(proxy.folder(),
                               SharedPostgres().Uri(feeder_->folder()))},
      feeder_->clock());
  ASSERT_THAT(opened, IsOk());
  auto shadow = (*opened)->OpenShadow();
  ASSERT_THAT(shadow, IsOk());
  Counter applied;
  WarehouseApplier filling(**shadow, feeder_->clock(), applied);
  ASSERT_THAT(filling.Apply(StepOf(0, 3), MakeOrders(3)), IsOk());

  proxy.CutNextCommit(ConnectionProxy::Cut::kAfterIt);
  EXPECT_THAT(
      (*opened)->Adopt(**shadow,
                       [](SqlReader&, SqlReader&) { return absl::OkStatus(); }),
      StatusIs(absl::StatusCode::kUnavailable, "COMMIT_UNKNOWN"));
  shadow->reset();

  EXPECT_EQ(first_->CountOrders(), 3);
}

TEST_F(WarehouseReplicasTest, AReadEndsAtItsDeadline) {
  const absl::Time start = absl::Now();

  EXPECT_THAT(
      first_->warehouse().Read(
          feeder_->clock().Now() + absl::Milliseconds(200),
          [](SqlReader& reader) {
            return reader.Query("SELECT 1 FROM pg_sleep(60)", {}).status();
          }),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "READ_INTERRUPTED"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
}

}  // namespace
}  // namespace crm::analytical
