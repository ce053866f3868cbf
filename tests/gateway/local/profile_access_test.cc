#include "gateway/local/profile_access.h"

#include "gtest/gtest.h"
#include "shared/auth/default_roles.h"

namespace crm::gateway {
namespace {

class ProfileAccessTest : public ::testing::Test {
 protected:
  static Principal With(const std::string& role) {
    return {.tenant = "acme", .subject = "user:ada", .roles = {role}};
  }

  FakeClock clock_{absl::FromUnixSeconds(1'500'000'000)};
  const RoleTable roles_ = *RoleTable::Parse(DefaultRoles());
  ProfileAccess access_{roles_, clock_};
};

TEST_F(ProfileAccessTest, AnOwnersWordIsTakenForMoments) {
  EXPECT_FALSE(access_.Admitted(With("sales_manager")));
  access_.Admit(With("sales_manager"));
  EXPECT_TRUE(access_.Admitted(With("sales_manager")));
  clock_.Advance(kAdmissionTime);
  EXPECT_FALSE(access_.Admitted(With("sales_manager")));
}

TEST_F(ProfileAccessTest, OwnersAreAskedEachTimeForThoseWhoseReadsAreAudited) {
  for (const char* role : {"tenant_admin", "auditor", "privacy_officer"}) {
    access_.Admit(With(role));
    EXPECT_FALSE(access_.Admitted(With(role))) << role;
  }

  ProfileAccess all(roles_, clock_, /*all_audited=*/true);
  all.Admit(With("sales_manager"));
  EXPECT_FALSE(all.Admitted(With("sales_manager")));
}

}  // namespace
}  // namespace crm::gateway
