#include "shared/auth/directory.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr char kRoles[] =
    "rep: leads.get@team leads.update@own products.*\n"
    "viewer: leads.get hide:leads.email\n"
    "boss: *\n"
    "system: internal.*\n";

class DirectoryTest : public ::testing::Test {
 protected:
  // Users a, b, c, d; a and b in team `north`, of which `city` with c is a
  // part; d leads `city`.
  DirectoryTest() {
    for (const char* id : {"a", "b", "c", "d"}) AddUser(id, id);
    AddTeam("teams/north", "", "", {"users/a", "users/b"});
    AddTeam("teams/city", "teams/north", "users/d", {"users/c"});
  }

  void AddUser(const std::string& id, const std::string& subject) {
    DirectoryContent::User user;
    user.name = "users/" + id;
    user.subject = "user:" + subject;
    content_.users.push_back(std::move(user));
  }

  void AddTeam(const std::string& name, const std::string& parent,
               const std::string& manager, std::vector<std::string> members) {
    DirectoryContent::Team team;
    team.name = name;
    team.parent = parent;
    team.manager = manager;
    team.members = std::move(members);
    content_.teams.push_back(std::move(team));
  }

  absl::StatusOr<std::shared_ptr<const Caller>> Find(
      const std::string& subject, std::vector<std::string> roles = {}) {
    Directory directory(
        std::make_shared<const RoleTable>(*RoleTable::Parse(kRoles)), content_);
    return directory.Find(
        {.tenant = "acme", .subject = subject, .roles = std::move(roles)});
  }

  DirectoryContent content_;
};

TEST_F(DirectoryTest, TeamsReachDownNotUp) {
  EXPECT_THAT((*Find("user:a"))->identity().team_subjects,
              UnorderedElementsAre("user:a", "user:b", "user:c", "user:d"));
  EXPECT_THAT((*Find("user:c"))->identity().team_subjects,
              UnorderedElementsAre("user:c", "user:d"));
  EXPECT_THAT((*Find("user:d"))->identity().team_subjects,
              UnorderedElementsAre("user:c", "user:d"));
  EXPECT_THAT((*Find("user:nobody"))->identity().team_subjects,
              UnorderedElementsAre("user:nobody"));
}

TEST_F(DirectoryTest, CirclesOfTeamsEnd) {
  content_.teams[0].parent = "teams/city";
  EXPECT_THAT((*Find("user:c"))->identity().team_subjects,
              UnorderedElementsAre("user:a", "user:b", "user:c", "user:d"));
}

TEST_F(DirectoryTest, ACallerHasTheRolesOfTokenAndUser) {
  content_.users[0].roles = {"rep", "gone"};
  const auto caller = *Find("user:a", {"viewer", "unknown"});

  ASSERT_EQ(caller->roles().size(), 2u);
  EXPECT_EQ(caller->AccessTo("leads.get").grants.size(), 2u);
  EXPECT_FALSE(caller->AccessTo("leads.get").everything);
  EXPECT_TRUE(caller->AccessTo("products.update").everything);
  EXPECT_FALSE(caller->AccessTo("leads.delete").allowed());
}

TEST_F(DirectoryTest, AUserIsNotMadeAProcessOfTheSuite) {
  content_.users[0].roles = {"system"};
  EXPECT_FALSE((*Find("user:a"))->AccessTo("internal.feed.read").allowed());
}

TEST_F(DirectoryTest, DisabledUsersAreRefusedWhateverTheTokenSays) {
  content_.users[0].shut_out = true;
  EXPECT_THAT(Find("user:a", {"boss"}),
              StatusIs(absl::StatusCode::kPermissionDenied, "USER_DISABLED"));
  EXPECT_THAT(Find("user:b", {"boss"}), IsOk());
  // A live user of the subject counts before a deleted one.
  AddUser("e", "a");
  EXPECT_THAT(Find("user:a", {"boss"}), IsOk());
}

