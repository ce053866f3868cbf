// Users, teams and roles as data, on running services: what they grant, hide
// and lock, who may give them, and why somebody may do something.

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crm/collaborative/v1/conversation.pb.h"
#include "crm/operational/v1/token_revocation.pb.h"
#include "crm/operational/v1/user_transitions.pb.h"
#include "crm/platform/v1/access.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "services/collaborative/app.h"
#include "shared/base/errors.h"
#include "tests/conformance/access_fixture.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST_F(AccessRows, A35_HiddenFieldsAreNeitherShownNorAskedFor) {
  ASSERT_THAT(MakeRole(admin_, "blind",
                       "grants { permissions: 'leads.*' permissions: "
                       "'changes.watch' } hidden_fields: 'leads.email' "
                       "hidden_fields: 'leads.owner'"),
              IsOk());
  MakeLead("one", "user:cid", "email: 'one@example.org'");
  const std::string blind = TokenOf("user:ann", "blind");

  const auto got = GetLead(blind, "one");
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->email(), "");
  EXPECT_EQ(got->owner(), "");
  EXPECT_EQ(got->display_name(), "one");
  const auto listed = Call<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      blind, "LeadService.ListLeads", "");
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->leads(0).email(), "");
  for (const char* asked :
       {"filter: 'email = \"one@example.org\"'", "order_by: 'owner'",
        "filter: 'state = NEW AND NOT email:*'"}) {
    EXPECT_THAT((Call<v1::ListLeadsResponse, v1::ListLeadsRequest>(
                    blind, "LeadService.ListLeads", asked)),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"))
        << asked;
  }
  // An update of all fields leaves them as they are, and answers without them.
  v1::UpdateLeadRequest update;
  *update.mutable_lead() = *got;
  update.mutable_lead()->set_display_name("two");
  update.mutable_update_mask()->add_paths("*");
  const auto updated = service_.client().Call<v1::Lead>(
      "crm.operational.v1.LeadService.UpdateLead", update, {.token = blind});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->email(), "");
  EXPECT_EQ(GetLead(admin_, "one")->email(), "one@example.org");

  auto stream = service_.client().Open(
      "crm.platform.v1.ChangeService.Watch",
      Proto<platform::v1::WatchRequest>("from_beginning: true "
                                        "resource_types: 'crm/Lead'"),
      {.token = blind});
  const auto message = stream->Next();
  ASSERT_NE(message, nullptr);
  v1::Lead after;
  after.ParseFromString(
      static_cast<const platform::v1::Change&>(*message).after());
  EXPECT_EQ(after.display_name(), "one");
  EXPECT_EQ(after.email(), "");
  stream->Cancel();
}

TEST_F(AccessRows, A35_LockedFieldsAreRefusedAllAtOnce) {
  ASSERT_THAT(MakeRole(admin_, "careful",
                       "grants { permissions: 'leads.*' } read_only_fields: "
                       "'leads.email' read_only_fields: 'leads.owner'"),
              IsOk());
  MakeLead("one", "user:cid", "email: 'one@example.org'");
  const std::string careful = TokenOf("user:ann", "careful");
  EXPECT_EQ(GetLead(careful, "one")->email(), "one@example.org");

  const auto refused = Call<v1::Lead, v1::UpdateLeadRequest>(
      careful, "LeadService.UpdateLead",
      "lead { name: 'leads/one' email: 'x@example.org' owner: 'user:ann' }");
  std::vector<std::string> fields;
  for (const auto& violation : FieldViolations(refused.status())) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, UnorderedElementsAre("lead.email", "lead.owner"));
  EXPECT_THAT((Call<v1::Lead, v1::UpdateLeadRequest>(
                  careful, "LeadService.UpdateLead",
                  "lead { name: 'leads/one' display_name: 'z' }")),
              IsOk());
}

