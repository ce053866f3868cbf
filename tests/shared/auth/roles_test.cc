#include "shared/auth/roles.h"

#include "absl/strings/str_cat.h"
#include "shared/auth/default_roles.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool Allows(const RoleTable& table, const std::string& role,
            absl::string_view permission) {
  return table.Allows(std::vector<std::string>{role}, permission);
}

RoleTable Parsed(absl::string_view text) {
  auto table = RoleTable::Parse(text);
  EXPECT_THAT(table, IsOk());
  return *std::move(table);
}

TEST(RoleTable, GrantsWhatItNamesAndNothingElse) {
  const RoleTable table = Parsed("rep: leads.get leads.list\n");

  EXPECT_TRUE(Allows(table, "rep", "leads.get"));
  EXPECT_TRUE(Allows(table, "rep", "leads.list"));
  EXPECT_FALSE(Allows(table, "rep", "leads.delete"));
  EXPECT_FALSE(Allows(table, "rep", "orders.get"));
  EXPECT_FALSE(Allows(table, "rep", "leads.getProfile"));
  EXPECT_FALSE(Allows(table, "rep", "leads.get.all"));
}

TEST(RoleTable, ReadsWildcards) {
  const RoleTable table = Parsed("a: leads.*\nb: *.get\nc: *\n");

  EXPECT_TRUE(Allows(table, "a", "leads.convert"));
  EXPECT_TRUE(Allows(table, "a", "leads.notes.list"));
  EXPECT_FALSE(Allows(table, "a", "leadsources.get"));
  EXPECT_TRUE(Allows(table, "b", "orders.get"));
  EXPECT_FALSE(Allows(table, "b", "orders.getProfile"));
  EXPECT_FALSE(Allows(table, "b", "orders.lines.get"));
  EXPECT_TRUE(Allows(table, "c", "orders.lines.get"));
}

TEST(RoleTable, ReadsAFilterThatSaysForWhichRows) {
  const RoleTable table = Parsed("a: views.get@where:sharing=SHARED\n");

  EXPECT_TRUE(Allows(table, "a", "views.get"));
  const RoleDefinition* role = table.Find("a");
  ASSERT_NE(role, nullptr);
  ASSERT_EQ(role->grants.size(), 1u);
  EXPECT_EQ(role->grants[0].scope, RowScope::kExpression);
  EXPECT_EQ(role->grants[0].expression, "sharing=SHARED");
  EXPECT_FALSE(
      table.AllowsEverywhere(std::vector<std::string>{"a"}, "views.get"));
}

TEST(RoleTable, AddsTheGrantsOfAllRoles) {
  const RoleTable table = Parsed("a: leads.get\nb: orders.get\n");
  const std::vector<std::string> both = {"a", "unknown", "b"};

  EXPECT_TRUE(table.Allows(both, "leads.get"));
  EXPECT_TRUE(table.Allows(both, "orders.get"));
  EXPECT_FALSE(table.Allows(both, "orders.list"));
}

TEST(RoleTable, DeniesByDefault) {
  const RoleTable table = Parsed("all: *\nnone:\n");

  EXPECT_FALSE(table.Allows({}, "leads.get"));
  EXPECT_FALSE(Allows(table, "none", "leads.get"));
  EXPECT_FALSE(Allows(table, "unknown", "leads.get"));
  EXPECT_FALSE(Allows(table, "", "leads.get"));
  // An empty or malformed permission is a method without one.
  for (const absl::string_view bad :
       {"", "*", ".", "leads", "leads.", ".get", "leads.*", "leads..get"}) {
    EXPECT_FALSE(Allows(table, "all", bad)) << bad;
  }
}

TEST(RoleTable, KeepsWhatIsInternalForSystem) {
  const RoleTable table =
      Parsed("all: *\nreader: *.read\nsystem: internal.* leads.get\n");

  EXPECT_TRUE(Allows(table, "system", "internal.feed.read"));
  EXPECT_TRUE(Allows(table, "system", "internal.read"));
  EXPECT_FALSE(Allows(table, "system", "leads.list"));
  EXPECT_FALSE(Allows(table, "all", "internal.feed.read"));
  EXPECT_FALSE(Allows(table, "reader", "internal.read"));
  EXPECT_TRUE(Allows(table, "all", "internals.read"));
}

