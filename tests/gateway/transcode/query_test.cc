#include "gateway/transcode/query.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ParseQuery, KeepsOrderAndDecodes) {
  EXPECT_THAT(ParseQuery("a=1&b.c=x+y%3D&&a=2&flag"),
              IsOkAndHolds(ElementsAre(Pair("a", "1"), Pair("b.c", "x y="),
                                       Pair("a", "2"), Pair("flag", ""))));
  EXPECT_THAT(ParseQuery(""), IsOkAndHolds(IsEmpty()));
}

TEST(ParseQuery, RefusesMalformedOnes) {
  for (const char* query : {"=1", "a=%", "a=%zz", "%00=1", "a=%ff"}) {
    SCOPED_TRACE(query);
    EXPECT_THAT(ParseQuery(query),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_URL"));
  }
}

TEST(ParseQuery, HoldsItsLimits) {
  std::string most;
  for (size_t i = 0; i < kMaxQueryParameters; ++i) most += "a=1&";

  EXPECT_TRUE(ParseQuery(most).ok());
  EXPECT_FALSE(ParseQuery(most + "a=1").ok());
  EXPECT_FALSE(ParseQuery("a=" + std::string(kMaxQueryBytes, 'x')).ok());
}

}  // namespace
}  // namespace crm::gateway
