#include "shared/query/page_size.h"

#include <limits>

#include "gmock/gmock.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

TEST(ResolvePageSize, GivesTheDefaultForZeroAndAtMostTheMaximum) {
  EXPECT_THAT(ResolvePageSize(0), IsOkAndHolds(50));
  EXPECT_THAT(ResolvePageSize(1), IsOkAndHolds(1));
  EXPECT_THAT(ResolvePageSize(1000), IsOkAndHolds(1000));
  EXPECT_THAT(ResolvePageSize(1001), IsOkAndHolds(1000));
  EXPECT_THAT(ResolvePageSize(std::numeric_limits<int32_t>::max()),
              IsOkAndHolds(1000));
}

TEST(ResolvePageSize, RefusesNegativeSizes) {
  const absl::StatusOr<int32_t> size = ResolvePageSize(-1);

  EXPECT_THAT(size,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(size.status()),
              ElementsAre(Field(&FieldViolation::field, "page_size")));
}

}  // namespace
}  // namespace crm