TEST(RoleTable, ReadsCommentsAndLinesThatGoOn) {
  const RoleTable table = Parsed(
      "# Comment: not.role\n\nrep: leads.get # why\r\n  leads.list\n\n"
      "\torders.get\nother:\n  orders.list\n");

  EXPECT_THAT(table.RoleNames(), ElementsAre("other", "rep"));
  EXPECT_TRUE(Allows(table, "rep", "leads.list"));
  EXPECT_TRUE(Allows(table, "rep", "orders.get"));
  EXPECT_FALSE(Allows(table, "rep", "orders.list"));
  EXPECT_TRUE(Allows(table, "other", "orders.list"));
}

TEST(RoleTable, ReadsRowsAndFields) {
  const RoleTable table = Parsed(
      "rep: leads.get@team leads.update@own orders.get@customer\n"
      "  contacts.get@all hide:contacts.email read_only:leads.owner\n");
  const RoleDefinition& rep = *table.Find("rep");

  ASSERT_EQ(rep.grants.size(), 4u);
  EXPECT_EQ(rep.grants[0].scope, RowScope::kTeam);
  EXPECT_EQ(rep.grants[1].scope, RowScope::kOwn);
  EXPECT_EQ(rep.grants[2].scope, RowScope::kCustomer);
  EXPECT_EQ(rep.grants[3].scope, RowScope::kAll);
  EXPECT_THAT(rep.hidden_fields, ElementsAre("contacts.email"));
  EXPECT_THAT(rep.read_only_fields, ElementsAre("leads.owner"));
  EXPECT_TRUE(Allows(table, "rep", "leads.get"));
  EXPECT_FALSE(
      table.AllowsEverywhere(std::vector<std::string>{"rep"}, "leads.get"));
}

