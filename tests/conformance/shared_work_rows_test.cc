// Rows of the capability list on views, followers and what is to be known
// before a call, as callers of the operational service see them.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/call_brief.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/follower.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/view.pb.h"
#include "gmock/gmock.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;

class SharedWorkRows : public ::testing::Test {
 protected:
  SharedWorkRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"tenant_admin"})),
        rep_(authority_.Token("acme", "user:rep", {"sales_rep"})),
        other_(authority_.Token("acme", "user:other", {"sales_rep"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                absl::string_view token) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = std::string(token)});
  }

  // The same as the boss, for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text, token_);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  void CreateLead(absl::string_view id, absl::string_view owner) {
    Must<v1::Lead, v1::CreateLeadRequest>(
        "LeadService.CreateLead",
        absl::StrCat("lead_id: '", id, "' lead { display_name: '", id,
                     "' company: 'Acme' owner: '", owner, "' }"));
  }

  absl::StatusOr<std::vector<std::string>> Run(absl::string_view view,
                                               absl::string_view token) {
    const auto answer = Call<v1::RunViewResponse, v1::RunViewRequest>(
        "ViewService.RunView", absl::StrCat("name: 'views/", view, "'"), token);
    if (!answer.ok()) return answer.status();
    std::vector<std::string> names;
    for (const google::protobuf::Any& resource : answer->resources()) {
      v1::Lead lead;
      EXPECT_TRUE(resource.UnpackTo(&lead));
      names.push_back(lead.name());
    }
    return names;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
  const std::string rep_;
  const std::string other_;
};

TEST_F(SharedWorkRows, OP_23_AViewShowsWhatItsFilterShowsToTheCaller) {
  CreateLead("bb", "user:rep");
  CreateLead("aa", "user:rep");
  CreateLead("cc", "user:boss");
  Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead",
                                         "name: 'leads/aa'");
  Must<v1::View, v1::CreateViewRequest>(
      "ViewService.CreateView",
      "view_id: 'new' view { display_name: 'New' resource_type: 'crm/Lead' "
      "filter: 'state = NEW' order_by: 'name desc' sharing: SHARED }");

  EXPECT_THAT(Run("new", token_),
              IsOkAndHolds(ElementsAre("leads/cc", "leads/bb")));
  // Another caller sees what he may list.
  EXPECT_THAT(Run("new", rep_), IsOkAndHolds(ElementsAre("leads/bb")));
  const auto listed = Must<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      "LeadService.ListLeads", "filter: 'state = NEW' order_by: 'name desc'");
  ASSERT_EQ(listed.leads_size(), 2);
  EXPECT_EQ(listed.leads(0).name(), "leads/cc");
}

TEST_F(SharedWorkRows, OP_23_AViewShowsItsColumnsAlone) {
  CreateLead("aa", "user:boss");
  Must<v1::View, v1::CreateViewRequest>(
      "ViewService.CreateView",
      "view_id: 'narrow' view { display_name: 'N' resource_type: 'crm/Lead' "
      "columns: 'company' columns: 'createTime' }");

  const auto run = Must<v1::RunViewResponse, v1::RunViewRequest>(
      "ViewService.RunView", "name: 'views/narrow'");

  ASSERT_EQ(run.resources_size(), 1);
  v1::Lead lead;
  ASSERT_TRUE(run.resources(0).UnpackTo(&lead));
  EXPECT_TRUE(lead.has_create_time());
  lead.clear_create_time();
  EXPECT_THAT(lead, EqualsProto("name: 'leads/aa' company: 'Acme'"));
}

