// What tests of duplicate rules share: a service with rules, people who are
// alike, and callers who do not see all of them.

#ifndef CRM_TESTS_CONFORMANCE_DUPLICATE_FIXTURE_H_
#define CRM_TESTS_CONFORMANCE_DUPLICATE_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/duplicate_candidate.pb.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "crm/operational/v1/duplicate_rule_transitions.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "google/longrunning/operations.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {

namespace v1 = ::crm::operational::v1;
using Candidate = v1::DuplicateCandidate;
using Candidates = std::vector<Candidate>;

class DuplicateRows : public ::testing::Test {
 protected:
  DuplicateRows()
      : service_(authority_, "operational", operational::MakeOperational),
        admin_(authority_.Token("acme", "user:root", {"tenant_admin"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> CallAs(const std::string& token,
                                  absl::string_view method,
                                  const std::string& text,
                                  Metadata metadata = {}) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token, .metadata = std::move(metadata)});
  }

  // A call of the administrator that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, const std::string& text) {
    auto response = CallAs<Response, Request>(admin_, method, text);
    EXPECT_THAT(response, IsOk()) << method << " " << text;
    return response.ok() ? *std::move(response) : Response();
  }

  // Makes a rule that holds contacts with one address to be one, unless `text`
  // says something else, and puts it to use.
  v1::DuplicateRule MakeRule(const std::string& id, const std::string& action,
                             const std::string& more = "",
                             const std::string& type = "crm/Contact",
                             const std::string& field = "email") {
    Must<v1::DuplicateRule, v1::CreateDuplicateRuleRequest>(
        "DuplicateRuleService.CreateDuplicateRule",
        absl::StrCat("duplicate_rule_id: '", id,
                     "' duplicate_rule { display_name: '", id,
                     "' resource_type: '", type, "' terms { field: '", field,
                     "' comparison: EMAIL weight: 800000 } terms { field: "
                     "'display_name' comparison: FUZZY weight: 200000 "
                     "close_weight: 100000 } block_keys { parts { field: '",
                     field,
                     "' form: WHOLE } } threshold_millionths: 900000 "
                     "action: ",
                     action, " ", more, " }"));
    return Must<v1::DuplicateRule, v1::ActivateDuplicateRuleRequest>(
        "DuplicateRuleService.ActivateDuplicateRule",
        absl::StrCat("name: 'duplicateRules/", id, "'"));
  }

  static std::string Person(const std::string& id, const std::string& name,
                            const std::string& more = "") {
    return absl::StrCat("contact_id: '", id, "' contact { display_name: '",
                        name, "' email: 'ada@example.com' ", more, " }");
  }

  absl::StatusOr<v1::Contact> CreateAs(const std::string& token,
                                       const std::string& text,
                                       Metadata metadata = {}) {
    return CallAs<v1::Contact, v1::CreateContactRequest>(
        token, "ContactService.CreateContact", text, std::move(metadata));
  }
  absl::StatusOr<v1::Contact> Create(const std::string& text,
                                     Metadata metadata = {}) {
    return CreateAs(admin_, text, std::move(metadata));
  }

  Candidates List(const std::string& filter = "") {
    const auto list = Must<v1::ListDuplicateCandidatesResponse,
                           v1::ListDuplicateCandidatesRequest>(
        "DuplicateCandidateService.ListDuplicateCandidates",
        absl::StrCat("page_size: 1000 filter: '", filter, "'"));
    return {list.duplicate_candidates().begin(),
            list.duplicate_candidates().end()};
  }

  // Makes a user with a role of `grants`, and returns his token.
  std::string MakeUser(const std::string& id, const std::string& grants) {
    Must<v1::Role, v1::CreateRoleRequest>(
        "RoleService.CreateRole",
        absl::StrCat("role_id: '", id, "' role { display_name: '", id, "' ",
                     grants, " }"));
    Must<v1::User, v1::CreateUserRequest>(
        "UserService.CreateUser",
        absl::StrCat("user { display_name: '", id, "' subject: 'user:", id,
                     "' roles: '", id, "' }"));
    return authority_.Token("acme", absl::StrCat("user:", id), {});
  }

  absl::StatusOr<v1::FindDuplicatesResult> Search(const std::string& rule) {
    return Await<v1::FindDuplicatesResult, v1::FindDuplicatesRequest>(
        "DuplicateRuleService.FindDuplicates", rule);
  }

  // Has a rule learn, and returns it.
  absl::StatusOr<v1::DuplicateRule> Learn(const std::string& rule) {
    return Await<v1::DuplicateRule, v1::LearnDuplicateRuleRequest>(
        "DuplicateRuleService.LearnDuplicateRule", rule);
  }

  // Starts an operation about a rule, and returns what it comes to.
  template <typename Result, typename Request>
  absl::StatusOr<Result> Await(absl::string_view method,
                               const std::string& rule) {
    const auto started = Must<google::longrunning::Operation, Request>(
        method, absl::StrCat("name: 'duplicateRules/", rule, "'"));
    platform::v1::WaitOperationRequest wait;
    wait.set_name(started.name());
    for (;;) {
      const auto operation =
          service_.client().Call<google::longrunning::Operation>(
              "crm.platform.v1.Operations.WaitOperation", wait,
              {.token = admin_});
      if (!operation.ok()) return operation.status();
      if (!operation->done()) continue;
      last_ = *operation;
      Result result;
      if (operation->response().UnpackTo(&result)) return result;
      return absl::Status(
          static_cast<absl::StatusCode>(operation->error().code()),
          operation->error().message());
    }
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string admin_;
  // The last operation.
  google::longrunning::Operation last_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_DUPLICATE_FIXTURE_H_
