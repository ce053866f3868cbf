#include "shared/call/call.h"

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

TEST(FindMetadata, ReturnsTheFirstValue) {
  const Metadata metadata{{"a", "1"}, {"b", "2"}, {"b", "3"}};

  EXPECT_EQ(FindMetadata(metadata, "b"), "2");
  EXPECT_EQ(FindMetadata(metadata, "c"), "");
}

TEST(CallFilter, NeedNotSeeTheEnd) {
  class Passing final : public CallFilter {
   public:
    absl::Status Begin(Call&) override { return absl::OkStatus(); }
  };
  Passing filter;
  Call call;

  EXPECT_THAT(filter.Begin(call), testing::IsOk());
  filter.End(call, absl::OkStatus());
}

}  // namespace
}  // namespace crm
