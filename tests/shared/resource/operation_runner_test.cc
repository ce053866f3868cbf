#include "shared/resource/operation_runner.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "shared/resource/operation_table.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::SmallKernel;
using ::crm::testing::StatusIs;
using ::crm::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kSteps = 5;
constexpr OperationRunner::Options kOptions;

// A kind whose step N makes the product `step-N`, of `steps`. `between` is
// called in the reading half, with N.
OperationKind MakingProducts(
    std::function<absl::Status(int step)> between = nullptr,
    int steps = kSteps) {
  OperationKind kind;
  kind.step = [between = std::move(between),
               steps](const OperationStep& step) -> absl::StatusOr<StepCommit> {
    int number = 0;
    if (!step.progress.checkpoint.empty() &&
        !absl::SimpleAtoi(step.progress.checkpoint, &number)) {
      return Internal("BAD_CHECKPOINT", step.progress.checkpoint);
    }
    if (between) CRM_RETURN_IF_ERROR(between(number));
    return [number,
            steps](Transaction& transaction) -> absl::StatusOr<StepResult> {
      operational::v1::Product product;
      product.set_name(absl::StrCat("products/step-", number));
      product.set_display_name("Step");
      product.set_sku(absl::StrCat(number));
      transaction.Create(product);
      StepResult result;
      result.progress = {absl::StrCat(number + 1), number + 1, steps};
      if (number + 1 == steps) {
        auto response = std::make_unique<platform::v1::ExportResult>();
        response->set_resource_count(steps);
        result.response = std::move(response);
      }
      return result;
    };
  };
  return kind;
}

std::vector<std::string> StepsMade(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    names.push_back(absl::StrCat("products/step-", i, "@1"));
  }
  return names;
}