TEST_F(SharedWorkRows, OP_23_AViewThatCannotBeOrderedIsRefusedWhenItIsWritten) {
  EXPECT_THAT(
      (Call<v1::View, v1::CreateViewRequest>(
          "ViewService.CreateView",
          "view { display_name: 'N' resource_type: 'crm/Lead' order_by: 'moon' "
          "}",
          token_)),
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(SharedWorkRows, OP_23_AViewGoesOnFromPageToPage) {
  for (const char* id : {"aa", "bb", "cc"}) CreateLead(id, "user:boss");
  Must<v1::View, v1::CreateViewRequest>(
      "ViewService.CreateView",
      "view_id: 'all' view { display_name: 'All' resource_type: 'crm/Lead' }");

  const auto first = Must<v1::RunViewResponse, v1::RunViewRequest>(
      "ViewService.RunView", "name: 'views/all' page_size: 2");
  EXPECT_EQ(first.resources_size(), 2);
  const auto second = Must<v1::RunViewResponse, v1::RunViewRequest>(
      "ViewService.RunView",
      absl::StrCat("name: 'views/all' page_size: 2 page_token: '",
                   first.next_page_token(), "'"));
  EXPECT_EQ(second.resources_size(), 1);
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(SharedWorkRows, OP_23_APrivateViewIsItsOwnersAlone) {
  const auto create = [&](absl::string_view id, absl::string_view sharing) {
    EXPECT_THAT((Call<v1::View, v1::CreateViewRequest>(
                    "ViewService.CreateView",
                    absl::StrCat("view_id: '", id,
                                 "' view { display_name: 'Mine' resource_type: "
                                 "'crm/Lead' ",
                                 sharing, " }"),
                    rep_)),
                IsOk());
  };
  create("private", "");
  create("shared", "sharing: SHARED");

  EXPECT_THAT(Run("private", rep_), IsOk());
  EXPECT_THAT(Run("private", other_),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(Run("shared", other_), IsOk());
  // To see it is not to change it.
  EXPECT_THAT(
      (Call<v1::View, v1::UpdateViewRequest>(
          "ViewService.UpdateView",
          "view { name: 'views/shared' display_name: 'Yours' } "
          "update_mask { paths: 'display_name' }",
          other_)),
      StatusIs(absl::StatusCode::kPermissionDenied, "ROW_NOT_WRITABLE"));
  const auto listed = Call<v1::ListViewsResponse, v1::ListViewsRequest>(
      "ViewService.ListViews", "", other_);
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->views_size(), 1);
  EXPECT_EQ(listed->views(0).name(), "views/shared");
}

TEST_F(SharedWorkRows, OP_23_AViewIsNoWayAroundThePermissionToList) {
  const std::string analyst = authority_.Token("acme", "user:ann", {"analyst"});
  Must<v1::View, v1::CreateViewRequest>(
      "ViewService.CreateView",
      "view_id: 'leads' view { display_name: 'L' resource_type: 'crm/Lead' "
      "sharing: SHARED }");

  EXPECT_THAT(
      Run("leads", analyst),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

TEST_F(SharedWorkRows, OP_23_FollowersAreToldOnceOfEachChange) {
  CreateLead("aa", "user:rep");
  CreateLead("hers", "user:boss");
  const auto follow = [&](absl::string_view lead) {
    return Call<v1::Follower, v1::CreateFollowerRequest>(
        "FollowerService.CreateFollower",
        absl::StrCat("follower { resource: 'leads/", lead, "' }"), rep_);
  };
  EXPECT_THAT(follow("aa"), IsOk());
  EXPECT_THAT(follow("aa"),
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  EXPECT_THAT(follow("hers"), IsOk());
  Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead",
                                         "name: 'leads/aa'");
  // What he may not read he is not told of, nor of what was before.
  Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead",
                                         "name: 'leads/hers'");

  const auto changes = [&](absl::string_view token) {
    return Call<v1::ListFollowedChangesResponse,
                v1::ListFollowedChangesRequest>(
        "FollowerService.ListFollowedChanges", "", token);
  };
  const auto his = changes(rep_);
  ASSERT_THAT(his, IsOk());
  ASSERT_EQ(his->changes_size(), 1);
  EXPECT_EQ(his->changes(0).resource(), "leads/aa");
  EXPECT_EQ(his->changes(0).actor(), "user:boss");
  EXPECT_EQ(his->changes(0).method(),
            "/crm.operational.v1.LeadService/QualifyLead");
  const auto nobodys = changes(other_);
  ASSERT_THAT(nobodys, IsOk());
  EXPECT_EQ(nobodys->changes_size(), 0);
}

TEST_F(SharedWorkRows, OP_20_ABriefShowsWhatTheCallerMayRead) {
  Must<v1::Customer, v1::CreateCustomerRequest>(
      "CustomerService.CreateCustomer",
      "customer_id: 'ada' customer { display_name: 'Ada' kind: PERSON "
      "owner: 'user:rep' }");
  const auto create = [&](absl::string_view id, absl::string_view owner) {
    Must<v1::Opportunity, v1::CreateOpportunityRequest>(
        "OpportunityService.CreateOpportunity",
        absl::StrCat("opportunity_id: '", id,
                     "' opportunity { display_name: 'Lamps' customer: "
                     "'customers/ada' owner: '",
                     owner, "' amount { currency_code: 'EUR' units: 7 } }"));
  };
  create("his", "user:rep");
  create("hers", "user:boss");
  const auto amount = [](const v1::CallBrief& brief) {
    for (const v1::BriefFigure& figure : brief.figures()) {
      if (figure.kind() == v1::BriefFigure::OPEN_OPPORTUNITY_AMOUNT) {
        return figure.amount().units();
      }
    }
    return int64_t{0};
  };

  const auto all = Must<v1::CallBrief, v1::GetCallBriefRequest>(
      "CustomerService.GetCallBrief", "name: 'customers/ada'");
  EXPECT_EQ(amount(all), 14);
  EXPECT_EQ(all.next_action().kind(), v1::BriefAction::GET_IN_TOUCH);
  const auto his = Call<v1::CallBrief, v1::GetCallBriefRequest>(
      "CustomerService.GetCallBrief", "name: 'customers/ada'", rep_);
  ASSERT_THAT(his, IsOk());
  EXPECT_EQ(amount(*his), 7);
  EXPECT_THAT(
      (Call<v1::CallBrief, v1::GetCallBriefRequest>(
          "CustomerService.GetCallBrief", "name: 'customers/ada'", other_)),
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(SharedWorkRows, OP_20_ABriefNamesWhatTheCallerMayReadNothingOf) {
  Must<v1::Customer, v1::CreateCustomerRequest>(
      "CustomerService.CreateCustomer",
      "customer_id: 'ada' customer { display_name: 'Ada' kind: PERSON }");
  Must<v1::Role, v1::CreateRoleRequest>(
      "RoleService.CreateRole",
      "role_id: 'caller' role { display_name: 'Caller' grants { permissions: "
      "'customers.get' permissions: 'customers.getCallBrief' permissions: "
      "'activities.get' scope: ALL } }");

  const auto brief = Call<v1::CallBrief, v1::GetCallBriefRequest>(
      "CustomerService.GetCallBrief", "name: 'customers/ada'",
      authority_.Token("acme", "user:caller", {"caller"}));

  ASSERT_THAT(brief, IsOk());
  std::vector<std::string> parts;
  for (const v1::BriefGap& gap : brief->partial()) parts.push_back(gap.part());
  // Nobody else runs here who could be asked for the scores.
  EXPECT_THAT(parts,
              ElementsAre("SCORES", "opportunities", "quotes", "orders"));
}

}  // namespace
}  // namespace crm::testing
