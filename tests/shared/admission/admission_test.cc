#include "shared/admission/admission.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "shared/admission/admission_timer.h"
#include "shared/admission/refusals.h"
#include "tests/shared/admission/admission_fixture.h"
#include "tests/shared/admission/test_calls.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::Decision;
using ::crm::testing::IsOk;
using ::crm::testing::MakeCall;
using ::crm::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::StatusCode kUnavailable = absl::StatusCode::kUnavailable;

class AdmissionTest : public crm::testing::AdmissionFixture {};

TEST_F(AdmissionTest, EachClassUsesItsPartOfTheLimit) {
  struct Case {
    const char* criticality;
    int admitted;
  };
  for (const Case& row :
       {Case{"SHEDDABLE", 5}, Case{"SHEDDABLE_PLUS", 7}, Case{"CRITICAL", 9},
        Case{"", 9}, Case{"CRITICAL_PLUS", 10}, Case{"NO_SUCH_CLASS", 9}}) {
    Admission::Options options = Ten();
    options.may_be_critical_plus = MayBeCriticalPlus;
    Start(options);

    EXPECT_EQ(LetIn(12, {.criticality = row.criticality}), row.admitted)
        << row.criticality;
    admission_.reset();
  }
}

TEST_F(AdmissionTest, ACallThatWaitsIsLetInWhenAnotherEnds) {
  Start();
  ASSERT_EQ(LetIn(9, {}), 9);
  Decision& waiting = Enter();
  EXPECT_FALSE(waiting.made());

  Leave(0);

  EXPECT_EQ(waiting.times(), 1);
  EXPECT_THAT(waiting.status(), IsOk());
  EXPECT_TRUE(waiting.waited());
  EXPECT_EQ(admission_->GetStats().in_flight, 9);
}

TEST_F(AdmissionTest, ACallWaitsForFiftyMilliseconds) {
  Start();
  LetIn(9, {});
  Decision& waiting = Enter();
  EXPECT_EQ(admission_->Expire(), absl::Milliseconds(50));

  clock_.Advance(absl::Milliseconds(50) - absl::Nanoseconds(1));
  admission_->Expire();
  EXPECT_FALSE(waiting.made());
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(admission_->Expire(), absl::InfiniteDuration());

  EXPECT_THAT(waiting.status(), StatusIs(kUnavailable, "OVERLOADED"));
}

TEST_F(AdmissionTest, ACallWaitsForATenthOfItsTime) {
  Start();
  LetIn(9, {});
  Decision& waiting = Enter({.timeout = absl::Milliseconds(100)});

  clock_.Advance(absl::Milliseconds(10));
  admission_->Expire();

  EXPECT_THAT(waiting.status(), StatusIs(kUnavailable, "OVERLOADED"));
}

TEST_F(AdmissionTest, NoMoreWaitThanTheLimit) {
  Start();
  LetIn(9, {});
  std::vector<Decision*> waiting;
  for (int i = 0; i < 10; ++i) waiting.push_back(&Enter());
  for (Decision* decision : waiting) EXPECT_FALSE(decision->made());

  Decision& newest = Enter();

  EXPECT_FALSE(newest.made());
  EXPECT_THAT(waiting[0]->status(), StatusIs(kUnavailable, "OVERLOADED"));
  EXPECT_EQ(admission_->GetStats().waiting, 10);
}

TEST_F(AdmissionTest, TheNewestGoesFirstOnceTheLineWasFull) {
  Start();
  LetIn(9, {});
  Decision& oldest = Enter();
  Decision& second = Enter();
  Leave(0);
  EXPECT_TRUE(oldest.made());
  for (int i = 0; i < 9; ++i) Enter();
  EXPECT_FALSE(second.made());

  Decision& newest = Enter();
  Leave(1);

  EXPECT_THAT(newest.status(), IsOk());
  // The line had become too long.
  EXPECT_THAT(second.status(), StatusIs(kUnavailable, "OVERLOADED"));
}

TEST_F(AdmissionTest, WhatMattersMoreGoesFirstAndIsDroppedLast) {
  Start();
  LetIn(9, {});
  Decision& sheddable = Enter({.criticality = "SHEDDABLE"});
  Decision& critical = Enter();
  Leave(0);
  EXPECT_TRUE(critical.made());
  EXPECT_FALSE(sheddable.made());

  LetIn(10, {});

  EXPECT_THAT(sheddable.status(), StatusIs(kUnavailable, "OVERLOADED"));
}

