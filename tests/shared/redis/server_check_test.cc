#include "shared/redis/server_check.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOkAndHolds;
using testing::PoolOptions;
using testing::RedisServer;
using testing::StatusIs;

TEST(CheckRedisServer, AcceptsAServerThatFitsItsRole) {
  SystemClock clock;
  RedisServer bus({"--maxmemory-policy", "noeviction"});
  RedisServer cache({"--maxmemory-policy", "allkeys-lfu"});
  RedisPool bus_pool(PoolOptions(bus), clock);
  RedisPool cache_pool(PoolOptions(cache), clock);

  EXPECT_THAT(CheckRedisServer(bus_pool, RedisRole::kBus),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(CheckRedisServer(cache_pool, RedisRole::kCache),
              IsOkAndHolds(IsEmpty()));
}

TEST(CheckRedisServer, RefusesABusThatEvicts) {
  SystemClock clock;
  RedisServer server({"--maxmemory-policy", "allkeys-lru"});
  RedisPool pool(PoolOptions(server), clock);

  EXPECT_THAT(CheckRedisServer(pool, RedisRole::kBus),
              StatusIs(absl::StatusCode::kFailedPrecondition, "REDIS_EVICTS"));
}

TEST(CheckRedisServer, WarnsWhereConfigIsForbidden) {
  SystemClock clock;
  RedisServer server;
  server.Run({"ACL", "SETUSER", "default", "-config"});
  RedisPool pool(PoolOptions(server), clock);

  EXPECT_THAT(CheckRedisServer(pool, RedisRole::kBus),
              IsOkAndHolds(ElementsAre(HasSubstr("maxmemory-policy"))));
}

}  // namespace
}  // namespace crm
