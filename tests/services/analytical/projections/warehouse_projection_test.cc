#include "services/analytical/projections/warehouse_projection.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "shared/events/consumer.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::kPatience;
using crm::testing::ProducerStore;
using crm::testing::StatusIs;
using operational::v1::Order;
using testing::WarehouseFeeder;

constexpr int kPartitions = 4;
constexpr char kDamage[] = "UPDATE orders SET amount = amount + 1";

// A warehouse that follows the real log of a producer. The feeder only makes
// the orders and keeps the folder.
class WarehouseProjectionTest : public ::testing::Test {
 protected:
  WarehouseProjectionTest() { Follow(); }

  // Changes orders of several customers and tenants in every way there is.
  void Trade(int rounds) {
    for (int i = 0; i < rounds; ++i, ++round_) {
      const std::string tenant = absl::StrCat("tenant-", round_ % 2);
      // An order stays with its customer, whose events are in one order.
      const Order order = WarehouseFeeder::MakeOrder(
          absl::StrCat("o", round_ % 5, "-", round_ % 3),
          absl::StrCat("c", round_ % 5), "2020-01-01", round_);
      producer_.Append(feeder_.MakeEvent(order, "created", tenant));
      producer_.Append(feeder_.MakeEvent(order, "updated", tenant));
      if (round_ % 3 == 0) {
        producer_.Append(feeder_.MakeEvent(order, "deleted", tenant));
      }
    }
    producer_.Number();
  }

  void Follow() {
    Consumer::Options options;
    options.producer = "operational";
    options.partitions = kPartitions;
    options.poll_interval = absl::Milliseconds(2);
    options.head_interval = absl::Milliseconds(2);
    options.first_retry = absl::Milliseconds(1);
    consumer_ = std::make_unique<Consumer>(options, nullptr, producer_.feed(),
                                           feeder_.applier(), clock_);
    consumer_->Start();
  }

  // Waits until the warehouse has all that was numbered.
  void CatchUp() {
    const auto head = producer_.feed().Head(kPatience);
    ASSERT_THAT(head, IsOk());
    const std::vector<int64_t> heads(head->head_seqs().begin(),
                                     head->head_seqs().end());
    for (;;) {
      const auto state = feeder_.applier().Load("operational");
      ASSERT_THAT(state, IsOk());
      auto positions = state->positions;
      positions.resize(heads.size());
      if (positions == heads) return;
    }
  }

  absl::StatusOr<ProjectionCheck> Verify() {
    return projection_.Verify("operational", producer_.feed(),
                              clock_.Now() + kPatience);
  }

  absl::StatusOr<ProjectionCheck> Rebuild() {
    return projection_.Rebuild("operational", producer_.feed(),
                               clock_.Now() + kPatience);
  }

  void Damage() {
    ASSERT_THAT(
        feeder_.warehouse().Write({.everything = true},
                                  [](WarehouseWriter& writer) {
                                    return writer.Execute(kDamage, {}).status();
                                  }),
        IsOk());
  }

  SystemClock clock_;
  ProducerStore producer_{kPartitions};
  WarehouseFeeder feeder_;
  WarehouseProjection projection_{feeder_.warehouse(), clock_};
  std::unique_ptr<Consumer> consumer_;
  int round_ = 0;
};

TEST_F(WarehouseProjectionTest, A55_AReplayOfTheLogGivesTheSameStateByItsHash) {
  Trade(60);
  CatchUp();

  const auto first = Verify();
  const auto second = Verify();

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->projection_hash, first->replay_hash);
  EXPECT_EQ(first->replay_hash, second->replay_hash);
  EXPECT_EQ(first->replay_hash.size(), 64u);
  EXPECT_EQ(first->event_count, 140);
}

TEST_F(WarehouseProjectionTest, A55_ADifferenceIsFoundAndARebuildMendsIt) {
  Trade(30);
  CatchUp();
  const auto before = Verify();
  ASSERT_THAT(before, IsOk());

  Damage();

  const auto damaged = Verify();
  ASSERT_THAT(damaged, IsOk());
  EXPECT_NE(damaged->projection_hash, damaged->replay_hash);
  EXPECT_EQ(damaged->replay_hash, before->replay_hash);

  const auto rebuilt = Rebuild();
  ASSERT_THAT(rebuilt, IsOk());
  EXPECT_EQ(rebuilt->projection_hash, before->projection_hash);
  const auto after = Verify();
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->projection_hash, before->projection_hash);
}

