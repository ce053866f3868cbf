// Rows of the capability list about asking: filters, search and fresh reads, as
// callers of the operational service see them.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(QueryRows, A16_ListsByFieldsOfAReferencedResource) {
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

}  // namespace
}  // namespace crm::testing
