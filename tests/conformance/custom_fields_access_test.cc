// Custom fields where access, watches and exports are concerned: they are
// hidden, locked, compared by roles and left out as built-in fields are.

#include <string>
#include <vector>

#include "crm/operational/v1/lead_bulk.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "google/longrunning/operations.pb.h"
#include "tests/conformance/custom_fields_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

class CustomFieldsAccess : public CustomFields {
 protected:
  CustomFieldsAccess()
      : admin_(authority_.Token("acme", "user:root", {"tenant_admin"})),
        eve_(authority_.Token("acme", "user:eve", {})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> As(const std::string& token,
                              absl::string_view method,
                              absl::string_view text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method),
        Proto<Request>(std::string(text)), {.token = token});
  }

  // Gives eve the role with these grants and fields.
  void GiveEve(absl::string_view role) {
    ASSERT_THAT((As<v1::Role, v1::CreateRoleRequest>(
                    admin_, "RoleService.CreateRole",
                    absl::StrCat("role_id: 'scout' role { display_name: "
                                 "'Scout' ",
                                 role, " }"))),
                IsOk());
    ASSERT_THAT((As<v1::User, v1::CreateUserRequest>(
                    admin_, "UserService.CreateUser",
                    "user { display_name: 'Eve' subject: 'user:eve' roles: "
                    "'scout' labels { key: 'region' value: 'west' } }")),
                IsOk());
  }

  const std::string admin_;
  const std::string eve_;
};

constexpr char kReadAndWrite[] =
    "permissions: 'leads.get' permissions: 'leads.list' permissions: "
    "'leads.update' ";

std::string Region(absl::string_view region) {
  return absl::StrCat("custom_fields { key: 'region' value { string_value: '",
                      region, "' } } ");
}

TEST_F(CustomFieldsAccess, A31_RolesCompareCustomFields) {
  Define("region", "type: TEXT");
  ASSERT_THAT(MakeLead("ada", Region("west")), IsOk());
  ASSERT_THAT(MakeLead("bob", Region("east")), IsOk());
  GiveEve(absl::StrCat("grants { ", kReadAndWrite,
                       "scope: EXPRESSION expression: 'custom_fields.region = "
                       "caller.labels.region' }"));

  const auto listed = As<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      eve_, "LeadService.ListLeads", "");
  const auto other = As<v1::Lead, v1::GetLeadRequest>(
      eve_, "LeadService.GetLead", "name: 'leads/bob'");
  const auto unknown = As<v1::Role, v1::CreateRoleRequest>(
      admin_, "RoleService.CreateRole",
      "role { display_name: 'Bad' grants { permissions: 'leads.get' scope: "
      "EXPRESSION expression: 'custom_fields.other = 1' } }");

  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->leads_size(), 1);
  EXPECT_EQ(listed->leads(0).name(), "leads/ada");
  EXPECT_THAT(other,
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(Violations(unknown.status()),
              ElementsAre(HasSubstr("There is no custom field 'other'")));
}

TEST_F(CustomFieldsAccess, A31_RolesHideAndLockCustomFields) {
  Define("region", "type: TEXT");
  Define("margin", "type: INTEGER indexed: true");
  Define("seats", "type: INTEGER");
  ASSERT_THAT(
      MakeLead("ada",
               absl::StrCat(Region("west"),
                            "custom_fields { key: 'margin' value { int_value: "
                            "7 } } custom_fields { key: 'seats' value { "
                            "int_value: 1 } }")),
      IsOk());
  GiveEve(absl::StrCat("grants { ", kReadAndWrite,
                       "} hidden_fields: 'leads.custom_fields.margin' "
                       "read_only_fields: 'leads.custom_fields.seats'"));

  const auto read = As<v1::Lead, v1::GetLeadRequest>(
      eve_, "LeadService.GetLead", "name: 'leads/ada'");
  const auto filtered = As<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      eve_, "LeadService.ListLeads", "filter: 'custom_fields.margin > 1'");
  const auto ordered = As<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      eve_, "LeadService.ListLeads", "order_by: 'custom_fields.margin'");
  const auto locked = As<v1::Lead, v1::UpdateLeadRequest>(
      eve_, "LeadService.UpdateLead",
      "lead { name: 'leads/ada' custom_fields { key: 'seats' value { "
      "int_value: 2 } } } update_mask { paths: 'custom_fields.seats' }");
  // Who writes the map that he sees does not clear what he does not see.
  const auto whole = As<v1::Lead, v1::UpdateLeadRequest>(
      eve_, "LeadService.UpdateLead",
      absl::StrCat("lead { name: 'leads/ada' ", Region("north"),
                   "custom_fields { key: 'seats' value { int_value: 1 } } }"));

  ASSERT_THAT(read, IsOk());
  EXPECT_FALSE(read->custom_fields().contains("margin"));
  EXPECT_TRUE(read->custom_fields().contains("region"));
  EXPECT_THAT(Violations(filtered.status()),
              ElementsAre(HasSubstr("which your roles hide")));
  EXPECT_THAT(Violations(ordered.status()),
              ElementsAre(HasSubstr("which your roles hide")));
  EXPECT_THAT(Violations(locked.status()),
              ElementsAre(HasSubstr("may not be written")));
  ASSERT_THAT(whole, IsOk());
  const auto after = GetLead("ada");
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->custom_fields().at("region").string_value(), "north");
  EXPECT_EQ(after->custom_fields().at("margin").int_value(), 7);
}

