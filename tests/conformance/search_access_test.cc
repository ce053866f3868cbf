// What a caller finds by search: no more than he may read, and no sign of what
// he may not.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "crm/platform/v1/search.pb.h"
#include "tests/conformance/access_fixture.h"

namespace crm::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class SearchAccess : public AccessRows {
 protected:
  absl::StatusOr<platform::v1::SearchResponse> Search(
      const std::string& token, const platform::v1::SearchRequest& request) {
    return service_.client().Call<platform::v1::SearchResponse>(
        "crm.platform.v1.SearchService.Search", request, {.token = token});
  }

  // The names that a search finds among `types`, page by page. Each page but
  // the last is full.
  std::vector<std::string> Find(const std::string& token,
                                const std::string& query, int page_size = 50,
                                const std::vector<std::string>& types = {}) {
    platform::v1::SearchRequest request;
    request.set_query(query);
    request.mutable_resource_types()->Assign(types.begin(), types.end());
    request.set_page_size(page_size);
    std::vector<std::string> names;
    do {
      const auto page = Search(token, request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (const auto& result : page->results()) {
        names.push_back(result.name());
      }
      request.set_page_token(page->next_page_token());
      if (!request.page_token().empty()) {
        EXPECT_EQ(page->results_size(), page_size);
      }
      // A page that has another one after it tells that there is something.
      EXPECT_TRUE(page->next_page_token().empty() || page->results_size() > 0);
    } while (!request.page_token().empty());
    return names;
  }
};

TEST_F(SearchAccess, A18_ARepFindsWhatHerTeamOwns) {
  MakeLead("smith-hers", "user:ann");
  MakeLead("smith-mates", "user:ben");
  MakeLead("smith-far", "user:cid");

  EXPECT_THAT(Find(ann_, "smith", 50, {"crm/Lead"}),
              UnorderedElementsAre("leads/smith-hers", "leads/smith-mates"));
  EXPECT_THAT(Find(admin_, "smith"), Contains("leads/smith-far"));
}

TEST_F(SearchAccess, A18_PagesTellNothingOfOtherRows) {
  for (int i = 0; i < 24; ++i) {
    MakeLead(absl::StrCat("smith-", 10 + i),
             i % 6 == 5 ? "user:ann" : "user:cid");
  }
  // By SQL, and by a rule that only the rows themselves can tell.
  ASSERT_THAT(MakeRole(admin_, "scout",
                       "grants { permissions: 'resources.search' } "
                       "grants { permissions: 'leads.get' scope: EXPRESSION "
                       "expression: 'labels.mine = \"yes\"' }"),
              IsOk());
  for (const char* id : {"11", "19", "30", "33"}) {
    Must(Call<v1::Lead, v1::UpdateLeadRequest>(
        admin_, "LeadService.UpdateLead",
        absl::StrCat("lead { name: 'leads/smith-", id,
                     "' labels { key: 'mine' value: 'yes' } } "
                     "update_mask { paths: 'labels' }")));
  }
  const std::string scout = TokenOf("user:eve", "scout");

  for (const int size : {1, 2, 3, 4, 5}) {
    SCOPED_TRACE(size);
    EXPECT_THAT(Find(ann_, "smith", size, {"crm/Lead"}),
                ElementsAre("leads/smith-33", "leads/smith-27",
                            "leads/smith-21", "leads/smith-15"));
    EXPECT_THAT(Find(scout, "smith", size, {"crm/Lead"}),
                ElementsAre("leads/smith-33", "leads/smith-30",
                            "leads/smith-19", "leads/smith-11"));
  }
}

TEST_F(SearchAccess, A18_NestedRowsGoWithTheRowAbove) {
  for (const char* id : {"ann", "cid"}) {
    Must(Call<v1::Customer, v1::CreateCustomerRequest>(
        admin_, "CustomerService.CreateCustomer",
        absl::StrCat("customer { display_name: 'x' kind: PERSON owner: 'user:",
                     id, "' } customer_id: 'of-", id, "'")));
    Must(Call<v1::Identifier, v1::CreateIdentifierRequest>(
        admin_, "IdentifierService.CreateIdentifier",
        absl::StrCat("parent: 'customers/of-", id,
                     "' identifier { type: EMAIL value: '", id,
                     "@example.org' } identifier_id: 'mail'")));
  }

  EXPECT_THAT(Find(ann_, "example"),
              ElementsAre("customers/of-ann/identifiers/mail"));
}

TEST_F(SearchAccess, A18_HiddenFieldsAreNotSearched) {
  ASSERT_THAT(MakeRole(admin_, "blind",
                       "grants { permissions: 'leads.*' permissions: "
                       "'resources.search' } hidden_fields: 'leads.email' "
                       "hidden_fields: 'leads.display_name'"),
              IsOk());
  MakeLead("first", "user:cid",
           "email: 'smith@example.org' company: 'Smithson'");
  MakeLead("other", "user:cid", "email: 'smithy@example.org'");
  const std::string blind = TokenOf("user:ann", "blind");
  platform::v1::SearchRequest request;
  request.set_query("smith");
  request.add_resource_types("crm/Lead");

  const auto found = Search(blind, request);

  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->results_size(), 1);
  EXPECT_EQ(found->results(0).name(), "leads/first");
  EXPECT_EQ(found->results(0).title(), "Smithson");
  EXPECT_THAT(found->results(0).matched_fields(), ElementsAre("company"));
  EXPECT_THAT(Find(blind, "example"), IsEmpty());
  // Words of a field that is shown do not lend themselves to one that is not.
  EXPECT_THAT(Find(blind, "smithson example"), IsEmpty());
  request.set_filter("email = \"smith@example.org\"");
  EXPECT_THAT(Search(blind, request),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(SearchAccess, A18_ACustomersOwnCredentialFindsWhatIsHis) {
  for (const char* id : {"one", "two"}) {
    Must(Call<v1::Customer, v1::CreateCustomerRequest>(
        admin_, "CustomerService.CreateCustomer",
        absl::StrCat("customer { display_name: 'Smith ", id,
                     "' kind: PERSON } customer_id: '", id, "'")));
    MakeLead(absl::StrCat("smith-", id), "user:ann",
             absl::StrCat("customer: 'customers/", id, "'"));
  }
  const std::string portal = authority_.CustomerToken(
      "acme", "user:portal", {"tenant_admin"}, "customers/one");

  EXPECT_THAT(Find(portal, "smith"),
              UnorderedElementsAre("leads/smith-one", "customers/one"));
}

TEST_F(SearchAccess, A18_WhoMayNotSearchIsRefused) {
  ASSERT_THAT(MakeRole(admin_, "reader", "grants { permissions: 'leads.get' }"),
              IsOk());
  platform::v1::SearchRequest request;
  request.set_query("smith");

  EXPECT_THAT(
      Search(TokenOf("user:ann", "reader"), request),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

TEST_F(SearchAccess, A18_AFilterLeavesOutWhatItDoesNotMatch) {
  MakeLead("smith-a", "user:ann", "labels { key: 'tier' value: 'gold' }");
  MakeLead("smith-b", "user:ann", "labels { key: 'tier' value: 'tin' }");
  MakeLead("smith-c", "user:cid", "labels { key: 'tier' value: 'gold' }");
  platform::v1::SearchRequest request;
  request.set_query("smith");
  request.add_resource_types("crm/Lead");
  request.set_filter("labels.tier = gold");

  const auto found = Search(ann_, request);

  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->results_size(), 1);
  EXPECT_EQ(found->results(0).name(), "leads/smith-a");
}

}  // namespace
}  // namespace crm::testing