TEST_F(AdmissionTest, NoTenantHasMoreThanHalfWhileAnotherWaits) {
  Start();
  ASSERT_EQ(LetIn(9, {.tenant = "greedy"}), 9);
  LetIn(5, {.tenant = "greedy"});
  std::vector<Decision*> modest;
  for (int i = 0; i < 4; ++i) modest.push_back(&Enter({.tenant = "modest"}));

  for (size_t i = 0; i < 4; ++i) Leave(i);

  for (Decision* decision : modest) EXPECT_THAT(decision->status(), IsOk());
  // With nobody else waiting, the greedy one gets more than half again.
  Leave(4);
  Leave(14);
  EXPECT_EQ(admission_->GetStats().in_flight, 9);
  EXPECT_EQ(admission_->GetStats().waiting, 3);
}

TEST_F(AdmissionTest, TheTenantThatFillsTheLineIsRefused) {
  Start();
  LetIn(9, {.tenant = "greedy"});
  Decision& modest = Enter({.tenant = "modest"});
  LetIn(20, {.tenant = "greedy"});
  EXPECT_FALSE(modest.made());

  Leave(0);

  EXPECT_THAT(modest.status(), IsOk());
}

TEST_F(AdmissionTest, AHeavierTenantGetsMore) {
  Admission::Options options = Ten();
  options.weights = {{"heavy", 3}};
  Start(options);
  ASSERT_EQ(LetIn(9, {.tenant = "other"}), 9);
  std::vector<Decision*> heavy;
  for (int i = 0; i < 5; ++i) {
    heavy.push_back(&Enter({.tenant = "heavy"}));
    Enter({.tenant = "light"});
  }

  for (size_t i = 0; i < 4; ++i) Leave(i);

  int admitted = 0;
  for (const Decision* decision : heavy) admitted += decision->made() ? 1 : 0;
  EXPECT_EQ(admitted, 3);
}

TEST_F(AdmissionTest, RatesAreOfACallerAndAGroup) {
  Admission::Options options = Ten();
  options.limit = {};
  options.rates = *ParseRates("interactive=1/s:2,search=1/s:1");
  Start(options);
  EXPECT_EQ(LetIn(2, {}), 2);

  const absl::Status refused = Enter().status();

  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kResourceExhausted, "RATE_LIMITED"));
  EXPECT_TRUE(refused.GetPayload("type.googleapis.com/google.rpc.QuotaFailure")
                  .has_value());
  EXPECT_TRUE(refused.GetPayload("type.googleapis.com/google.rpc.RetryInfo")
                  .has_value());
  EXPECT_THAT(Enter({.subject = "user:bob"}).status(), IsOk());
  EXPECT_THAT(Enter({.tenant = "other"}).status(), IsOk());
  EXPECT_THAT(Enter({.method = "SearchThings"}).status(), IsOk());
  EXPECT_THAT(Enter({.method = "ExportThings"}).status(), IsOk());
  EXPECT_THAT(Enter({.system = true}).status(), IsOk());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Enter().status(), IsOk());
}

TEST_F(AdmissionTest, ACallThatWouldBeLateIsRefusedBeforeAnyWork) {
  Start();
  for (int i = 0; i < 40; ++i) {
    Enter();
    clock_.Advance(absl::Milliseconds(30));
    Leave(i);
  }

  EXPECT_THAT(
      Enter({.timeout = absl::Milliseconds(29)}).status(),
      StatusIs(absl::StatusCode::kDeadlineExceeded, "DEADLINE_TOO_SHORT"));
  EXPECT_THAT(Enter({.timeout = absl::Milliseconds(30)}).status(), IsOk());
  // Nothing is known of other methods.
  EXPECT_THAT(
      Enter({.timeout = absl::Milliseconds(29), .method = "SearchThings"})
          .status(),
      IsOk());
  // Some are tried all the same.
  int tried = 0;
  for (int i = 0; i < 16; ++i) {
    tried += Enter({.timeout = absl::Milliseconds(29)}).status().ok() ? 1 : 0;
  }
  EXPECT_EQ(tried, 1);
}

