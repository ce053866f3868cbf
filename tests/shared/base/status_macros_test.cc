#include "shared/base/status_macros.h"

#include <memory>

#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;

absl::StatusOr<std::unique_ptr<int>> Boxed(int value) {
  if (value < 0) return InvalidArgument("NEGATIVE", "Negative.");
  return std::make_unique<int>(value);
}

absl::StatusOr<int> Sum(int a, int b) {
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, Boxed(a));
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<int> second, Boxed(b));
  return *first + *second;
}

absl::Status CountThenFail(int& count, bool fail) {
  CRM_RETURN_IF_ERROR(fail ? Internal("BROKEN", "Broken.") : absl::OkStatus());
  ++count;
  return absl::OkStatus();
}

TEST(AssignOrReturn, UnwrapsValuesThatCannotBeCopied) {
  EXPECT_THAT(Sum(2, 3), IsOkAndHolds(5));
}

TEST(AssignOrReturn, ReturnsTheErrorAsItIs) {
  EXPECT_THAT(Sum(2, -1),
              StatusIs(absl::StatusCode::kInvalidArgument, "NEGATIVE"));
}

TEST(ReturnIfError, GoesOnOnlyAfterOk) {
  int count = 0;

  EXPECT_TRUE(CountThenFail(count, false).ok());
  EXPECT_THAT(CountThenFail(count, true),
              StatusIs(absl::StatusCode::kInternal, "BROKEN"));

  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace crm