class OperationRunnerTest : public ::testing::Test {
 protected:
  OperationRunnerTest()
      : clock_(absl::FromUnixSeconds(1'700'000'000)),
        store_(folder_.File("small.db"), clock_) {}

  // A worker of another process would be just like it: it shares the store
  // only.
  std::unique_ptr<OperationRunner> Runner(OperationKind kind) {
    return std::make_unique<OperationRunner>(
        store_.kernel(), SmallKernel::Exports(std::move(kind)), metrics_,
        kOptions);
  }

  absl::Status ErrorOf(const std::string& name) {
    return FromRpcStatus(store_.Stored(name).record.error());
  }

  TempFolder folder_;
  FakeClock clock_;
  SmallKernel store_;
  MetricRegistry metrics_;
};

TEST_F(OperationRunnerTest, RunsAllStepsAndKeepsWhatTheyCameTo) {
  const OperationKind kind = MakingProducts();
  const std::string name = store_.StartExport(kind);
  const auto runner = Runner(kind);

  EXPECT_THAT(runner->RunOnce(), IsOkAndHolds(true));
  EXPECT_THAT(runner->RunOnce(), IsOkAndHolds(false));

  EXPECT_EQ(store_.Products(), StepsMade(kSteps));
  EXPECT_EQ(store_.EventCount(), kSteps);
  const StoredOperation stored = store_.Stored(name);
  EXPECT_TRUE(stored.done);
  EXPECT_EQ(stored.record.done_count(), kSteps);
  EXPECT_EQ(stored.record.total_count(), kSteps);
  platform::v1::ExportResult result;
  ASSERT_TRUE(result.ParseFromString(stored.record.response()));
  EXPECT_EQ(result.resource_count(), kSteps);
  EXPECT_EQ(stored.due_time, clock_.Now() + kOperationRetention);
}

TEST_F(OperationRunnerTest, LetsGoAfterItsSliceSoThatAllMoveOn) {
  // Each step takes as long as a slice.
  const OperationKind kind = MakingProducts(
      [this](int) {
        clock_.Advance(kOptions.slice);
        return absl::OkStatus();
      },
      2);
  const std::string first = store_.StartExport(kind);
  clock_.Advance(absl::Seconds(1));
  const std::string second = store_.StartExport(kind);
  const auto runner = Runner(kind);

  ASSERT_THAT(runner->RunOnce(), IsOkAndHolds(true));
  ASSERT_EQ(store_.Stored(first).record.done_count(), 1);
  clock_.Advance(absl::Seconds(1));
  // The second operation would make the same products again, so it fails: what
  // matters is that it had its turn before the first was done.
  ASSERT_THAT(runner->RunOnce(), IsOkAndHolds(true));

  EXPECT_TRUE(store_.Stored(second).done);
  EXPECT_FALSE(store_.Stored(first).done);
}

TEST_F(OperationRunnerTest, TellsInPercentHowFarItIsAfterEachStep) {
  // Each step takes as long as a slice.
  const OperationKind kind = MakingProducts([this](int) {
    clock_.Advance(kOptions.slice);
    return absl::OkStatus();
  });
  const std::string name = store_.StartExport(kind);
  const auto runner = Runner(kind);

  std::vector<int> percents;
  for (int step = 0; step <= kSteps; ++step) {
    platform::v1::OperationMetadata metadata;
    ASSERT_TRUE(ToOperation(store_.Stored(name), "export", "products")
                    .metadata()
                    .UnpackTo(&metadata));
    percents.push_back(metadata.progress_percent());
    clock_.Advance(absl::Seconds(1));
    ASSERT_THAT(runner->RunOnce(), IsOkAndHolds(step < kSteps));
  }

  EXPECT_THAT(percents, ElementsAre(0, 20, 40, 60, 80, 100));
}

TEST_F(OperationRunnerTest, GoesOnFromTheCheckpointWhenTheLeaseIsOver) {
  const OperationKind kind = MakingProducts();
  const std::string name = store_.StartExport(kind);
  // The first worker stops for good in the middle of step 2, without a word.
  const auto second = Runner(kind);
  std::optional<absl::StatusOr<bool>> early;
  std::optional<absl::StatusOr<bool>> late;
  const auto first = Runner(MakingProducts([&](int step) {
    if (step != 2) return absl::OkStatus();
    clock_.Advance(kOptions.lease - absl::Seconds(1));
    early = second->RunOnce();
    clock_.Advance(absl::Seconds(1));
    late = second->RunOnce();
    return absl::OkStatus();
  }));

  ASSERT_THAT(first->RunOnce(), IsOkAndHolds(true));

  // The second worker did the rest; what the first came back with was refused.
  EXPECT_THAT(*early, IsOkAndHolds(false));
  EXPECT_THAT(*late, IsOkAndHolds(true));
  EXPECT_EQ(store_.Products(), StepsMade(kSteps));
  EXPECT_EQ(store_.EventCount(), kSteps);
  EXPECT_TRUE(store_.Stored(name).done);
  EXPECT_EQ(store_.Stored(name).record.error().code(), 0);
}

TEST_F(OperationRunnerTest, SignsOfLifeKeepAnOperationThroughALongStep) {
  const OperationKind kind = MakingProducts();
  store_.StartExport(kind);
  const auto second = Runner(kind);
  std::vector<bool> stolen;
  std::unique_ptr<OperationRunner> first;
  first = Runner(MakingProducts([&](int step) {
    if (step != 0) return absl::OkStatus();
    for (int i = 0; i < 10; ++i) {
      clock_.Advance(kOptions.renew);
      first->RenewLeases();
      stolen.push_back(*second->RunOnce());
    }
    return absl::OkStatus();
  }));

  ASSERT_THAT(first->RunOnce(), IsOkAndHolds(true));

  EXPECT_THAT(stolen, ::testing::Each(false));
  // The step took longer than a slice, so the rest waits for the next one.
  EXPECT_EQ(store_.Products(), StepsMade(1));
}

TEST_F(OperationRunnerTest, CancelEndsItAtOnceAndKeepsWhatIsDone) {
  std::string name;
  const OperationKind kind = MakingProducts([&](int step) {
    return step == 3 ? store_.Cancel(name) : absl::OkStatus();
  });
  name = store_.StartExport(kind);

  ASSERT_THAT(Runner(kind)->RunOnce(), IsOkAndHolds(true));

  // Step 3 was under way: it has no effect.
  EXPECT_EQ(store_.Products(), StepsMade(3));
  EXPECT_TRUE(store_.Stored(name).done);
  EXPECT_THAT(ErrorOf(name),
              StatusIs(absl::StatusCode::kCancelled, "OPERATION_CANCELLED"));
  EXPECT_THAT(Runner(kind)->RunOnce(), IsOkAndHolds(false));
  // Cancelling what is done changes nothing.
  ASSERT_THAT(store_.Cancel(name), IsOk());
  EXPECT_EQ(store_.Stored(name).record.done_count(), 3);
}

TEST_F(OperationRunnerTest, TriesAgainWithGrowingWaitsWhatMayPass) {
  int failures = 3;
  const OperationKind kind = MakingProducts([&](int step) {
    if (step != 1 || failures == 0) return absl::OkStatus();
    --failures;
    return Unavailable("ELSEWHERE_AWAY", "Away.");
  });
  const std::string name = store_.StartExport(kind);
  const auto runner = Runner(kind);

  for (const absl::Duration wait :
       {absl::Seconds(1), absl::Seconds(2), absl::Seconds(4)}) {
    ASSERT_THAT(runner->RunOnce(), IsOkAndHolds(true));
    ASSERT_FALSE(store_.Stored(name).done);
    clock_.Advance(wait - absl::Milliseconds(1));
    EXPECT_THAT(runner->RunOnce(), IsOkAndHolds(false)) << wait;
    clock_.Advance(absl::Milliseconds(1));
  }
  ASSERT_THAT(runner->RunOnce(), IsOkAndHolds(true));

  EXPECT_EQ(store_.Products(), StepsMade(kSteps));
  EXPECT_TRUE(store_.Stored(name).done);
}

TEST_F(OperationRunnerTest, GivesUpAfterTheLastTry) {
  const OperationKind kind = MakingProducts(
      [](int) { return Unavailable("ELSEWHERE_AWAY", "Away."); });
  const std::string name = store_.StartExport(kind);
  const auto runner = Runner(kind);

  int tries = 0;
  while (!store_.Stored(name).done && tries < 100) {
    ASSERT_THAT(runner->RunOnce(), IsOkAndHolds(true));
    ++tries;
    clock_.Advance(kOptions.last_retry);
  }

  EXPECT_EQ(tries, kOptions.max_attempts);
  EXPECT_THAT(ErrorOf(name),
              StatusIs(absl::StatusCode::kUnavailable, "ELSEWHERE_AWAY"));
}

TEST_F(OperationRunnerTest, EndsWithAnErrorThatWillNotPass) {
  const OperationKind kind = MakingProducts([](int step) {
    return step < 2 ? absl::OkStatus()
                    : FailedPrecondition("NOT_LIKE_THIS", "No.", "products/x");
  });
  const std::string name = store_.StartExport(kind);

  ASSERT_THAT(Runner(kind)->RunOnce(), IsOkAndHolds(true));

  EXPECT_EQ(store_.Products(), StepsMade(2));
  EXPECT_TRUE(store_.Stored(name).done);
  EXPECT_THAT(ErrorOf(name),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_LIKE_THIS"));
}

TEST_F(OperationRunnerTest, AStepThatEndsItsProcessIsNotTriedForEver) {
  const OperationKind kind = MakingProducts();
  const std::string name = store_.StartExport(kind);
  // What a process leaves that dies in its step: an operation that is taken.
  for (int i = 0; i < kOptions.max_attempts; ++i) {
    ASSERT_THAT(
        store_.database().WriteAndWait(
            absl::InfiniteFuture(),
            [&](SqlWriter& writer) -> absl::Status {
              StoredOperation operation = store_.Stored(name);
              CRM_RETURN_IF_ERROR(TakeOperation(writer, operation));
              operation.record.set_attempts(operation.record.attempts() + 1);
              return SaveOperation(writer, operation);
            }),
        IsOk());
  }

  ASSERT_THAT(Runner(kind)->RunOnce(), IsOkAndHolds(true));

  EXPECT_THAT(store_.Products(), IsEmpty());
  EXPECT_THAT(ErrorOf(name),
              StatusIs(absl::StatusCode::kInternal, "OPERATION_STUCK"));
}

// The worker is killed, as by the kernel's out-of-memory killer, at each of the
// steps in turn; what is left is one effect a step.
TEST_F(OperationRunnerTest, EveryStepHasItsEffectOnceThroughKills) {
  constexpr int kManySteps = 8;
  const std::string path = folder_.File("killed.db");
  const SystemClock clock;
  OperationRunner::Options options;
  options.lease = absl::Milliseconds(50);
  std::string name;
  {
    SmallKernel store(path, clock);
    name = store.StartExport(MakingProducts(nullptr, kManySteps));
  }
  for (int doomed = 0; doomed < kManySteps; ++doomed) {
    const pid_t child = fork();
    ASSERT_NE(child, -1);
    if (child == 0) {
      SmallKernel store(path, clock);
      MetricRegistry metrics;
      const OperationKind kind = MakingProducts(
          [doomed](int step) {
            if (step == doomed) kill(getpid(), SIGKILL);
            return absl::OkStatus();
          },
          kManySteps);
      OperationRunner runner(store.kernel(), SmallKernel::Exports(kind),
                             metrics, options);
      while (runner.RunOnce().ok()) {
      }
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << doomed;
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
  }

  SmallKernel store(path, clock);
  ASSERT_FALSE(store.Stored(name).done);
  const OperationKind kind = MakingProducts(nullptr, kManySteps);
  OperationRunner runner(store.kernel(), SmallKernel::Exports(kind), metrics_,
                         options);
  while (!store.Stored(name).done) {
    ASSERT_THAT(runner.RunOnce(), IsOk());
  }

  EXPECT_EQ(store.Products(), StepsMade(kManySteps));
  EXPECT_EQ(store.EventCount(), kManySteps);
  EXPECT_EQ(store.Stored(name).record.error().code(), 0);
}

TEST_F(OperationRunnerTest, F31_AClockSetAheadStealsNoLease) {
  const OperationKind kind = MakingProducts();
  store_.StartExport(kind);
  const auto second = Runner(kind);
  absl::StatusOr<bool> stolen = true;
  const auto first = Runner(MakingProducts([&](int step) {
    if (step != 1) return absl::OkStatus();
    clock_.SetNow(clock_.Now() + absl::Hours(1));
    stolen = second->RunOnce();
    return absl::OkStatus();
  }));

  ASSERT_THAT(first->RunOnce(), IsOkAndHolds(true));

  EXPECT_THAT(stolen, IsOkAndHolds(false));
  EXPECT_EQ(store_.Products(), StepsMade(kSteps));
}

TEST_F(OperationRunnerTest, F31_AClockSetBackDelaysNoOperation) {
  const OperationKind kind = MakingProducts();
  const std::string name = store_.StartExport(kind);

  clock_.SetNow(clock_.Now() - absl::Hours(1));

  ASSERT_THAT(Runner(kind)->RunOnce(), IsOkAndHolds(true));
  EXPECT_TRUE(store_.Stored(name).done);
}

TEST_F(OperationRunnerTest, OperationsOfUnknownKindsAreLeftToOthers) {
  const OperationKind kind = MakingProducts();
  const std::string name = store_.StartExport(kind);
  OperationRunner older(store_.kernel(), {{"/x.Y/Z", kind}}, metrics_,
                        kOptions);

  EXPECT_THAT(older.RunOnce(), IsOkAndHolds(false));

  EXPECT_FALSE(store_.Stored(name).done);
}

TEST_F(OperationRunnerTest, WhatIsDoneIsForgottenWhenItsTimeIsOver) {
  const OperationKind kind = MakingProducts();
  const std::string done = store_.StartExport(kind);
  ASSERT_THAT(Runner(kind)->RunOnce(), IsOkAndHolds(true));
  const std::string waits = store_.StartExport(kind);
  const auto forget = [&]() -> absl::StatusOr<int64_t> {
    int64_t forgotten = 0;
    CRM_RETURN_IF_ERROR(store_.database().WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(forgotten,
                               ForgetOperations(writer, clock_.Now(), 10));
          return absl::OkStatus();
        }));
    return forgotten;
  };

  clock_.Advance(kOperationRetention - absl::Seconds(1));
  EXPECT_THAT(forget(), IsOkAndHolds(0));
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(forget(), IsOkAndHolds(1));

  EXPECT_FALSE(store_.Stored(waits).done);
}

}  // namespace
}  // namespace crm
