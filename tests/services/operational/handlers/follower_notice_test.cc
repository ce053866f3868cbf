#include "services/operational/handlers/follower_notice.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/follower.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "gmock/gmock.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::ServiceOnClock;
using ::testing::Each;
using ::testing::SizeIs;

class FollowerNotices : public ::testing::Test {
 protected:
  FollowerNotices() {
    service_.Must<v1::Lead, v1::CreateLeadRequest>(
        "CreateLead", "lead_id: 'ada' lead { display_name: 'Ada' }");
    // Who follows is told of what comes then.
    service_.Advance(absl::Seconds(1));
  }

  // Has user:ID follow the lead.
  std::string Follow(absl::string_view id) {
    return service_
        .Must<v1::Follower, v1::CreateFollowerRequest>(
            "CreateFollower", absl::StrCat("follower { resource: 'leads/ada' "
                                           "owner: 'user:",
                                           id, "' }"))
        .name();
  }

  // Changes the lead, as user:ada.
  void Change(absl::string_view company) {
    service_.Must<v1::Lead, v1::UpdateLeadRequest>(
        "UpdateLead",
        absl::StrCat("lead { name: 'leads/ada' company: '", company, "' }"));
  }

  v1::Follower Get(const std::string& name) {
    return service_.Must<v1::Follower, v1::GetFollowerRequest>(
        "GetFollower", absl::StrCat("name: '", name, "'"));
  }

  // How often the follower was told: its events but the first.
  int64_t ToldOf(const std::string& name) {
    return service_.EventsOf(name) - 1;
  }

  ServiceOnClock service_;
};

TEST_F(FollowerNotices, OP_23_EachChangeIsToldOnceToEachFollower) {
  const std::string bob = Follow("bob");
  const std::string cleo = Follow("cleo");
  Change("Analytical");
  service_.Settle();
  const std::string first = Get(bob).told_change().event_id();
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(Get(cleo).told_change().event_id(), first);

  Change("Engines");
  service_.Settle();

  EXPECT_NE(Get(bob).told_change().event_id(), first);
  EXPECT_EQ(ToldOf(cleo), 2);
}

TEST_F(FollowerNotices, OP_23_HisOwnChangesAreNotTold) {
  const std::string own = Follow("ada");
  Change("Analytical");
  service_.Settle();

  EXPECT_EQ(ToldOf(own), 0);
}

TEST_F(FollowerNotices, OP_23_WhoFollowsNoMoreIsNotTold) {
  const std::string bob = Follow("bob");
  const std::string cleo = Follow("cleo");
  Change("Analytical");
  service_.Must<v1::Follower, v1::DeleteFollowerRequest>(
      "DeleteFollower", absl::StrCat("name: '", bob, "'"));
  service_.Settle();

  EXPECT_EQ(service_.EventsOf(bob), 2);
  EXPECT_EQ(ToldOf(cleo), 1);
}

TEST_F(FollowerNotices, OP_23_ManyAreToldInPartsWhichAnotherProcessGoesOnWith) {
  std::vector<std::string> followers;
  for (int i = 0; i < 2 * kToldAtOnce + 1; ++i) {
    followers.push_back(Follow(absl::StrCat("follower-", i)));
  }
  service_.Settle();
  Change("Analytical");
  service_.FollowEvents();

  // Each turn is one transaction.
  const auto told = [&] {
    int64_t count = 0;
    for (const std::string& name : followers) count += ToldOf(name);
    return count;
  };
  service_.FireTimers();
  EXPECT_EQ(told(), kToldAtOnce);
  service_.TakeOver();
  service_.FireTimers();
  EXPECT_EQ(told(), 2 * kToldAtOnce);
  service_.Settle();

  std::vector<int64_t> each;
  for (const std::string& name : followers) each.push_back(ToldOf(name));
  EXPECT_THAT(each, SizeIs(2 * kToldAtOnce + 1));
  EXPECT_THAT(each, Each(1));
}

}  // namespace
}  // namespace crm::operational
