// Rows of the capability list on leads, as callers of the operational service
// see them.

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/account_contact.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/subscription.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::HasSubstr;

class LeadRows : public ::testing::Test {
 protected:
  LeadRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"sales_manager"})) {
    Must<v1::Lead, v1::CreateLeadRequest>(
        "LeadService.CreateLead",
        "lead_id: 'ada' lead { display_name: 'Ada' company: 'Acme' "
        "email: 'ada@acme.example' }");
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token_});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  v1::ConvertLeadResponse Convert(absl::string_view more = "") {
    Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead",
                                           "name: 'leads/ada'");
    return Must<v1::ConvertLeadResponse, v1::ConvertLeadRequest>(
        "LeadService.ConvertLead",
        absl::StrCat("name: 'leads/ada' opportunity_display_name: 'Chairs' ",
                     more));
  }

  absl::StatusOr<v1::Lead> Undo() {
    return Call<v1::Lead, v1::UndoLeadConversionRequest>(
        "LeadService.UndoLeadConversion", "name: 'leads/ada'");
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(LeadRows, B01_ALeadIsGivenUpAndTakenUpAgain) {
  EXPECT_THAT((Call<v1::Lead, v1::DisqualifyLeadRequest>(
                  "LeadService.DisqualifyLead", "name: 'leads/ada'")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  const auto given_up = Must<v1::Lead, v1::DisqualifyLeadRequest>(
      "LeadService.DisqualifyLead",
      "name: 'leads/ada' disqualify_reason: 'no budget'");
  EXPECT_EQ(given_up.state(), v1::Lead::DISQUALIFIED);
  EXPECT_EQ(given_up.disqualify_reason(), "no budget");

  const auto qualified = Call<v1::Lead, v1::QualifyLeadRequest>(
      "LeadService.QualifyLead", "name: 'leads/ada'");
  EXPECT_THAT(qualified, StatusIs(absl::StatusCode::kFailedPrecondition,
                                  "ILLEGAL_TRANSITION"));
  EXPECT_THAT(std::string(qualified.status().message()), HasSubstr("recycle"));

  const auto again = Must<v1::Lead, v1::RecycleLeadRequest>(
      "LeadService.RecycleLead", "name: 'leads/ada'");
  EXPECT_EQ(again.state(), v1::Lead::NEW);
  EXPECT_EQ(again.recycle_count(), 1);
}

TEST_F(LeadRows, B04_AConversionIsPreviewedWithoutBeingMade) {
  const auto preview = Convert("validate_only: true");

  EXPECT_EQ(preview.lead().state(), v1::Lead::CONVERTED);
  EXPECT_EQ((Must<v1::ListAccountsResponse, v1::ListAccountsRequest>(
                 "AccountService.ListAccounts", ""))
                .accounts_size(),
            0);
  EXPECT_EQ((Must<v1::Lead, v1::GetLeadRequest>("LeadService.GetLead",
                                                "name: 'leads/ada'"))
                .state(),
            v1::Lead::QUALIFIED);
}

TEST_F(LeadRows, B04_AConversionIsTakenBackAndMadeAgain) {
  const auto made = Convert();

  const auto undone = Undo();

  ASSERT_THAT(undone, IsOk());
  EXPECT_EQ(undone->state(), v1::Lead::QUALIFIED);
  EXPECT_EQ(undone->converted_account(), "");
  EXPECT_EQ((Must<v1::ListAccountsResponse, v1::ListAccountsRequest>(
                 "AccountService.ListAccounts", ""))
                .accounts_size(),
            0);
  EXPECT_TRUE((Must<v1::Opportunity, v1::GetOpportunityRequest>(
                   "OpportunityService.GetOpportunity",
                   absl::StrCat("name: '", made.opportunity(), "'")))
                  .has_delete_time());
  const auto again = Must<v1::ConvertLeadResponse, v1::ConvertLeadRequest>(
      "LeadService.ConvertLead", "name: 'leads/ada'");
  EXPECT_NE(again.account(), made.account());
}

TEST_F(LeadRows, B04_AConversionThatWasBuiltUponStays) {
  const auto made = Convert();
  Must<v1::Contact, v1::CreateContactRequest>(
      "ContactService.CreateContact",
      absl::StrCat("contact_id: 'bob' contact { display_name: 'Bob' account: '",
                   made.account(), "' }"));

  EXPECT_THAT(Undo(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               "CONVERSION_USED"));

  Must<v1::Contact, v1::DeleteContactRequest>("ContactService.DeleteContact",
                                              "name: 'contacts/bob'");
  Must<v1::Account, v1::UpdateAccountRequest>(
      "AccountService.UpdateAccount",
      absl::StrCat("account { name: '", made.account(),
                   "' display_name: 'Other' }"));
  EXPECT_THAT(Undo(), StatusIs(absl::StatusCode::kFailedPrecondition,
                               "CONVERSION_USED"));
  EXPECT_FALSE((Must<v1::Opportunity, v1::GetOpportunityRequest>(
                    "OpportunityService.GetOpportunity",
                    absl::StrCat("name: '", made.opportunity(), "'")))
                   .has_delete_time());
}

TEST_F(LeadRows, B04_WhatRefersToWhatWasMadeKeepsTheConversion) {
  const auto made = Convert();
  Must<v1::Contact, v1::CreateContactRequest>(
      "ContactService.CreateContact",
      "contact_id: 'bob' contact { display_name: 'Bob' }");
  const auto refused = [&](absl::string_view what) {
    EXPECT_THAT(Undo(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                 "CONVERSION_USED"))
        << what;
  };

  const auto employed =
      Must<v1::AccountContact, v1::CreateAccountContactRequest>(
          "AccountContactService.CreateAccountContact",
          absl::StrCat("account_contact { account: '", made.account(),
                       "' contact: 'contacts/bob' role: DECISION_MAKER }"));
  refused("a role in the account");
  Must<v1::AccountContact, v1::DeleteAccountContactRequest>(
      "AccountContactService.DeleteAccountContact",
      absl::StrCat("name: '", employed.name(), "'"));
  const auto paid = Must<v1::Subscription, v1::CreateSubscriptionRequest>(
      "SubscriptionService.CreateSubscription",
      absl::StrCat("subscription { display_name: 'Chairs' customer: '",
                   made.lead().customer(), "' account: '", made.account(),
                   "' interval: MONTH amount { currency_code: 'EUR' units: 9 "
                   "} start_date { year: 2025 month: 1 day: 1 } }"));
  refused("a subscription of the account");
  Must<v1::Subscription, v1::UpdateSubscriptionRequest>(
      "SubscriptionService.UpdateSubscription",
      absl::StrCat("subscription { name: '", paid.name(),
                   "' } update_mask { paths: 'account' }"));
  EXPECT_THAT(Undo(), IsOk());
}

TEST_F(LeadRows, B03_AConversionMakesAllOfOneCustomerOnce) {
  Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead",
                                         "name: 'leads/ada'");
  const std::string request =
      "name: 'leads/ada' opportunity_display_name: 'Chairs' request_id: "
      "'7d3b9d1e-2f4a-4c56-8a7e-0b1c2d3e4f50'";
  const auto convert = [&](const std::string& text) {
    return Call<v1::ConvertLeadResponse, v1::ConvertLeadRequest>(
        "LeadService.ConvertLead", text);
  };

  const auto made = convert(request);
  const auto repeated = convert(request);

  ASSERT_THAT(made, IsOk());
  ASSERT_THAT(repeated, IsOk());
  EXPECT_THAT(*repeated, EqualsProto(made->ShortDebugString()));
  EXPECT_THAT(
      convert("name: 'leads/ada'"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
  const auto account = Must<v1::Account, v1::GetAccountRequest>(
      "AccountService.GetAccount",
      absl::StrCat("name: '", made->account(), "'"));
  const auto contact = Must<v1::Contact, v1::GetContactRequest>(
      "ContactService.GetContact",
      absl::StrCat("name: '", made->contact(), "'"));
  const auto opportunity = Must<v1::Opportunity, v1::GetOpportunityRequest>(
      "OpportunityService.GetOpportunity",
      absl::StrCat("name: '", made->opportunity(), "'"));
  const std::string& customer = made->lead().customer();
  EXPECT_NE(customer, "");
  EXPECT_EQ(account.display_name(), "Acme");
  EXPECT_EQ(account.customer(), customer);
  EXPECT_EQ(contact.display_name(), "Ada");
  EXPECT_EQ(contact.account(), account.name());
  EXPECT_EQ(contact.customer(), customer);
  EXPECT_EQ(opportunity.display_name(), "Chairs");
  EXPECT_EQ(opportunity.account(), account.name());
  EXPECT_EQ(opportunity.contact(), contact.name());
  EXPECT_EQ(opportunity.customer(), customer);
  EXPECT_EQ((Must<v1::ListAccountsResponse, v1::ListAccountsRequest>(
                 "AccountService.ListAccounts", ""))
                .accounts_size(),
            1);
  EXPECT_EQ((Must<v1::ListContactsResponse, v1::ListContactsRequest>(
                 "ContactService.ListContacts", ""))
                .contacts_size(),
            1);
  EXPECT_EQ((Must<v1::ListOpportunitiesResponse, v1::ListOpportunitiesRequest>(
                 "OpportunityService.ListOpportunities", ""))
                .opportunities_size(),
            1);
}

}  // namespace
}  // namespace crm::testing
