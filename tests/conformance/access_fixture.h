// A running operational service with three users, two of them a team, for the
// tests of who may do what.

#ifndef CRM_TESTS_CONFORMANCE_ACCESS_FIXTURE_H_
#define CRM_TESTS_CONFORMANCE_ACCESS_FIXTURE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "services/operational/app.h"
#include "tests/support/api_client.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"
#include "tests/support/test_authority.h"

namespace crm::testing {

namespace v1 = ::crm::operational::v1;

// ann and ben sell together, cid elsewhere. Leads are made by an administrator.
class AccessRows : public ::testing::Test {
 protected:
  AccessRows() {
    for (const char* id : {"ann", "ben", "cid"}) {
      Must(Call<v1::User, v1::CreateUserRequest>(
          admin_, "UserService.CreateUser",
          absl::StrCat("user { display_name: '", id, "' subject: 'user:", id,
                       "' } user_id: '", id, "'")));
    }
    Must(Call<v1::Team, v1::CreateTeamRequest>(
        admin_, "TeamService.CreateTeam",
        "team { display_name: 'North' members: 'users/ann' "
        "members: 'users/ben' } team_id: 'north'"));
  }

  template <typename T>
  static void Must(const absl::StatusOr<T>& answer) {
    ASSERT_THAT(answer, IsOk());
  }

  std::string TokenOf(const std::string& subject,
                      const std::string& role) const {
    return authority_.Token("acme", subject, {role});
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(const std::string& token,
                                const std::string& method,
                                const std::string& request) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(request),
        {.token = token});
  }

  void MakeLead(const std::string& id, const std::string& owner,
                const std::string& more = "") {
    Must(Call<v1::Lead, v1::CreateLeadRequest>(
        admin_, "LeadService.CreateLead",
        absl::StrCat("lead { display_name: '", id, "' owner: '", owner, "' ",
                     more, " } lead_id: '", id, "'")));
  }

  absl::StatusOr<v1::Lead> GetLead(const std::string& token,
                                   const std::string& id) {
    return Call<v1::Lead, v1::GetLeadRequest>(
        token, "LeadService.GetLead", absl::StrCat("name: 'leads/", id, "'"));
  }

  std::vector<std::string> LeadsOf(const std::string& token,
                                   const std::string& more = "") {
    const auto listed = Call<v1::ListLeadsResponse, v1::ListLeadsRequest>(
        token, "LeadService.ListLeads", more);
    EXPECT_THAT(listed, IsOk());
    std::vector<std::string> names;
    if (!listed.ok()) return names;
    for (const v1::Lead& lead : listed->leads()) names.push_back(lead.name());
    return names;
  }

  absl::Status MakeRole(const std::string& token, const std::string& id,
                        const std::string& body) {
    return Call<v1::Role, v1::CreateRoleRequest>(
               token, "RoleService.CreateRole",
               absl::StrCat("role { display_name: '", id, "' ", body,
                            " } role_id: '", id, "'"))
        .status();
  }

  TestAuthority authority_;
  ServiceHarness service_{authority_, "operational",
                          operational::MakeOperational};
  const std::string admin_ = TokenOf("user:root", "tenant_admin");
  const std::string ann_ = TokenOf("user:ann", "sales_rep");
};

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_ACCESS_FIXTURE_H_