TEST_F(DirectoryTest, EndedSessionsStayEnded) {
  const absl::Time end = absl::FromUnixSeconds(1'000);
  content_.users[0].sessions_from = end;
  Directory directory(
      std::make_shared<const RoleTable>(*RoleTable::Parse(kRoles)), content_);
  const auto find = [&](absl::Time issued) {
    return directory.Find({.tenant = "acme",
                           .subject = "user:a",
                           .roles = {"boss"},
                           .issue_time = issued});
  };

  EXPECT_THAT(find(end), IsOk());
  EXPECT_THAT(find(end - absl::Seconds(1)),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED"));
  EXPECT_THAT(find(absl::InfinitePast()),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED"));
}

TEST_F(DirectoryTest, RevokedTokensAreRefused) {
  const absl::Time then = absl::FromUnixSeconds(1'000);
  content_.revocations = {
      {.subject = "user:a", .session_id = "", .time = then},
      {.subject = "", .session_id = "s1", .time = then},
      {.subject = "user:b", .session_id = "s2", .time = then}};
  Directory directory(
      std::make_shared<const RoleTable>(*RoleTable::Parse(kRoles)), content_);
  const auto find = [&](const std::string& subject, const std::string& session,
                        absl::Time issued) {
    return directory
        .Find({.tenant = "acme",
               .subject = subject,
               .roles = {"boss"},
               .session_id = session,
               .issue_time = issued})
        .status();
  };
  const absl::Time later = then + absl::Seconds(1);
  const auto revoked =
      StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED");

  // A subject's, until it signs in again; it needs no user.
  EXPECT_THAT(find("user:a", "", then), revoked);
  EXPECT_THAT(find("user:a", "s9", absl::InfinitePast()), revoked);
  EXPECT_THAT(find("user:a", "", later), IsOk());
  EXPECT_THAT(find("user:c", "", then), IsOk());
  // A session's, whoever is in it and whenever its tokens were issued.
  EXPECT_THAT(find("user:c", "s1", later), revoked);
  // A subject's in a session.
  EXPECT_THAT(find("user:b", "s2", later), revoked);
  EXPECT_THAT(find("user:c", "s2", later), IsOk());
  EXPECT_THAT(find("user:b", "s3", later), IsOk());
}

TEST_F(DirectoryTest, TenantRolesDoNotReplaceBuiltInOnes) {
  const std::pair<const char*, const char*> roles[] = {
      {"viewer", "*"}, {"mine", "orders.get"}, {"bad", "internal.*"}};
  for (const auto& [name, grant] : roles) {
    RoleDefinition role{.name = name};
    role.grants.push_back({grant, RowScope::kAll});
    content_.roles.push_back(std::move(role));
  }
  const auto caller = *Find("user:a", {"viewer", "mine", "bad"});

  EXPECT_FALSE(caller->AccessTo("orders.delete").allowed());
  EXPECT_TRUE(caller->AccessTo("orders.get").allowed());
  EXPECT_FALSE(caller->AccessTo("internal.feed.read").allowed());
}

TEST_F(DirectoryTest, NobodyHoldsMoreThanHeIsGranted) {
  const auto rep = *Find("user:a", {"rep"});
  const auto boss = *Find("user:a", {"boss"});

  EXPECT_TRUE(rep->Holds({"leads.get", RowScope::kOwn}));
  EXPECT_TRUE(rep->Holds({"leads.get", RowScope::kTeam}));
  EXPECT_FALSE(rep->Holds({"leads.get", RowScope::kAll}));
  EXPECT_FALSE(rep->Holds({"leads.get", RowScope::kExpression, "state = NEW"}));
  EXPECT_FALSE(rep->Holds({"leads.update", RowScope::kTeam}));
  EXPECT_FALSE(rep->Holds({"leads.*", RowScope::kOwn}));
  EXPECT_TRUE(rep->Holds({"products.delete", RowScope::kAll}));
  EXPECT_FALSE(rep->Holds({"*.delete", RowScope::kAll}));
  EXPECT_TRUE(boss->Holds({"*", RowScope::kAll}));
  EXPECT_TRUE(boss->Holds({"leads.*", RowScope::kExpression, "state = NEW"}));
  EXPECT_FALSE(boss->Holds({"internal.*", RowScope::kAll}));
}

TEST_F(DirectoryTest, HiddenFieldsAreThoseOfTheRoleThatGrants) {
  const Access access = (*Find("user:a", {"viewer"}))->AccessTo("leads.get");
  ASSERT_EQ(access.grants.size(), 1u);
  EXPECT_THAT(access.grants[0].hidden_fields, ElementsAre("email"));
  EXPECT_FALSE(access.everything);
}

TEST_F(DirectoryTest, CallersAreRemembered) {
  Directory directory(
      std::make_shared<const RoleTable>(*RoleTable::Parse(kRoles)), content_);
  const Principal a{.tenant = "acme", .subject = "user:a", .roles = {"rep"}};
  Principal other = a;
  other.roles = {"viewer"};
  Principal bound = a;
  bound.customer = "customers/x";

  EXPECT_EQ(*directory.Find(a), *directory.Find(a));
  EXPECT_NE(*directory.Find(a), *directory.Find(other));
  EXPECT_NE(*directory.Find(a), *directory.Find(bound));
}

}  // namespace
}  // namespace crm
