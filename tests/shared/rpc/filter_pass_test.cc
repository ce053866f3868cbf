#include "shared/rpc/filter_pass.h"

#include <stdexcept>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

class ThrowingFilter final : public CallFilter {
 public:
  absl::Status Begin(Call&) override { throw std::runtime_error("bad luck"); }
  void End(const Call&, const absl::Status&) override { ++ends; }

  int ends = 0;
};

TEST(FilterPass, TurnsAnExceptionIntoAnError) {
  ThrowingFilter filter;
  const std::vector<CallFilter*> filters{&filter};
  FilterPass pass(filters);
  Call call;

  EXPECT_THAT(pass.Begin(call),
              StatusIs(absl::StatusCode::kInternal, "FILTER_EXCEPTION"));
  pass.End(call, absl::OkStatus());

  EXPECT_EQ(filter.ends, 1);
}

TEST(FilterPass, EndsOnlyWhatBegan) {
  ThrowingFilter filter;
  const std::vector<CallFilter*> filters{&filter};
  FilterPass pass(filters);

  pass.End(Call(), absl::OkStatus());

  EXPECT_EQ(filter.ends, 0);
}

}  // namespace
}  // namespace crm