TEST(RoleTable, NamesTheLineThatIsWrong) {
  const struct {
    const char* text;
    const char* line;
  } cases[] = {
      {"rep: leads.get\nrep: leads.list\n", "Line 2"},
      {"  leads.get\n", "Line 1"},
      {"rep leads.get\n", "Line 1"},
      {"Rep: leads.get\n", "Line 1"},
      {": leads.get\n", "Line 1"},
      {"rep: leads\n", "Line 1"},
      {"rep: leads.\n", "Line 1"},
      {"rep: Leads.get\n", "Line 1"},
      {"rep: *.*\n", "Line 1"},
      {"rep: leads.get,leads.list\n", "Line 1"},
      {"rep: -leads.get\n", "Line 1"},
      {"rep:\n\n internal.feed.read\n", "Line 3"},
      {"rep: internal.*\n", "Line 1"},
      {"rep: leads.get@mine\n", "Line 1"},
      {"rep: leads.get@\n", "Line 1"},
      {"rep: hide:email\n", "Line 1"},
      {"rep: hide:contacts.\n", "Line 1"},
  };
  for (const auto& one : cases) {
    const auto table = RoleTable::Parse(one.text);
    EXPECT_THAT(table,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_ROLES"))
        << one.text;
    EXPECT_THAT(std::string(table.status().message()), HasSubstr(one.line));
  }
}

TEST(RoleTable, IsEmptyFromNothing) {
  EXPECT_THAT(Parsed("").RoleNames(), IsEmpty());
}

// What each role may do, written down apart from the table. Columns of the
// matrix are verbs of a collection: C create, R get and list, U update,
// D delete and undelete; the rest is listed by name.
class DefaultRolesTest : public ::testing::Test {
 protected:
  // Expects `role` to have exactly the standard verbs `letters` of each of
  // `collections`.
  void ExpectVerbs(const std::string& role,
                   const std::vector<std::string>& collections,
                   absl::string_view letters) {
    const std::pair<char, std::vector<std::string>> verbs[] = {
        {'C', {"create"}},
        {'R', {"get", "list"}},
        {'U', {"update"}},
        {'D', {"delete", "undelete"}}};
    for (const std::string& collection : collections) {
      for (const auto& [letter, names] : verbs) {
        for (const std::string& name : names) {
          const std::string permission = absl::StrCat(collection, ".", name);
          EXPECT_EQ(Allows(table_, role, permission),
                    letters.find(letter) != letters.npos)
              << role << " " << permission;
        }
      }
    }
  }

  // Expects exactly `roles` to have `permission`.
  void ExpectRoles(absl::string_view permission,
                   std::vector<std::string> roles) {
    std::vector<std::string> allowed;
    for (const std::string& role : table_.RoleNames()) {
      if (Allows(table_, role, permission)) allowed.push_back(role);
    }
    EXPECT_THAT(allowed, ::testing::UnorderedElementsAreArray(roles))
        << permission;
  }

  const RoleTable table_ = *RoleTable::Parse(DefaultRoles());
  const std::vector<std::string> records_ = {
      "accounts", "customers", "identifiers", "contacts", "leads"};
  const std::vector<std::string> deals_ = {"opportunities", "orders"};
  const std::vector<std::string> talks_ = {"conversations", "messages"};
  const std::vector<std::string> reports_ = {"rfmSnapshots",
                                             "portfolioAnalyses", "clvModels"};
};

TEST_F(DefaultRolesTest, NamesTheRoles) {
  EXPECT_THAT(
      table_.RoleNames(),
      ElementsAre("analyst", "auditor", "integration", "marketer", "partner",
                  "portal_customer", "privacy_officer", "sales_manager",
                  "sales_rep", "support_agent", "support_lead", "system",
                  "tenant_admin", "web_form"));
}

TEST_F(DefaultRolesTest, GrantsTheStandardVerbs) {
  const struct {
    const char* role;
    const char* records;
    const char* deals;
    const char* talks;
    const char* products;
    const char* reports;
  } rows[] = {
      {"tenant_admin", "CRUD", "CRUD", "CRUD", "CRUD", "CRUD"},
      {"sales_rep", "CRU", "CRU", "R", "R", "R"},
      {"sales_manager", "CRUD", "CRUD", "R", "CRUD", "R"},
      {"marketer", "R", "R", "", "R", "R"},
      {"support_agent", "RU", "R", "CRU", "R", ""},
      {"support_lead", "RU", "R", "CRUD", "R", "R"},
      {"integration", "CRU", "CRU", "CRU", "CRU", ""},
      {"auditor", "", "", "", "", ""},
      {"privacy_officer", "R", "", "", "", ""},
      {"system", "", "", "", "", ""},
  };
  for (const auto& row : rows) {
    ExpectVerbs(row.role, records_, row.records);
    ExpectVerbs(row.role, deals_, row.deals);
    ExpectVerbs(row.role, talks_, row.talks);
    ExpectVerbs(row.role, {"products"}, row.products);
    ExpectVerbs(row.role, reports_, row.reports);
  }
}

TEST_F(DefaultRolesTest, ShowsTheAnalystNoContactPointsAndNoBodies) {
  ExpectVerbs("analyst", {"customers", "identifiers", "contacts", "leads"}, "");
  ExpectVerbs("analyst", {"messages"}, "");
  ExpectVerbs(
      "analyst",
      {"accounts", "opportunities", "orders", "products", "conversations"},
      "R");
  ExpectVerbs("analyst", reports_, "CRUD");
}

TEST_F(DefaultRolesTest, GrantsTheOtherVerbs) {
  ExpectRoles("orders.confirm",
              {"integration", "sales_manager", "tenant_admin"});
  ExpectRoles("orders.submit",
              {"integration", "sales_manager", "sales_rep", "tenant_admin"});
  ExpectRoles("leads.convert",
              {"integration", "sales_manager", "sales_rep", "tenant_admin"});
  ExpectRoles("conversations.resolve",
              {"support_agent", "support_lead", "tenant_admin"});
  ExpectRoles("customers.getProfile",
              {"integration", "marketer", "privacy_officer", "sales_manager",
               "sales_rep", "support_agent", "support_lead", "tenant_admin"});
  ExpectRoles("changes.watch",
              {"integration", "sales_manager", "sales_rep", "support_agent",
               "support_lead", "tenant_admin"});
  ExpectRoles("users.disable", {"tenant_admin"});
  ExpectRoles("roles.create", {"tenant_admin"});
  ExpectRoles("roles.get", {"auditor", "tenant_admin"});
  ExpectRoles("access.explain", {"auditor", "tenant_admin"});
  ExpectRoles("portfolioAnalyses.analyze",
              {"analyst", "marketer", "sales_manager", "sales_rep",
               "support_lead", "tenant_admin"});
  ExpectRoles("auditEntries.list",
              {"auditor", "privacy_officer", "tenant_admin"});
  ExpectRoles("internal.feed.read", {"system"});
  ExpectRoles("internal.slices.read", {"system"});
}

}  // namespace
}  // namespace crm
