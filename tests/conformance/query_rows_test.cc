// Rows of the capability list about asking: filters, search and fresh reads, as
// callers of the operational service see them.

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/platform/v1/search.pb.h"
#include "services/operational/app.h"
#include "shared/resource/search_filler.h"
#include "shared/resource/search_index.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class QueryRows : public ::testing::Test {
 protected:
  QueryRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> CallAs(const std::string& token,
                                  absl::string_view method,
                                  absl::string_view text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token});
  }

  // A call of ada's that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = CallAs<Response, Request>(token_, method, text);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  void MakeAccount(const std::string& token, absl::string_view id,
                   absl::string_view fields) {
    EXPECT_THAT(
        (CallAs<v1::Account, v1::CreateAccountRequest>(
            token, "AccountService.CreateAccount",
            absl::StrCat("account_id: '", id, "' account { display_name: '", id,
                         "' ", fields, " }"))),
        IsOk());
  }

  void MakeContact(const std::string& token, absl::string_view id,
                   absl::string_view fields) {
    EXPECT_THAT(
        (CallAs<v1::Contact, v1::CreateContactRequest>(
            token, "ContactService.CreateContact",
            absl::StrCat("contact_id: '", id, "' contact { display_name: '", id,
                         "' ", fields, " }"))),
        IsOk());
  }

  // The ids of the contacts that ada gets by `filter`.
  std::vector<std::string> Contacts(absl::string_view filter) {
    v1::ListContactsRequest request;
    request.set_filter(std::string(filter));
    const auto response = service_.client().Call<v1::ListContactsResponse>(
        "crm.operational.v1.ContactService.ListContacts", request,
        {.token = token_});
    EXPECT_THAT(response, IsOk()) << filter;
    std::vector<std::string> ids;
    if (!response.ok()) return ids;
    for (const v1::Contact& contact : response->contacts()) {
      ids.push_back(contact.name().substr(contact.name().find('/') + 1));
    }
    return ids;
  }

  absl::StatusOr<platform::v1::SearchResponse> Search(
      const std::string& token, const platform::v1::SearchRequest& request,
      Metadata metadata = {}) {
    return service_.client().Call<platform::v1::SearchResponse>(
        "crm.platform.v1.SearchService.Search", request,
        {.token = token, .metadata = std::move(metadata)});
  }

  // The names that a search for `query` finds.
  std::vector<std::string> Find(const std::string& token,
                                const std::string& query) {
    platform::v1::SearchRequest request;
    request.set_query(query);
    const auto response = Search(token, request);
    EXPECT_THAT(response, IsOk()) << query;
    std::vector<std::string> names;
    if (!response.ok()) return names;
    for (const auto& result : response->results()) {
      names.push_back(result.name());
    }
    return names;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(QueryRows, A16_PAIN_10_ListsByFieldsOfAReferencedResource) {
  MakeAccount(token_, "shop",
              "industry: 'Retail' website: 'https://shop.example'");
  MakeAccount(token_, "mill", "industry: 'Textiles'");
  MakeContact(token_, "ada", "account: 'accounts/shop'");
  MakeContact(token_, "bob", "account: 'accounts/mill'");
  MakeContact(token_, "cyd", "");

  EXPECT_THAT(Contacts("account.industry = \"Retail\""), ElementsAre("ada"));
  // What has no account has no industry, so it differs from any.
  EXPECT_THAT(Contacts("account.industry != \"Retail\""),
              ElementsAre("bob", "cyd"));
  // No column holds the website: messages are asked.
  EXPECT_THAT(Contacts("account.website:* AND display_name = a*"),
              ElementsAre("ada"));
}

TEST_F(QueryRows, A16_ADeletedResourceHasNoFields) {
  MakeAccount(token_, "shop",
              "industry: 'Retail' website: 'https://shop.example'");
  MakeContact(token_, "ada", "account: 'accounts/shop'");

  Must<v1::Account, v1::DeleteAccountRequest>("AccountService.DeleteAccount",
                                              "name: 'accounts/shop'");

  EXPECT_THAT(Contacts("account.industry = \"Retail\""), IsEmpty());
  EXPECT_THAT(Contacts("account.website:*"), IsEmpty());
}

TEST_F(QueryRows, A16_AnotherTenantsResourceIsNotReached) {
  const std::string other = authority_.Token("rival", "user:eve", {"everyone"});
  MakeAccount(other, "shop",
              "industry: 'Retail' website: 'https://shop.example'");
  MakeAccount(token_, "shop", "industry: 'Textiles'");
  MakeContact(token_, "ada", "account: 'accounts/shop'");

  EXPECT_THAT(Contacts("account.industry = \"Retail\""), IsEmpty());
  EXPECT_THAT(Contacts("account.website:*"), IsEmpty());
}

TEST_F(QueryRows, A16_WhoMayNotReadAResourceMayNotAskForItsFields) {
  // Analysts read orders, but see no contact points, hence no customers.
  const std::string analyst = authority_.Token("acme", "user:ann", {"analyst"});

  EXPECT_THAT(
      (CallAs<v1::ListOrdersResponse, v1::ListOrdersRequest>(
          analyst, "OrderService.ListOrders",
          "filter: 'customer.primary_email = \"ada@example.org\"'")),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_THAT((CallAs<v1::ListOrdersResponse, v1::ListOrdersRequest>(
                  analyst, "OrderService.ListOrders",
                  "filter: 'account.industry = \"Retail\"'")),
              IsOk());
}

TEST_F(QueryRows, A16_RefusesToOrderByAReferencedField) {
  const auto refused =
      CallAs<v1::ListContactsResponse, v1::ListContactsRequest>(
          token_, "ContactService.ListContacts",
          "order_by: 'account.industry'");

  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(QueryRows, A18_FindsResourcesOfAllTypesTheNewestFirst) {
  MakeAccount(token_, "smithy", "legal_name: 'Blacksmith & Sons'");
  MakeContact(token_, "ada", "family_name: 'SMITH' email: 'ada@example.org'");
  MakeContact(token_, "bob", "family_name: 'Jones'");

  platform::v1::SearchRequest request;
  request.set_query("Smith");
  const auto found = Search(token_, request);

  ASSERT_THAT(found, IsOk());
  // The account brought its customer along, who has its name.
  ASSERT_GE(found->results_size(), 3);
  EXPECT_EQ(found->results(0).name(), "contacts/ada");
  EXPECT_EQ(found->results(0).resource_type(), "crm/Contact");
  EXPECT_EQ(found->results(0).title(), "ada");
  EXPECT_THAT(found->results(0).matched_fields(), ElementsAre("family_name"));
  EXPECT_TRUE(found->results(0).has_create_time());
  std::vector<std::string> names;
  for (const auto& result : found->results()) names.push_back(result.name());
  EXPECT_THAT(names, Contains("accounts/smithy"));
  EXPECT_THAT(names, Not(Contains("contacts/bob")));
}

TEST_F(QueryRows, A18_FindsWhateverTheWordsWereWrittenWith) {
  MakeContact(token_, "ada", "family_name: 'M\u00FCller'");
  // The first letter is Cyrillic.
  MakeContact(token_, "bob", "family_name: '\u0421opa'");

  EXPECT_THAT(Find(token_, "muller"), Contains("contacts/ada"));
  EXPECT_THAT(Find(token_, "MU\u0308LLER"), Contains("contacts/ada"));
  EXPECT_THAT(Find(token_, "copa"), Contains("contacts/bob"));
}

TEST_F(QueryRows, A18_NarrowsByTypeAndFilter) {
  MakeAccount(token_, "smith", "industry: 'Retail'");
  MakeAccount(token_, "smithson", "industry: 'Textiles'");
  MakeContact(token_, "ada", "family_name: 'Smith'");
  platform::v1::SearchRequest request;
  request.set_query("smith");
  request.add_resource_types("crm/Account");
  request.set_filter("industry = Retail");

  const auto found = Search(token_, request);

  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->results_size(), 1);
  EXPECT_EQ(found->results(0).name(), "accounts/smith");
  request.add_resource_types("crm/Contact");
  EXPECT_THAT(Search(token_, request),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(QueryRows, A18_PagesWithoutGapsAndRepeats) {
  std::vector<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    const std::string id = absl::StrCat("smith-", i);
    MakeContact(token_, id, "");
    expected.insert(expected.begin(), absl::StrCat("contacts/", id));
  }
  platform::v1::SearchRequest request;
  request.set_query("smith");
  request.add_resource_types("crm/Contact");
  request.set_page_size(7);
  std::vector<std::string> names;

  do {
    const auto page = Search(token_, request);
    ASSERT_THAT(page, IsOk());
    for (const auto& result : page->results()) names.push_back(result.name());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());

  EXPECT_EQ(names, expected);
}

TEST_F(QueryRows, A18_RefusesQueriesWithoutAWord) {
  for (const char* query : {"", "  ", "ab", "a b", "\u00E9\u00E9"}) {
    platform::v1::SearchRequest request;
    request.set_query(query);
    EXPECT_THAT(Search(token_, request),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"))
        << query;
  }
}

TEST_F(QueryRows, A18_ShowsNothingThatTheCallerMayNotRead) {
  MakeContact(token_, "smith", "");
  MakeAccount(token_, "smithy", "");
  const std::string rival = authority_.Token("rival", "user:eve", {"everyone"});
  const std::string analyst = authority_.Token("acme", "user:ann", {"analyst"});

  EXPECT_THAT(Find(rival, "smith"), IsEmpty());
  EXPECT_THAT(Find(analyst, "smith"), ElementsAre("accounts/smithy"));
}

TEST_F(QueryRows, A18_FollowsUpdatesDeletesAndUndeletes) {
  MakeContact(token_, "ada", "family_name: 'Smith'");

  Must<v1::Contact, v1::UpdateContactRequest>(
      "ContactService.UpdateContact",
      "contact { name: 'contacts/ada' family_name: 'Jones' } "
      "update_mask { paths: 'family_name' }");
  EXPECT_THAT(Find(token_, "smith"), IsEmpty());
  EXPECT_THAT(Find(token_, "jones"), ElementsAre("contacts/ada"));

  Must<v1::Contact, v1::DeleteContactRequest>("ContactService.DeleteContact",
                                              "name: 'contacts/ada'");
  EXPECT_THAT(Find(token_, "jones"), IsEmpty());

  Must<v1::Contact, v1::UndeleteContactRequest>(
      "ContactService.UndeleteContact", "name: 'contacts/ada'");
  EXPECT_THAT(Find(token_, "jones"), ElementsAre("contacts/ada"));
}

TEST_F(QueryRows, A18_TakesInWhatWasStoredBefore) {
  constexpr int kBatch = 3;
  MakeContact(token_, "first-smith", "");
  for (int i = 0; i < 2 * kBatch; ++i) {
    MakeContact(token_, absl::StrCat("c", i), "");
  }
  MakeContact(token_, "other-smith", "");
  // As a store looks that an older program wrote.
  Database& database = service_.host().database();
  ASSERT_THAT(
      database.WriteAndWait(
          absl::InfiniteFuture(),
          [](SqlWriter& writer) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                const SqlRows rows,
                writer.Query("SELECT tenant, name FROM search_documents", {}));
            for (const SqlRow& row : rows) {
              CRM_RETURN_IF_ERROR(writer.RemoveText(
                  SearchDocuments(), std::get<std::string>(row[0]),
                  std::get<std::string>(row[1])));
            }
            return writer.Post("DELETE FROM search_progress", {});
          }),
      IsOk());
  platform::v1::SearchRequest request;
  request.set_query("smith");
  request.add_resource_types("crm/Contact");
  const auto before = Search(token_, request);
  const SystemClock clock;

  // Each step by a filler of its own, as after a kill.
  int steps = 0;
  bool more = true;
  while (more && ++steps < 1'000) {
    SearchFiller filler(database,
                        service_.host().service().application.catalog(), clock,
                        {.batch = kBatch});
    ASSERT_THAT(filler.Load(), IsOk());
    const auto step = filler.Step();
    ASSERT_THAT(step, IsOk());
    more = *step;
  }
  const auto after = Search(token_, request);

  ASSERT_THAT(before, IsOk());
  EXPECT_THAT(before->results(), IsEmpty());
  EXPECT_THAT(before->incomplete_types(), ElementsAre("crm/Contact"));
  ASSERT_THAT(after, IsOk());
  ASSERT_EQ(after->results_size(), 2);
  EXPECT_EQ(after->results(0).name(), "contacts/other-smith");
  EXPECT_EQ(after->results(1).name(), "contacts/first-smith");
  EXPECT_THAT(after->incomplete_types(), IsEmpty());
  EXPECT_GE(steps, 3);
}

TEST_F(QueryRows, A18_AStartGoesOnTakingIn) {
  MakeContact(token_, "first-smith", "");
  ASSERT_THAT(service_.host().database().WriteAndWait(
                  absl::InfiniteFuture(),
                  [](SqlWriter& writer) -> absl::Status {
                    CRM_RETURN_IF_ERROR(writer.RemoveText(
                        SearchDocuments(), "acme", "contacts/first-smith"));
                    return writer.Post("DELETE FROM search_progress", {});
                  }),
              IsOk());
  platform::v1::SearchRequest request;
  request.set_query("smith");
  request.add_resource_types("crm/Contact");

  service_.Restart();
  auto found = Search(token_, request);
  while (found.ok() && found->incomplete_types_size() > 0) {
    std::this_thread::yield();
    found = Search(token_, request);
  }

  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->results_size(), 1);
  EXPECT_EQ(found->results(0).name(), "contacts/first-smith");
}

TEST_F(QueryRows, A19_ASearchFindsWhatWasJustAnswered) {
  for (int i = 0; i < 50; ++i) {
    const std::string id = absl::StrCat("unseen", i);
    MakeContact(token_, id, "");

    EXPECT_THAT(Find(token_, id), Contains(absl::StrCat("contacts/", id)));
  }
}

TEST_F(QueryRows, E03_ReadsWithATokenAreNeverOlderThanIt) {
  v1::CreateContactRequest create;
  create.set_contact_id("ada");
  create.mutable_contact()->set_display_name("Ada Smith");
  const ApiAnswer made = service_.client().Call(
      ApiClient::MethodOf("crm.operational.v1.ContactService.CreateContact"),
      create, {.token = token_});
  const std::string consistency(FindMetadata(made.headers, "crm-token"));
  ASSERT_FALSE(consistency.empty());
  const ApiOptions fresh = {.token = token_,
                            .metadata = {{"crm-token", consistency}}};

  v1::GetContactRequest get;
  get.set_name("contacts/ada");
  EXPECT_THAT(service_.client().Call<v1::Contact>(
                  "crm.operational.v1.ContactService.GetContact", get, fresh),
              IsOk());
  const auto list = service_.client().Call<v1::ListContactsResponse>(
      "crm.operational.v1.ContactService.ListContacts",
      v1::ListContactsRequest(), fresh);
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->contacts_size(), 1);
  platform::v1::SearchRequest search;
  search.set_query("smith");
  const auto found = Search(token_, search, fresh.metadata);
  ASSERT_THAT(found, IsOk());
  EXPECT_GE(found->results_size(), 1);

  // A token that nobody gave is no promise to keep.
  EXPECT_THAT(Search(token_, search, {{"crm-token", consistency + "x"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "CONSISTENCY_TOKEN_INVALID"));
}

}  // namespace
}  // namespace crm::testing