TEST_F(AdmissionTest, ScarceMemoryIsKeptForWhatMatters) {
  double used = 0.79;
  Admission::Options options = Ten();
  options.may_be_critical_plus = MayBeCriticalPlus;
  options.memory = [&used](absl::Duration) { return used; };
  Start(options);
  const auto admitted = [&] {
    std::string names;
    for (const char* name :
         {"SHEDDABLE", "SHEDDABLE_PLUS", "CRITICAL", "CRITICAL_PLUS"}) {
      if (Enter({.criticality = name}).status().ok()) {
        names += name + std::string(" ");
        Leave(calls_.size() - 1);
      }
    }
    return names;
  };

  EXPECT_EQ(admitted(), "SHEDDABLE SHEDDABLE_PLUS CRITICAL CRITICAL_PLUS ");
  used = 0.8;
  EXPECT_EQ(admitted(), "CRITICAL CRITICAL_PLUS ");
  used = 0.89;
  EXPECT_EQ(admitted(), "CRITICAL CRITICAL_PLUS ");
  used = 0.9;
  EXPECT_EQ(admitted(), "CRITICAL_PLUS ");
  EXPECT_THAT(Enter().status(), StatusIs(kUnavailable, "OVERLOADED"));
}

TEST_F(AdmissionTest, CountsWhatItDoes) {
  Start();
  LetIn(10, {});
  clock_.Advance(absl::Milliseconds(50));
  admission_->Expire();

  const std::string text = metrics_.Expose();

  EXPECT_THAT(text, HasSubstr("crm_admission_limit_calls 10"));
  EXPECT_THAT(text, HasSubstr("crm_admission_in_flight_calls 9"));
  EXPECT_THAT(text, HasSubstr("crm_admission_waiting_calls 0"));
  EXPECT_THAT(text,
              HasSubstr("crm_admission_admitted_total{class=\"CRITICAL\"} 9"));
  EXPECT_THAT(text, HasSubstr("crm_admission_refused_total{class=\"CRITICAL\","
                              "reason=\"OVERLOADED\"} 1"));
}

TEST(RetryAfter, GrowsWithTheLoadWithinItsBounds) {
  EXPECT_GE(RetryAfter(0, 100, 0), kMinRetryAfter);
  EXPECT_LT(RetryAfter(10, 100, 3), RetryAfter(900, 100, 3));
  EXPECT_EQ(RetryAfter(1e6, 0, 3), kMaxRetryAfter);
  EXPECT_NE(RetryAfter(100, 100, 3), RetryAfter(100, 100, 4));
}

// Everything at once, for the thread sanitizer: no call is lost, none is told
// twice, and all places are given back.
TEST(AdmissionThreads, TellEveryCallOnce) {
  SystemClock clock;
  MetricRegistry metrics;
  Admission::Options options;
  options.limit = {.start = 8, .min = 8, .max = 16};
  options.max_wait = absl::Milliseconds(2);
  Admission admission(options, clock, metrics);
  std::atomic<int> told{0};
  {
    const AdmissionTimer timer(admission);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        std::vector<std::shared_ptr<Call>> inside;
        std::mutex mutex;
        for (int i = 0; i < 500; ++i) {
          auto call =
              MakeCall(clock, {.tenant = thread % 2 == 0 ? "one" : "two",
                               .criticality = i % 3 == 0 ? "SHEDDABLE" : ""});
          std::atomic<bool> decided{false};
          admission.Enter(call, [&](absl::Status status, bool) {
            if (status.ok()) {
              std::lock_guard lock(mutex);
              inside.push_back(call);
            }
            ++told;
            decided = true;
          });
          while (!decided) std::this_thread::yield();
          std::vector<std::shared_ptr<Call>> leaving;
          {
            std::lock_guard lock(mutex);
            if (inside.size() >= 4 || i == 499) leaving.swap(inside);
          }
          for (const auto& done : leaving) {
            admission.Leave(*done, absl::OkStatus());
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  EXPECT_EQ(told, 2000);
  const Admission::Stats stats = admission.GetStats();
  EXPECT_EQ(stats.in_flight, 0);
  EXPECT_EQ(stats.waiting, 0);
  EXPECT_EQ(stats.admitted + stats.refused, 2000u);
}

}  // namespace
}  // namespace crm
