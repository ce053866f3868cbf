#include "shared/redis/reply.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(RedisReply, F08_NamesWhatAnErrorMeans) {
  struct Case {
    const char* text;
    absl::StatusCode code;
    const char* reason;
  };
  const Case cases[] = {
      {"LOADING Redis is loading", absl::StatusCode::kUnavailable,
       "REDIS_NOT_SERVING"},
      {"READONLY You can't write", absl::StatusCode::kUnavailable,
       "REDIS_NOT_SERVING"},
      {"MOVED 3999 127.0.0.1:6381", absl::StatusCode::kUnavailable,
       "REDIS_NOT_SERVING"},
      {"OOM command not allowed", absl::StatusCode::kResourceExhausted,
       "REDIS_FULL"},
      {"NOSCRIPT No matching script", absl::StatusCode::kNotFound,
       "REDIS_NO_SCRIPT"},
      {"NOPERM no permissions", absl::StatusCode::kFailedPrecondition,
       "REDIS_REFUSED"},
      {"WRONGTYPE Operation against", absl::StatusCode::kInternal,
       "REDIS_ERROR"},
      {"", absl::StatusCode::kInternal, "REDIS_ERROR"},
  };
  for (const Case& c : cases) {
    const RedisReply reply = {RedisError{c.text}};
    EXPECT_THAT(reply.status(), StatusIs(c.code, c.reason)) << c.text;
  }
}

TEST(RedisReply, IsNoErrorOtherwise) {
  EXPECT_THAT(RedisReply{}.status(), IsOk());
  EXPECT_THAT(RedisReply{RedisString{"OOM"}}.status(), IsOk());
}

TEST(RedisReply, AccessorsReturnNullForOtherTypes) {
  const RedisReply integer = {int64_t{7}};

  EXPECT_EQ(*integer.integer(), 7);
  EXPECT_EQ(integer.text(), nullptr);
  EXPECT_EQ(integer.array(), nullptr);
  EXPECT_FALSE(integer.is_nil());
}

}  // namespace
}  // namespace crm
