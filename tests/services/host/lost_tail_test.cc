// A service whose PostgreSQL server dies, and whose standby lacks the last of
// what was acknowledged and seen.

#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/host/store_commands.h"
#include "shared/base/errors.h"
#include "tests/services/host/replicas_fixture.h"
#include "tests/shared/events/stores.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm::testing {
namespace {

constexpr char kCustomer[] = "customers/first";

class LostTailTest : public ReplicasTest {
 protected:
  std::string BusAddress() const {
    return absl::StrCat(bus_.endpoint().host, ":", bus_.endpoint().port);
  }

  std::unique_ptr<ServiceHarness> StartOwner() {
    return std::make_unique<ServiceHarness>(
        authority_, "operational", operational::MakeOperational,
        [this](HostSettings& settings) {
          settings.database = EitherUri(primary_, *standby_, uri_);
          settings.redis_bus = BusAddress();
        });
  }

  // A service that follows `owner`; what it made of the events outlives it.
  std::unique_ptr<ServiceHarness> StartFollower(ServiceHarness& owner) {
    return std::make_unique<ServiceHarness>(
        authority_, "analytical",
        [this](const ServiceEnvironment&) {
          auto service = std::make_unique<Service>("analytical");
          service->follows = {
              {.producer = "operational", .applier = &effects_.applier()}};
          return service;
        },
        [this, &owner](HostSettings& settings) {
          settings.redis_bus = BusAddress();
          settings.addresses["operational"] =
              absl::StrCat("127.0.0.1:", owner.host().port());
        });
  }

  // Renames the customer, repeatedly for as long as the service may do so.
  void RenameTo(ServiceHarness& service, const std::string& name) {
    absl::StatusOr<operational::v1::Customer> renamed =
        absl::UnavailableError("not called yet");
    const absl::Time end = absl::Now() + kPatience;
    while (!renamed.ok() && absl::Now() < end) {
      renamed = Rename(service, kCustomer, name);
    }
    ASSERT_THAT(renamed, IsOk());
  }

  bool AwaitEffects(int64_t count) {
    return effects_.WaitUntil(
        [&] { return effects_.Effects()[kCustomer] == count; });
  }

  // Waits until a part of the relay has failed for `reason`.
  static bool AwaitStandstill(ServiceHarness& service,
                              absl::string_view reason) {
    const absl::Time end = absl::Now() + kPatience;
    while (absl::Now() < end) {
      const RelayStats stats = service.host().relay().Stats();
      if (stats.halted > 0 &&
          (ErrorReason(stats.numbering_status) == reason ||
           ErrorReason(stats.publishing_status) == reason)) {
        return true;
      }
      std::this_thread::yield();
    }
    return false;
  }

  static absl::Status BeginEpoch(const HostSettings& settings) {
    std::ostringstream out;
    return RunStoreCommand({StoreCommand::Kind::kNewEpoch}, settings,
                           SystemClock(), out);
  }

  RedisServer bus_;
  PostgresServer primary_;
  const std::string uri_ = primary_.Uri("lost tail");
  const std::unique_ptr<PostgresServer> standby_ = PostgresServer::StandbyOf(
      primary_, PostgresServer::Standby::kAsynchronous);
  EffectStore effects_;
};

TEST_F(LostTailTest, F35_StopsTheFeedUntilItsEpochIsRaisedAndFollowersRebuild) {
  auto owner = StartOwner();
  auto follower = StartFollower(*owner);
  ASSERT_THAT(Create(*owner, "first"), IsOk());
  for (int i = 0; i < 5; ++i) RenameTo(*owner, absl::StrCat("kept ", i));
  ASSERT_TRUE(AwaitEffects(6));

  // These are acknowledged, and seen, and on one server only.
  primary_.AwaitStandby();
  standby_->Stop();
  for (int i = 0; i < 5; ++i) RenameTo(*owner, absl::StrCat("lost ", i));
  ASSERT_TRUE(AwaitEffects(11));
  primary_.Kill();
  standby_->Start();
  standby_->Promote();

  // More than were lost, so that the end of the feed alone would tell nothing.
  for (int i = 0; i < 8; ++i) RenameTo(*owner, absl::StrCat("new ", i));
  EXPECT_TRUE(AwaitStandstill(*owner, "STORE_WENT_BACK"));
  // A process that did not see it itself finds it in the streams.
  follower.reset();
  owner->Restart();
  EXPECT_TRUE(AwaitStandstill(*owner, "STREAM_AHEAD"));
  EXPECT_TRUE(ReadFeed(*owner).empty()) << "events got the place of others";
  EXPECT_EQ(effects_.Effects()[kCustomer], 11);

  const HostSettings settings = owner->settings();
  EXPECT_THAT(BeginEpoch(settings),
              StatusIs(absl::StatusCode::kFailedPrecondition, "STORE_IN_USE"));
  owner.reset();
  ASSERT_THAT(BeginEpoch(settings), IsOk());
  owner = StartOwner();
  follower = StartFollower(*owner);

  EXPECT_TRUE(AwaitEffects(14));
  EXPECT_EQ(CheckFeed(*owner)[kCustomer], 14);
  EXPECT_EQ(effects_.ParkedCount(), 0);
}

}  // namespace
}  // namespace crm::testing
