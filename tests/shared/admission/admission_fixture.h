// An Admission on a clock of the test, and the calls that enter it.

#ifndef CRM_TESTS_SHARED_ADMISSION_ADMISSION_FIXTURE_H_
#define CRM_TESTS_SHARED_ADMISSION_ADMISSION_FIXTURE_H_

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "shared/admission/admission.h"
#include "tests/shared/admission/test_calls.h"

namespace crm::testing {

class AdmissionFixture : public ::testing::Test {
 protected:
  // Starts with `options`; ten calls may be in flight unless they say more.
  Admission& Start(Admission::Options options = Ten()) {
    admission_.emplace(std::move(options), clock_, metrics_);
    return *admission_;
  }

  static Admission::Options Ten() {
    Admission::Options options;
    options.limit = {.start = 10, .min = 10, .max = 10};
    return options;
  }

  static bool MayBeCriticalPlus(const Principal&) { return true; }

  // Enters a call; its decision stays where it is.
  Decision& Enter(const CallSpec& spec = {}) {
    calls_.push_back(MakeCall(clock_, spec));
    decisions_.emplace_back();
    admission_->Enter(calls_.back(), decisions_.back().Callback());
    return decisions_.back();
  }

  // Ends the call that was entered `nth`.
  void Leave(size_t nth) { admission_->Leave(*calls_[nth], absl::OkStatus()); }

  // Returns how many of `count` such calls are let in at once.
  int LetIn(int count, const CallSpec& spec) {
    int admitted = 0;
    for (int i = 0; i < count; ++i) admitted += Enter(spec).made() ? 1 : 0;
    return admitted;
  }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  MetricRegistry metrics_;
  std::optional<Admission> admission_;
  std::vector<std::shared_ptr<Call>> calls_;
  std::deque<Decision> decisions_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_ADMISSION_ADMISSION_FIXTURE_H_