TEST_F(CustomFieldsAccess, OP_22_CustomFieldsAreExportedUntilTheyAreRemoved) {
  const auto kept = Define("region", "type: TEXT");
  const auto gone = Define("margin", "type: INTEGER");
  ASSERT_THAT(MakeLead("ada", absl::StrCat(Region("west"),
                                           "custom_fields { key: 'margin' "
                                           "value { int_value: 7 } }")),
              IsOk());
  const auto exported = [&]() -> std::string {
    auto operation = As<google::longrunning::Operation, v1::ExportLeadsRequest>(
        admin_, "LeadBulkService.ExportLeads",
        "filter: 'custom_fields.region = west'");
    EXPECT_THAT(operation, IsOk());
    if (!operation.ok()) return "";
    while (operation.ok() && !operation->done()) {
      platform::v1::GetOperationRequest get;
      get.set_name(operation->name());
      operation = service_.client().Call<google::longrunning::Operation>(
          "crm.platform.v1.Operations.GetOperation", get, {.token = admin_});
      std::this_thread::yield();
    }
    platform::v1::ReadOperationOutputRequest read;
    read.set_name(operation->name());
    const auto output =
        service_.client().Call<platform::v1::ReadOperationOutputResponse>(
            "crm.platform.v1.Operations.ReadOperationOutput", read,
            {.token = admin_});
    EXPECT_THAT(output, IsOk());
    return output.ok() ? std::string(output->content()) : "";
  };

  const std::string before = exported();
  for (const char* verb : {"Deprecate", "Remove"}) {
    ASSERT_THAT(
        (As<v1::FieldDefinition, v1::RemoveFieldDefinitionRequest>(
            admin_,
            absl::StrCat("FieldDefinitionService.", verb, "FieldDefinition"),
            absl::StrCat("name: '", gone.name(), "'"))),
        IsOk());
  }
  const std::string after = exported();

  EXPECT_THAT(before, HasSubstr("\"margin\":{\"intValue\":\"7\"}"));
  EXPECT_THAT(after, HasSubstr("\"region\":{\"stringValue\":\"west\"}"));
  EXPECT_THAT(after, Not(HasSubstr("margin")));
}

TEST_F(CustomFieldsAccess, OP_22_CustomFieldsAreWatchedAsFarAsTheyAreShown) {
  Define("region", "type: TEXT");
  Define("margin", "type: INTEGER");
  const auto gone = Define("gone", "type: TEXT");
  GiveEve(absl::StrCat("grants { ", kReadAndWrite,
                       "permissions: 'changes.watch' } hidden_fields: "
                       "'leads.custom_fields.margin'"));
  ASSERT_THAT(MakeLead("ada", Region("west")), IsOk());
  ASSERT_THAT(UpdateLead("ada",
                         absl::StrCat(Region("east"), Text("gone", "x"),
                                      "custom_fields { key: 'margin' value { "
                                      "int_value: 7 } }"),
                         "custom_fields"),
              IsOk());
  for (const char* verb : {"Deprecate", "Remove"}) {
    ASSERT_THAT(
        (As<v1::FieldDefinition, v1::RemoveFieldDefinitionRequest>(
            admin_,
            absl::StrCat("FieldDefinitionService.", verb, "FieldDefinition"),
            absl::StrCat("name: '", gone.name(), "'"))),
        IsOk());
  }
  // Returns the change of a custom field that `token` sees.
  const auto watched = [&](const std::string& token) {
    const auto stream = service_.client().Open(
        "crm.platform.v1.ChangeService.Watch",
        Proto<platform::v1::WatchRequest>(
            "resource_types: 'crm/Lead' from_beginning: true filter: "
            "'changed_fields:\"custom_fields.region\"'"),
        {.token = token});
    for (;;) {
      const auto message = stream->Next();
      if (message == nullptr) {
        ADD_FAILURE() << "the stream has ended";
        return platform::v1::Change();
      }
      const auto& change = static_cast<const platform::v1::Change&>(*message);
      if (!change.event_id().empty()) return change;
    }
  };

  const platform::v1::Change all = watched(token_);
  const platform::v1::Change some = watched(eve_);

  EXPECT_THAT(all.changed_fields(),
              IsSupersetOf({"custom_fields.margin", "custom_fields.region"}));
  v1::Lead lead;
  ASSERT_TRUE(lead.ParseFromString(all.after()));
  EXPECT_EQ(lead.custom_fields().at("region").string_value(), "east");
  EXPECT_EQ(lead.custom_fields().at("margin").int_value(), 7);
  EXPECT_FALSE(lead.custom_fields().contains("gone"));
  EXPECT_THAT(some.changed_fields(), Not(Contains("custom_fields.margin")));
  ASSERT_TRUE(lead.ParseFromString(some.after()));
  EXPECT_EQ(lead.custom_fields().at("region").string_value(), "east");
  EXPECT_FALSE(lead.custom_fields().contains("margin"));
  EXPECT_FALSE(lead.custom_fields().contains("gone"));
}

TEST_F(CustomFieldsAccess, A31_AFieldLeadsOnOnlyToWhatTheCallerReads) {
  Define("home", "type: REFERENCE reference_type: 'crm/Customer'");
  GiveEve(absl::StrCat("grants { ", kReadAndWrite, "}"));

  const auto listed = As<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      eve_, "LeadService.ListLeads",
      "filter: 'custom_fields.home.segment = \"Consumer\"'");

  EXPECT_THAT(listed, StatusIs(absl::StatusCode::kPermissionDenied,
                               "PERMISSION_DENIED"));
}

}  // namespace
}  // namespace crm::testing
