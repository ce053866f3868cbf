#include "shared/redis/script.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using testing::ClientOptions;
using ::testing::ElementsAre;
using testing::IsOkAndHolds;
using testing::RedisServer;
using testing::StatusIs;

constexpr absl::Duration kPatience = absl::Seconds(5);

class RedisScriptTest : public ::testing::Test {
 protected:
  RedisServer server_;
  SystemClock clock_;
  RedisClient redis_{ClientOptions(server_), clock_};
  const RedisScript script_{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};
};

TEST_F(RedisScriptTest, TeachesTheServerWhatItDoesNotKnow) {
  EXPECT_THAT(script_.Eval(redis_, {{"k"}, {"3"}}, kPatience),
              IsOkAndHolds(RedisReply{int64_t{3}}));

  server_.Run({"SCRIPT", "FLUSH"});

  EXPECT_THAT(script_.Eval(redis_, {{"k"}, {"4"}}, kPatience),
              IsOkAndHolds(RedisReply{int64_t{7}}));
}

TEST_F(RedisScriptTest, RunsManyInOrder) {
  EXPECT_THAT(
      script_.EvalMany(redis_, {{{"a"}, {"1"}}, {{"b"}, {"5"}}, {{"a"}, {"1"}}},
                       kPatience),
      IsOkAndHolds(ElementsAre(RedisReply{int64_t{1}}, RedisReply{int64_t{5}},
                               RedisReply{int64_t{2}})));
}

TEST_F(RedisScriptTest, ReturnsTheErrorOfARun) {
  server_.Run({"SET", "k", "text"});

  EXPECT_THAT(script_.Eval(redis_, {{"k"}, {"1"}}, kPatience),
              StatusIs(absl::StatusCode::kInternal, "REDIS_ERROR"));
}

}  // namespace
}  // namespace crm
