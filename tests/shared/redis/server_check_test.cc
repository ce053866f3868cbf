#include "shared/redis/server_check.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm {
namespace {

using testing::ClientOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOkAndHolds;
using testing::RedisServer;
using testing::StatusIs;

TEST(CheckRedisServer, AcceptsAServerThatFitsItsRole) {
  SystemClock clock;
  RedisServer bus({"--maxmemory-policy", "noeviction"});
  RedisServer cache({"--maxmemory-policy", "allkeys-lfu"});
  RedisClient bus_client(ClientOptions(bus), clock);
  RedisClient cache_client(ClientOptions(cache), clock);

  EXPECT_THAT(CheckRedisServer(bus_client, RedisRole::kBus),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(CheckRedisServer(cache_client, RedisRole::kCache),
              IsOkAndHolds(IsEmpty()));
}

TEST(CheckRedisServer, RefusesABusThatEvicts) {
  SystemClock clock;
  RedisServer server({"--maxmemory-policy", "allkeys-lru"});
  RedisClient client(ClientOptions(server), clock);

  EXPECT_THAT(CheckRedisServer(client, RedisRole::kBus),
              StatusIs(absl::StatusCode::kFailedPrecondition, "REDIS_EVICTS"));
}

TEST(CheckRedisServer, WarnsWhereConfigIsForbidden) {
  SystemClock clock;
  RedisServer server;
  server.Run({"ACL", "SETUSER", "default", "-config"});
  RedisClient client(ClientOptions(server), clock);

  EXPECT_THAT(CheckRedisServer(client, RedisRole::kBus),
              IsOkAndHolds(ElementsAre(HasSubstr("maxmemory-policy"))));
}

}  // namespace
}  // namespace crm
