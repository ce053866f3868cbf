#include "shared/resource/operation_waits.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/operations.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::SmallKernel;
using ::crm::testing::StatusIs;
using ::crm::testing::TempFolder;
using ::google::longrunning::Operation;

class OperationWaitsTest : public ::testing::Test {
 protected:
  using Answered = std::future<absl::StatusOr<Answer>>;

  OperationWaitsTest()
      : clock_(absl::FromUnixSeconds(1'700'000'000)),
        store_(folder_.File("small.db"), clock_),
        // So that nothing is looked at unless it is told of.
        waits_(std::make_unique<OperationWaits>(
            store_.database(), clock_,
            OperationWaits::Options{.check_interval = absl::Hours(1)})) {}

  // Has a call of `subject` wait for an hour. The future is of its answer, or
  // of why it does not wait.
  Answered Wait(const std::string& subject = "user:ada") {
    auto call =
        store_.CallOf("WaitOperation", platform::v1::WaitOperationRequest());
    call->context.principal.subject = subject;
    last_call_ = call;
    auto promise = std::make_shared<std::promise<absl::StatusOr<Answer>>>();
    const absl::Status waiting = waits_->Wait(
        std::move(call), clock_.Now() + absl::Hours(1),
        [this](SqlReader&) -> absl::StatusOr<Operation> {
          CRM_RETURN_IF_ERROR(error_);
          Operation operation;
          operation.set_name("operations/one");
          operation.set_done(done_);
          ++looks_;
          return operation;
        },
        [promise](absl::StatusOr<Answer> answer) {
          promise->set_value(std::move(answer));
        });
    if (!waiting.ok()) promise->set_value(waiting);
    return promise->get_future();
  }

  // Waits until the thread has looked at what waits once more.
  void AwaitLook() {
    const int before = looks_;
    waits_->Wake();
    while (looks_ == before) std::this_thread::yield();
  }

  static bool IsDone(Answered& answered) {
    const absl::StatusOr<Answer> answer = answered.get();
    EXPECT_THAT(answer, IsOk());
    Operation operation;
    EXPECT_TRUE(operation.ParseFromString(answer->bytes));
    EXPECT_EQ(operation.name(), "operations/one");
    return operation.done();
  }

  static bool IsAnswered(const Answered& answered) {
    return answered.wait_for(std::chrono::seconds(0)) ==
           std::future_status::ready;
  }

  TempFolder folder_;
  FakeClock clock_;
  SmallKernel store_;
  std::atomic<bool> done_{false};
  std::atomic<int> looks_{0};
  absl::Status error_;
  std::shared_ptr<Call> last_call_;
  std::unique_ptr<OperationWaits> waits_;
};

TEST_F(OperationWaitsTest, AnswersWhenTheOperationIsDone) {
  Answered answered = Wait();
  AwaitLook();
  EXPECT_FALSE(IsAnswered(answered));

  done_ = true;
  waits_->Wake();

  EXPECT_TRUE(IsDone(answered));
}

TEST_F(OperationWaitsTest, SeesByItselfWhatAnotherProcessHasDone) {
  waits_ = std::make_unique<OperationWaits>(
      store_.database(), clock_,
      OperationWaits::Options{.check_interval = absl::Milliseconds(1)});
  Answered answered = Wait();

  done_ = true;

  EXPECT_TRUE(IsDone(answered));
}

TEST_F(OperationWaitsTest, AnswersWithTheOperationAsItIsAtTheEnd) {
  Answered answered = Wait();
  clock_.Advance(absl::Hours(1) - absl::Microseconds(1));
  AwaitLook();
  EXPECT_FALSE(IsAnswered(answered));

  clock_.Advance(absl::Microseconds(1));
  waits_->Wake();

  EXPECT_FALSE(IsDone(answered));
}

TEST_F(OperationWaitsTest, AnswersWithAnErrorAtOnce) {
  error_ = NotFound("RESOURCE_NOT_FOUND", "There is none.");

  EXPECT_THAT(Wait().get(),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(OperationWaitsTest, LetsACallGoThatWasCancelled) {
  Answered answered = Wait();

  last_call_->cancelled = true;
  waits_->Wake();

  EXPECT_FALSE(IsDone(answered));
}

TEST_F(OperationWaitsTest, AnswersAllWhenItStopsAndLaterOnesAtOnce) {
  Answered before = Wait();

  waits_->Stop();
  Answered after = Wait();

  EXPECT_FALSE(IsDone(before));
  EXPECT_FALSE(IsDone(after));
}

TEST_F(OperationWaitsTest, HasALimitForEachCaller) {
  std::vector<Answered> waiting;
  for (int i = 0; i < kMaxWaitsPerPrincipal; ++i) waiting.push_back(Wait());

  EXPECT_THAT(Wait().get(),
              StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_WAITS"));
  Answered other = Wait("user:bob");
  AwaitLook();
  EXPECT_FALSE(IsAnswered(other));

  // Who was answered waits no more.
  done_ = true;
  waits_->Wake();
  for (Answered& answered : waiting) EXPECT_TRUE(IsDone(answered));
  EXPECT_TRUE(IsDone(other));
  waits_->Stop();
}

TEST_F(OperationWaitsTest, HasALimitForAll) {
  std::vector<Answered> waiting;
  for (int i = 0; i < kMaxWaits; ++i) {
    waiting.push_back(Wait(absl::StrCat("user:", i / kMaxWaitsPerPrincipal)));
  }

  EXPECT_THAT(Wait("user:late").get(),
              StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_WAITS"));

  waits_->Stop();
  for (Answered& answered : waiting) EXPECT_FALSE(IsDone(answered));
}

}  // namespace
}  // namespace crm
