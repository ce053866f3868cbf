#include "shared/resource/timer_worker.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::SmallKernel;
using ::crm::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kKind[] = "make";

// Makes the product that the timer's payload is the id of.
absl::Status MakeProduct(Transaction& transaction, const Timer& timer) {
  operational::v1::Product product;
  product.set_name(absl::StrCat("products/", timer.payload));
  product.set_display_name("Product");
  product.set_sku(timer.payload);
  transaction.Create(product);
  return absl::OkStatus();
}

class TimerWorkerTest : public ::testing::Test {
 protected:
  TimerWorkerTest()
      : clock_(absl::FromUnixSeconds(1'700'000'000)),
        store_(folder_.File("small.db"), clock_) {}

  // A worker of another process would be just like it: it shares the store
  // only.
  std::unique_ptr<TimerWorker> Worker(const std::string& holder,
                                      TimerBody body = MakeProduct) {
    TimerWorker::Options options;
    options.holder = holder;
    return std::make_unique<TimerWorker>(store_.kernel(),
                                         TimerBodies{{kKind, std::move(body)}},
                                         metrics_, options);
  }

  // Changes timers in a transaction as a handler would.
  absl::Status InTransaction(
      const std::function<absl::Status(Transaction&)>& body) {
    const auto call =
        store_.CallOf("GetProduct", operational::v1::GetProductRequest());
    return store_.database().WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          Transaction transaction(writer, store_.kernel().catalog,
                                  call->context, store_.kernel().ids,
                                  clock_.Now());
          CRM_RETURN_IF_ERROR(body(transaction));
          return transaction.status();
        });
  }

  void Schedule(const std::string& key, absl::Duration in) {
    ASSERT_THAT(InTransaction([&](Transaction& transaction) {
                  transaction.Schedule(kKind, key, clock_.Now() + in, key);
                  return absl::OkStatus();
                }),
                IsOk());
  }

  TempFolder folder_;
  FakeClock clock_;
  SmallKernel store_;
  MetricRegistry metrics_;
};

TEST_F(TimerWorkerTest, FiresOnceAndNotBeforeItsTime) {
  Schedule("tea", absl::Minutes(3));
  const auto worker = Worker("one");

  worker->RunOnce();
  EXPECT_THAT(store_.Products(), IsEmpty());
  clock_.Advance(absl::Minutes(3) - absl::Microseconds(1));
  worker->RunOnce();
  EXPECT_THAT(store_.Products(), IsEmpty());
  clock_.Advance(absl::Microseconds(1));
  worker->RunOnce();
  worker->RunOnce();

  EXPECT_THAT(store_.Products(), ElementsAre("products/tea@1"));
  EXPECT_EQ(store_.EventCount(), 1);
}