TEST_F(WarehouseProjectionTest, EachEventCountsInTheHash) {
  Trade(10);
  CatchUp();
  const auto before = Verify();
  ASSERT_THAT(before, IsOk());

  Trade(1);
  CatchUp();

  const auto after = Verify();
  ASSERT_THAT(after, IsOk());
  EXPECT_NE(after->projection_hash, before->projection_hash);
}

TEST_F(WarehouseProjectionTest,
       F54_ARebuildWhileEventsComeAndReadersReadLosesNone) {
  Trade(30);
  CatchUp();
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      // An old state or a new one, never a part of one.
      EXPECT_THAT(
          feeder_.warehouse().Read(
              absl::InfiniteFuture(),
              [](SqlReader& sql) -> absl::Status {
                CRM_ASSIGN_OR_RETURN(
                    const SqlRows rows,
                    sql.Query(
                        "SELECT COUNT(*) FROM orders LEFT JOIN order_lines ON "
                        "orders.tenant = order_lines.tenant AND orders.name = "
                        "order_lines.order_name WHERE line_id IS NULL",
                        {}));
                EXPECT_EQ(std::get<int64_t>(rows[0][0]), 0);
                CRM_ASSIGN_OR_RETURN(
                    const SqlRows keys,
                    sql.Query("SELECT COUNT(*) FROM applied_keys", {}));
                EXPECT_EQ(std::get<int64_t>(keys[0][0]), 10);
                return absl::OkStatus();
              }),
          IsOk());
    }
  });
  std::thread writer([&] {
    for (int i = 0; i < 5; ++i) Trade(5);
  });

  const auto rebuilt = Rebuild();
  writer.join();
  done = true;
  reader.join();

  EXPECT_THAT(rebuilt, IsOk());
  CatchUp();
  const auto check = Verify();
  ASSERT_THAT(check, IsOk());
  EXPECT_EQ(check->projection_hash, check->replay_hash);
  EXPECT_EQ(check->event_count, 55 * 2 + 19);
}

TEST_F(WarehouseProjectionTest, ARebuiltWarehouseIsTheOneThatIsOpenedNext) {
  Trade(20);
  CatchUp();
  Damage();
  const auto rebuilt = Rebuild();
  ASSERT_THAT(rebuilt, IsOk());
  consumer_.reset();

  feeder_.Reopen();

  std::string hash;
  ASSERT_THAT(feeder_.warehouse().Read(absl::InfiniteFuture(),
                                       [&](SqlReader& reader) -> absl::Status {
                                         CRM_ASSIGN_OR_RETURN(
                                             hash, HashWarehouse(
                                                       reader, "operational"));
                                         return absl::OkStatus();
                                       }),
              IsOk());
  EXPECT_EQ(hash, rebuilt->projection_hash);
}

TEST_F(WarehouseProjectionTest, ATrimmedLogGivesTheSameState) {
  Trade(60);
  CatchUp();
  const auto whole = Verify();
  ASSERT_THAT(whole, IsOk());

  for (int partition = 0; partition < kPartitions; ++partition) {
    ASSERT_THAT(producer_.database().WriteAndWait(
                    clock_.Now() + kPatience,
                    [&](SqlWriter& writer) {
                      return producer_.outbox()
                          .Trim(writer, partition, 1'000'000,
                                absl::InfiniteFuture(), 1000)
                          .status();
                    }),
                IsOk());
  }

  const auto compacted = Verify();
  ASSERT_THAT(compacted, IsOk());
  EXPECT_LT(compacted->event_count, whole->event_count);
  EXPECT_EQ(compacted->replay_hash, whole->replay_hash);
  EXPECT_EQ(compacted->projection_hash, whole->projection_hash);
}

TEST_F(WarehouseProjectionTest, AReplayEndsAtItsDeadline) {
  Trade(10);
  CatchUp();

  EXPECT_THAT(
      projection_.Verify("operational", producer_.feed(), clock_.Now()),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "REPLAY_UNFINISHED"));
}

TEST_F(WarehouseProjectionTest, AnotherEpochIsNoComparison) {
  Trade(10);
  CatchUp();
  consumer_.reset();
  producer_.RaiseEpoch();

  EXPECT_THAT(Verify(),
              StatusIs(absl::StatusCode::kAborted, "FEED_EPOCH_CHANGED"));
}

}  // namespace
}  // namespace crm::analytical
