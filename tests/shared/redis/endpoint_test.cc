#include "shared/redis/endpoint.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(ParseRedisEndpoint, ReadsHostAndPort) {
  const auto name = ParseRedisEndpoint("redis-cache:6401");
  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->host, "redis-cache");
  EXPECT_EQ(name->port, 6401);
  const auto literal = ParseRedisEndpoint("[::1]:6402");
  ASSERT_THAT(literal, IsOk());
  EXPECT_EQ(literal->host, "::1");
}

TEST(ParseRedisEndpoint, RefusesEverythingElse) {
  for (const char* text :
       {"", "host", ":1", "host:", "host:0", "host:65536", "host:x", "::1:2"}) {
    EXPECT_THAT(ParseRedisEndpoint(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "REDIS_ADDRESS"))
        << text;
  }
}

}  // namespace
}  // namespace crm