TEST_F(AccessRows, A35_NobodyGrantsWhatHeDoesNotHold) {
  ASSERT_THAT(MakeRole(admin_, "helper",
                       "grants { permissions: 'users.*' permissions: "
                       "'roles.*' permissions: 'leads.get' }"),
              IsOk());
  const std::string helper = TokenOf("user:ann", "helper");
  const auto exceeds =
      StatusIs(absl::StatusCode::kPermissionDenied, "GRANT_EXCEEDS_HOLDING");

  EXPECT_THAT(MakeRole(helper, "more", "grants { permissions: 'leads.*' }"),
              exceeds);
  EXPECT_THAT(MakeRole(helper, "less",
                       "grants { permissions: 'leads.get' "
                       "scope: OWN }"),
              IsOk());
  for (const char* role : {"tenant_admin", "sales_manager"}) {
    EXPECT_THAT((Call<v1::User, v1::CreateUserRequest>(
                    helper, "UserService.CreateUser",
                    absl::StrCat("user { display_name: 'x' subject: "
                                 "'user:x' roles: '",
                                 role, "' }"))),
                exceeds);
  }
  EXPECT_THAT((Call<v1::User, v1::UpdateUserRequest>(
                  helper, "UserService.UpdateUser",
                  "user { name: 'users/ann' roles: 'less' }")),
              IsOk());
  // An administrator gives every built-in role but the suite's own.
  const std::string all =
      "roles: ['tenant_admin', 'sales_rep', 'sales_manager', 'marketer', "
      "'support_agent', 'support_lead', 'analyst', 'integration', 'auditor', "
      "'privacy_officer', 'partner', 'portal_customer', 'web_form']";
  EXPECT_THAT((Call<v1::User, v1::UpdateUserRequest>(
                  admin_, "UserService.UpdateUser",
                  absl::StrCat("user { name: 'users/ben' ", all, " }"))),
              IsOk());
  EXPECT_THAT((Call<v1::User, v1::UpdateUserRequest>(
                  admin_, "UserService.UpdateUser",
                  "user { name: 'users/cid' roles: ['system', 'nix'] }")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(AccessRows, A35_RolesAreCheckedWhenTheyAreStored) {
  for (const char* body :
       {"grants { permissions: 'leads' }",
        "grants { permissions: 'internal.*' }",
        "grants { permissions: 'leeds.get' }",
        "grants { permissions: 'leads.get' expression: 'state = NEW' }",
        "grants { permissions: 'leads.get' scope: EXPRESSION }",
        "grants { permissions: 'leads.get' scope: EXPRESSION expression: "
        "'stage = NEW' }",
        "grants { permissions: 'leads.get' scope: EXPRESSION expression: "
        "'owner = caller.shoe' }",
        "grants { permissions: '*.get' scope: EXPRESSION expression: "
        "'owner = caller.subject' }",
        "hidden_fields: 'leads.nix'", "hidden_fields: 'leads.name'",
        "read_only_fields: 'email'"}) {
    EXPECT_THAT(MakeRole(admin_, "bad", body),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"))
        << body;
  }
  EXPECT_THAT(MakeRole(admin_, "analyst", ""),
              StatusIs(absl::StatusCode::kAlreadyExists, "ROLE_BUILT_IN"));
}

TEST_F(AccessRows, A35_TeamsMakeNoCircles) {
  Must(Call<v1::Team, v1::CreateTeamRequest>(
      admin_, "TeamService.CreateTeam",
      "team { display_name: 'City' parent_team: 'teams/north' } "
      "team_id: 'city'"));
  EXPECT_THAT((Call<v1::Team, v1::UpdateTeamRequest>(
                  admin_, "TeamService.UpdateTeam",
                  "team { name: 'teams/north' parent_team: 'teams/city' }")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TEAM_CIRCLE"));
}

TEST_F(AccessRows, A35_DisablingAUserHoldsAtOnceAndEndsWatches) {
  MakeLead("one", "user:ann");
  auto stream = service_.client().Open(
      "crm.platform.v1.ChangeService.Watch",
      Proto<platform::v1::WatchRequest>("from_beginning: true "
                                        "resource_types: 'crm/Lead'"),
      {.token = ann_});
  ASSERT_NE(stream->Next(), nullptr);
  Must(Call<v1::User, v1::DisableUserRequest>(admin_, "UserService.DisableUser",
                                              "name: 'users/ann'"));

  EXPECT_THAT(GetLead(ann_, "one"),
              StatusIs(absl::StatusCode::kPermissionDenied, "USER_DISABLED"));
  MakeLead("two", "user:ann");
  EXPECT_EQ(stream->Next(), nullptr);
  EXPECT_THAT(stream->Finish(),
              StatusIs(absl::StatusCode::kPermissionDenied, "USER_DISABLED"));
  Must(Call<v1::User, v1::ActivateUserRequest>(
      admin_, "UserService.ActivateUser", "name: 'users/ann'"));
  EXPECT_THAT(GetLead(ann_, "one"), IsOk());
  Must(Call<v1::User, v1::RevokeUserSessionsRequest>(
      admin_, "UserService.RevokeUserSessions", "name: 'users/ann'"));
  EXPECT_THAT(GetLead(ann_, "one"),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED"));
}

TEST_F(AccessRows, A35_OtherServicesLearnOfUsersByEvents) {
  ServiceHarness collaborative(
      authority_, "collaborative", collaborative::MakeCollaborative,
      [this](HostSettings& settings) {
        settings.addresses["operational"] =
            absl::StrCat("127.0.0.1:", service_.host().port());
      });
  const std::string agent = TokenOf("user:ann", "support_agent");
  const auto list = [&] {
    return collaborative.client()
        .Call<collaborative::v1::ListConversationsResponse>(
            "crm.collaborative.v1.ConversationService.ListConversations",
            collaborative::v1::ListConversationsRequest(), {.token = agent})
        .status();
  };
  EXPECT_THAT(list(), IsOk());
  Must(Call<v1::User, v1::DisableUserRequest>(admin_, "UserService.DisableUser",
                                              "name: 'users/ann'"));
  const absl::Time end = absl::Now() + absl::Seconds(5);
  while (list().ok() && absl::Now() < end) {
  }
  EXPECT_THAT(list(),
              StatusIs(absl::StatusCode::kPermissionDenied, "USER_DISABLED"));
}

TEST_F(AccessRows, A35_RevokedTokensAreRefusedByEveryService) {
  ServiceHarness collaborative(
      authority_, "collaborative", collaborative::MakeCollaborative,
      [this](HostSettings& settings) {
        settings.addresses["operational"] =
            absl::StrCat("127.0.0.1:", service_.host().port());
      });
  const auto list = [&](const std::string& token) {
    return collaborative.client()
        .Call<collaborative::v1::ListConversationsResponse>(
            "crm.collaborative.v1.ConversationService.ListConversations",
            collaborative::v1::ListConversationsRequest(), {.token = token})
        .status();
  };
  const auto revoked =
      StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED");
  const auto revoke = [&](const std::string& body) {
    return Call<v1::TokenRevocation, v1::CreateTokenRevocationRequest>(
        admin_, "TokenRevocationService.CreateTokenRevocation",
        absl::StrCat("token_revocation { ", body, " }"));
  };
  // dan is no user of the directory, and has two sessions.
  const std::string stolen =
      authority_.SessionToken("acme", "user:dan", {"sales_manager"}, "s1");
  const std::string other =
      authority_.SessionToken("acme", "user:dan", {"sales_manager"}, "s2");
  const std::string elsewhere =
      authority_.SessionToken("globex", "user:dan", {"sales_manager"}, "s1");
  ASSERT_THAT(list(stolen), IsOk());
  LeadsOf(stolen);

  const auto session = revoke("session_id: 's1' reason: 'a lost phone'");
  ASSERT_THAT(session, IsOk());
  EXPECT_EQ(session->expire_time().seconds() - session->create_time().seconds(),
            62 * 60);
  EXPECT_THAT(GetLead(stolen, "none"), revoked);
  const absl::Time end = absl::Now() + absl::Seconds(5);
  while (list(stolen).ok() && absl::Now() < end) {
  }
  EXPECT_THAT(list(stolen), revoked);
  for (const std::string& token : {other, elsewhere}) {
    EXPECT_THAT(list(token), IsOk());
    EXPECT_THAT(GetLead(token, "none"),
                StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  }

  ASSERT_THAT(revoke("subject: 'user:dan'"), IsOk());
  EXPECT_THAT(GetLead(other, "none"), revoked);
  const absl::Time until = absl::Now() + absl::Seconds(5);
  while (list(other).ok() && absl::Now() < until) {
  }
  EXPECT_THAT(list(other), revoked);

  EXPECT_THAT(revoke("reason: 'of nothing'"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      (Call<v1::TokenRevocation, v1::CreateTokenRevocationRequest>(
          ann_, "TokenRevocationService.CreateTokenRevocation",
          "token_revocation { subject: 'user:root' }")),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

TEST_F(AccessRows, A35_OtherServicesDecideByNothingOlderThanTheToken) {
  ServiceHarness collaborative(
      authority_, "collaborative", collaborative::MakeCollaborative,
      [this](HostSettings& settings) {
        settings.addresses["operational"] =
            absl::StrCat("127.0.0.1:", service_.host().port());
      });
  const std::string agent = TokenOf("user:ann", "support_agent");
  const auto list = [&](const std::string& seen) {
    return collaborative.client()
        .Call<collaborative::v1::ListConversationsResponse>(
            "crm.collaborative.v1.ConversationService.ListConversations",
            collaborative::v1::ListConversationsRequest(),
            {.token = agent, .metadata = {{"crm-token", seen}}})
        .status();
  };
  // Changes the user, and returns the consistency token of the change.
  const auto change = [&](const char* method,
                          const google::protobuf::Message& request) {
    const ApiAnswer answer =
        service_.client().Call(ApiClient::MethodOf(absl::StrCat(
                                   "crm.operational.v1.UserService.", method)),
                               request, {.token = admin_});
    EXPECT_THAT(answer.status, IsOk());
    return std::string(FindMetadata(answer.headers, "crm-token"));
  };
  int behind = 0;
  for (int i = 0; i < 5; ++i) {
    const std::string disabled = change(
        "DisableUser", Proto<v1::DisableUserRequest>("name: 'users/ann'"));
    absl::Status status = list(disabled);
    const absl::Time end = absl::Now() + absl::Seconds(5);
    while (ErrorReason(status) == "DIRECTORY_BEHIND" && absl::Now() < end) {
      ++behind;
      status = list(disabled);
    }
    ASSERT_THAT(status,
                StatusIs(absl::StatusCode::kPermissionDenied, "USER_DISABLED"));
    const std::string active = change(
        "ActivateUser", Proto<v1::ActivateUserRequest>("name: 'users/ann'"));
    status = list(active);
    while (ErrorReason(status) == "DIRECTORY_BEHIND" && absl::Now() < end) {
      ++behind;
      status = list(active);
    }
    ASSERT_THAT(status, IsOk());
  }
  EXPECT_GT(behind, 0) << "Events were never slower than a call.";
}

TEST_F(AccessRows, A35_ARevocationHoldsAfterARestart) {
  Must(Call<v1::TokenRevocation, v1::CreateTokenRevocationRequest>(
      admin_, "TokenRevocationService.CreateTokenRevocation",
      "token_revocation { subject: 'user:ann' }"));
  service_.Restart();
  EXPECT_THAT(GetLead(ann_, "none"),
              StatusIs(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED"));
}

TEST_F(AccessRows, A38_AccessIsExplainedWithItsEvidence) {
  MakeLead("mates", "user:ben");
  MakeLead("far", "user:cid");
  const auto explain = [&](const std::string& token, const std::string& lead,
                           const std::string& permission,
                           const std::string& more) {
    return service_.client().Call<platform::v1::ExplainAccessResponse>(
        "crm.platform.v1.AccessService.ExplainAccess",
        Proto<platform::v1::ExplainAccessRequest>(
            absl::StrCat("resource: 'leads/", lead, "' permission: '",
                         permission, "' ", more)),
        {.token = token});
  };
  const std::string rep = "subject: 'user:ann' roles: 'sales_rep'";
  const auto mates = explain(admin_, "mates", "leads.update", rep);
  ASSERT_THAT(mates, IsOk());
  EXPECT_TRUE(mates->allowed());
  EXPECT_EQ(mates->step(), platform::v1::ExplainAccessResponse::ROW);
  EXPECT_EQ(mates->user(), "users/ann");
  ASSERT_EQ(mates->evidence_size(), 1);
  EXPECT_EQ(mates->evidence(0).role(), "sales_rep");
  EXPECT_EQ(mates->evidence(0).scope(), "team");

  const auto far = explain(admin_, "far", "leads.update", rep);
  EXPECT_FALSE(far->allowed());
  EXPECT_EQ(far->step(), platform::v1::ExplainAccessResponse::ROW);
  const auto never = explain(admin_, "far", "leads.delete", rep);
  EXPECT_FALSE(never->allowed());
  EXPECT_EQ(never->step(), platform::v1::ExplainAccessResponse::ROLE);
  Must(Call<v1::User, v1::DisableUserRequest>(admin_, "UserService.DisableUser",
                                              "name: 'users/ann'"));
  const auto out = explain(admin_, "mates", "leads.update", rep);
  EXPECT_FALSE(out->allowed());
  EXPECT_EQ(out->step(), platform::v1::ExplainAccessResponse::USER);

  // Who may ask learns only of what he may read himself.
  ASSERT_THAT(MakeRole(admin_, "curious",
                       "grants { permissions: 'access.explain' } grants { "
                       "permissions: 'leads.get' scope: OWN }"),
              IsOk());
  const std::string curious = TokenOf("user:ben", "curious");
  EXPECT_THAT(explain(curious, "mates", "leads.get", ""), IsOk());
  EXPECT_THAT(explain(curious, "far", "leads.get", ""),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(explain(ann_, "mates", "leads.get", ""),
              StatusIs(absl::StatusCode::kPermissionDenied, "USER_DISABLED"));
  EXPECT_THAT(explain(admin_, "mates", "orders.get", ""),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(AccessRows, A38_TheUsersWhoReachAResourceAreListed) {
  MakeLead("anns", "user:ann");
  for (const char* id : {"ann", "ben", "cid"}) {
    Must(Call<v1::User, v1::UpdateUserRequest>(
        admin_, "UserService.UpdateUser",
        absl::StrCat("user { name: 'users/", id, "' roles: 'sales_rep' }")));
  }
  std::vector<std::string> users;
  std::string token;
  do {
    const auto page =
        service_.client().Call<platform::v1::ListAccessorsResponse>(
            "crm.platform.v1.AccessService.ListAccessors",
            Proto<platform::v1::ListAccessorsRequest>(
                absl::StrCat("resource: 'leads/anns' permission: "
                             "'leads.update' page_size: 1 "
                             "page_token: '",
                             token, "'")),
            {.token = admin_});
    ASSERT_THAT(page, IsOk());
    for (const auto& one : page->accessors()) users.push_back(one.user());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(users, ElementsAre("users/ann", "users/ben"));
}

}  // namespace
}  // namespace crm::testing