TEST_F(TimerWorkerTest, AskAPlanBeforeTheTransaction) {
  Schedule("tea", absl::Minutes(3));
  clock_.Advance(absl::Minutes(3));
  std::vector<int> attempts;
  std::string last_error;
  const TimerPlan plan =
      [&](const Timer& timer) -> absl::StatusOr<TimerCommit> {
    attempts.push_back(timer.attempts);
    last_error = timer.last_error;
    // A plan may ask the database, and fail.
    CRM_RETURN_IF_ERROR(store_.database().Read(
        absl::InfiniteFuture(), [](SqlReader&) { return absl::OkStatus(); }));
    if (timer.attempts == 0) return Unavailable("AWAY", "Not now.");
    return [timer](Transaction& transaction) {
      return MakeProduct(transaction, timer);
    };
  };
  TimerWorker worker(store_.kernel(), {}, metrics_, {.holder = "one"},
                     {{kKind, plan}});

  worker.RunOnce();
  EXPECT_THAT(store_.Products(), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  worker.RunOnce();
  worker.RunOnce();

  EXPECT_THAT(store_.Products(), ElementsAre("products/tea@1"));
  EXPECT_THAT(attempts, ElementsAre(0, 1));
  EXPECT_EQ(last_error, "AWAY: Not now.");
}

TEST_F(TimerWorkerTest, SaysHowLongNothingIsDue) {
  Schedule("soon", absl::Milliseconds(300));

  const absl::Duration wait = Worker("one")->RunOnce();

  EXPECT_EQ(wait, absl::Milliseconds(300));
}

TEST_F(TimerWorkerTest, IsSetOnlyByATransactionThatCommits) {
  const absl::Status refused = InTransaction([&](Transaction& transaction) {
    transaction.Schedule(kKind, "never", clock_.Now(), "never");
    return FailedPrecondition("REFUSED", "No.");
  });
  ASSERT_FALSE(refused.ok());

  Worker("one")->RunOnce();

  EXPECT_THAT(store_.Products(), IsEmpty());
}

TEST_F(TimerWorkerTest, SettingItAgainMovesItAndUnsettingRemovesIt) {
  Schedule("moved", absl::Minutes(1));
  Schedule("moved", absl::Minutes(5));
  Schedule("removed", absl::Minutes(1));
  ASSERT_THAT(InTransaction([&](Transaction& transaction) {
                transaction.Unschedule(kKind, "removed");
                transaction.Unschedule(kKind, "was-never-set");
                return absl::OkStatus();
              }),
              IsOk());
  const auto worker = Worker("one");

  clock_.Advance(absl::Minutes(4));
  worker->RunOnce();
  EXPECT_THAT(store_.Products(), IsEmpty());
  clock_.Advance(absl::Minutes(1));
  worker->RunOnce();

  EXPECT_THAT(store_.Products(), ElementsAre("products/moved@1"));
}

TEST_F(TimerWorkerTest, AnEffectMaySetTheTimerAgain) {
  const auto worker =
      Worker("one", [](Transaction& transaction, const Timer& timer) {
        Timer next = timer;
        next.payload += "-again";
        transaction.Schedule(kKind, timer.key,
                             timer.due_time + absl::Minutes(1), next.payload);
        return MakeProduct(transaction, timer);
      });
  Schedule("tick", absl::Minutes(1));

  for (int i = 0; i < 3; ++i) {
    clock_.Advance(absl::Minutes(1));
    worker->RunOnce();
  }

  EXPECT_THAT(store_.Products(),
              ElementsAre("products/tick@1", "products/tick-again@1",
                          "products/tick-again-again@1"));
}

// One worker is paused while it fires, past the end of its lease, and another
// one takes its place.
TEST_F(TimerWorkerTest, FiresOnceWithTwoWorkersOneOfThemPausedPastItsLease) {
  const auto second = Worker("two");
  const int kTimers = 20;
  for (int i = 0; i < kTimers; ++i) {
    Schedule(absl::StrCat("t", i), absl::Minutes(1));
  }
  const auto first = Worker("one");
  first->RunOnce();
  clock_.Advance(absl::Minutes(1));

  // The leases of the first are over; it does not know when it goes on.
  second->RunOnce();
  first->RunOnce();
  second->RunOnce();

  EXPECT_EQ(store_.Products().size(), kTimers);
  EXPECT_EQ(store_.EventCount(), kTimers);
}

TEST_F(TimerWorkerTest, ALostLeaseUndoesTheEffect) {
  Schedule("fenced", absl::ZeroDuration());
  // Another process takes every lease while the effect is under way.
  int tries = 0;
  const auto worker =
      Worker("one", [&](Transaction& transaction, const Timer& timer) {
        ++tries;
        return MakeProduct(transaction, timer);
      });
  worker->RunOnce();
  ASSERT_EQ(tries, 1);
  Schedule("second", absl::ZeroDuration());
  ASSERT_THAT(store_.database().WriteAndWait(
                  absl::InfiniteFuture(),
                  [](SqlWriter& writer) {
                    return writer
                        .Execute(
                            "UPDATE lease SET epoch = epoch + 1, holder = ?",
                            {std::string("other")})
                        .status();
                  }),
              IsOk());

  worker->RunOnce();

  EXPECT_EQ(tries, 1);
  EXPECT_THAT(store_.Products(), ElementsAre("products/fenced@1"));
}

TEST_F(TimerWorkerTest, TriesAgainWithGrowingWaitsAndLetsOthersThrough) {
  int failures = 2;
  const auto worker =
      Worker("one", [&](Transaction& transaction, const Timer& timer) {
        if (timer.key == "bad" && failures-- > 0) {
          return Unavailable("AWAY", "Away.");
        }
        return MakeProduct(transaction, timer);
      });
  Schedule("bad", absl::ZeroDuration());
  Schedule("good", absl::ZeroDuration());

  worker->RunOnce();
  EXPECT_THAT(store_.Products(), ElementsAre("products/good@1"));
  clock_.Advance(absl::Seconds(1));
  worker->RunOnce();
  clock_.Advance(absl::Seconds(1));
  worker->RunOnce();
  EXPECT_THAT(store_.Products(), ElementsAre("products/good@1"));
  clock_.Advance(absl::Seconds(1));
  worker->RunOnce();

  EXPECT_THAT(store_.Products(),
              ElementsAre("products/bad@1", "products/good@1"));
}

TEST_F(TimerWorkerTest, F31_AClockThatIsSetFiresNoneEarlyAndNoneTwice) {
  const auto worker = Worker("one");
  Schedule("due", absl::Minutes(30));

  // An hour ahead, and back again four minutes later.
  clock_.SetNow(clock_.Now() + absl::Hours(1));
  worker->RunOnce();
  EXPECT_THAT(store_.Products(), IsEmpty());
  clock_.Advance(absl::Minutes(4));
  worker->RunOnce();
  EXPECT_THAT(store_.Products(), IsEmpty());
  clock_.SetNow(clock_.Now() - absl::Hours(1));
  worker->RunOnce();
  EXPECT_THAT(store_.Products(), IsEmpty());
  clock_.Advance(absl::Minutes(26));
  worker->RunOnce();
  EXPECT_THAT(store_.Products(), ElementsAre("products/due@1"));

  // An hour back: it is not fired again when the time comes a second time.
  clock_.SetNow(clock_.Now() - absl::Hours(1));
  worker->RunOnce();
  clock_.Advance(absl::Hours(2));
  worker->RunOnce();
  EXPECT_THAT(store_.Products(), ElementsAre("products/due@1"));
  EXPECT_EQ(store_.EventCount(), 1);
}

}  // namespace
}  // namespace crm
