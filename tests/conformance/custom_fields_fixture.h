// The fixture of the tests of custom fields: a running operational service, and
// short ways to define fields and rules and to write leads.

#ifndef CRM_TESTS_CONFORMANCE_CUSTOM_FIELDS_FIXTURE_H_
#define CRM_TESTS_CONFORMANCE_CUSTOM_FIELDS_FIXTURE_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/field_definition_transitions.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/validation_rule.pb.h"
#include "crm/operational/v1/validation_rule_transitions.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {

// One tenant of one service.
class CustomFields : public ::testing::Test {
 protected:
  CustomFields()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  // Calls `method` (`LeadService.GetLead`) with the request in `text`.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text) {
    return Send<Response>(method, Proto<Request>(std::string(text)));
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Send(absl::string_view method,
                                const Request& request) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), request,
        {.token = token_});
  }

  // Makes a draft of a field of leads.
  absl::StatusOr<operational::v1::FieldDefinition> Draft(
      absl::string_view key, absl::string_view fields) {
    return Call<operational::v1::FieldDefinition,
                operational::v1::CreateFieldDefinitionRequest>(
        "FieldDefinitionService.CreateFieldDefinition",
        absl::StrCat("field_definition { display_name: 'Field' resource_type: "
                     "'crm/Lead' key: '",
                     key, "' ", fields, " }"));
  }

  absl::StatusOr<operational::v1::FieldDefinition> Activate(
      const std::string& name) {
    return Call<operational::v1::FieldDefinition,
                operational::v1::ActivateFieldDefinitionRequest>(
        "FieldDefinitionService.ActivateFieldDefinition",
        absl::StrCat("name: '", name, "'"));
  }

  // Makes a field of leads and puts it to use.
  operational::v1::FieldDefinition Define(absl::string_view key,
                                          absl::string_view fields) {
    const auto draft = Draft(key, fields);
    EXPECT_THAT(draft, IsOk()) << key;
    const auto active = Activate(draft.ok() ? draft->name() : "");
    EXPECT_THAT(active, IsOk()) << key;
    return active.value_or(operational::v1::FieldDefinition());
  }

  absl::StatusOr<operational::v1::FieldDefinition> Change(
      const std::string& name, absl::string_view fields,
      absl::string_view mask) {
    return Call<operational::v1::FieldDefinition,
                operational::v1::UpdateFieldDefinitionRequest>(
        "FieldDefinitionService.UpdateFieldDefinition",
        absl::StrCat("field_definition { name: '", name, "' ", fields,
                     " } update_mask { paths: '", mask, "' }"));
  }

  // Waits until the index of a field is built.
  void AwaitIndex(const std::string& name) {
    for (;;) {
      const auto field = Call<operational::v1::FieldDefinition,
                              operational::v1::GetFieldDefinitionRequest>(
          "FieldDefinitionService.GetFieldDefinition",
          absl::StrCat("name: '", name, "'"));
      ASSERT_THAT(field, IsOk());
      if (field->index_state() != operational::v1::FieldDefinition::BUILDING) {
        return;
      }
      std::this_thread::yield();
    }
  }

  absl::StatusOr<operational::v1::ValidationRule> MakeRule(
      absl::string_view refuse_when, absl::string_view more) {
    operational::v1::CreateValidationRuleRequest request;
    auto& rule = *request.mutable_validation_rule();
    rule = Proto<operational::v1::ValidationRule>(std::string(more));
    rule.set_display_name("Rule");
    rule.set_resource_type("crm/Lead");
    rule.set_refuse_when(std::string(refuse_when));
    return Send<operational::v1::ValidationRule>(
        "ValidationRuleService.CreateValidationRule", request);
  }

  absl::StatusOr<operational::v1::Lead> MakeLead(absl::string_view id,
                                                 absl::string_view values) {
    return Call<operational::v1::Lead, operational::v1::CreateLeadRequest>(
        "LeadService.CreateLead",
        absl::StrCat("lead_id: '", id, "' lead { display_name: '", id, "' ",
                     values, " }"));
  }

  absl::StatusOr<operational::v1::Lead> GetLead(absl::string_view id) {
    return Call<operational::v1::Lead, operational::v1::GetLeadRequest>(
        "LeadService.GetLead", absl::StrCat("name: 'leads/", id, "'"));
  }

  absl::StatusOr<operational::v1::Lead> UpdateLead(absl::string_view id,
                                                   absl::string_view values,
                                                   absl::string_view mask) {
    return Call<operational::v1::Lead, operational::v1::UpdateLeadRequest>(
        "LeadService.UpdateLead",
        absl::StrCat("lead { name: 'leads/", id, "' ", values,
                     " } update_mask { paths: '", mask, "' }"));
  }

  // Returns the ids of the leads that match, page by page.
  absl::StatusOr<std::vector<std::string>> Leads(absl::string_view filter,
                                                 absl::string_view order_by,
                                                 int page_size = 2) {
    operational::v1::ListLeadsRequest request;
    request.set_filter(std::string(filter));
    request.set_order_by(std::string(order_by));
    request.set_page_size(page_size);
    std::vector<std::string> ids;
    do {
      CRM_ASSIGN_OR_RETURN(const auto page,
                           Send<operational::v1::ListLeadsResponse>(
                               "LeadService.ListLeads", request));
      for (const auto& lead : page.leads())
        ids.push_back(lead.name().substr(6));
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

// Values of fields, as they stand in a lead.
inline std::string Text(absl::string_view key, absl::string_view value) {
  return absl::StrCat("custom_fields { key: '", key,
                      "' value { string_value: '", value, "' } } ");
}

inline std::string Int(absl::string_view key, int64_t value) {
  return absl::StrCat("custom_fields { key: '", key,
                      "' value { int_value: ", value, " } } ");
}

// Defines the field `tier`.
inline constexpr char kTier[] =
    "type: OPTION options { id: 'gold' display_name: 'Gold' } options { id: "
    "'silver' display_name: 'Silver' } ";

inline std::string Tier(absl::string_view option) {
  return absl::StrCat("custom_fields { key: 'tier' value { option_value: '",
                      option, "' } } ");
}

// Returns `path: description` of each violation, sorted.
inline std::vector<std::string> Violations(const absl::Status& status) {
  std::vector<std::string> all;
  for (const FieldViolation& violation : FieldViolations(status)) {
    all.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_CUSTOM_FIELDS_FIXTURE_H_
