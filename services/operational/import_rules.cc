#include "services/operational/import_rules.h"

#include <string>
#include <utility>
#include <vector>

#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "services/operational/domain/identity/phone_number.h"

namespace crm::operational {
namespace {

using ::crm::platform::v1::ImportColumn;
using ::crm::platform::v1::ImportPlan;
using ::google::protobuf::FieldDescriptor;

enum class Use { kPlain, kKey, kJoin };

struct PresetColumn {
  ImportPlan::Preset preset;
  absl::string_view collection;
  absl::string_view column;
  absl::string_view field;
  Use use = Use::kPlain;
};

// Of columns with one field the first that has a value counts, so the order
// matters.
constexpr PresetColumn kColumns[] = {
    {ImportPlan::HUBSPOT, "accounts", "Record ID", "name", Use::kKey},
    {ImportPlan::HUBSPOT, "accounts", "Company name", "display_name"},
    {ImportPlan::HUBSPOT, "accounts", "Website URL", "website"},
    {ImportPlan::HUBSPOT, "accounts", "Company Domain Name", "website"},
    {ImportPlan::HUBSPOT, "accounts", "Industry", "industry"},
    {ImportPlan::HUBSPOT, "accounts", "Number of Employees", "employee_count"},
    {ImportPlan::HUBSPOT, "accounts", "Parent Company ID", "parent_account",
     Use::kKey},

    {ImportPlan::HUBSPOT, "contacts", "Record ID", "name", Use::kKey},
    {ImportPlan::HUBSPOT, "contacts", "First Name", "display_name"},
    {ImportPlan::HUBSPOT, "contacts", "Last Name", "display_name", Use::kJoin},
    {ImportPlan::HUBSPOT, "contacts", "First Name", "given_name"},
    {ImportPlan::HUBSPOT, "contacts", "Last Name", "family_name"},
    {ImportPlan::HUBSPOT, "contacts", "Email", "email"},
    {ImportPlan::HUBSPOT, "contacts", "Phone Number", "phone"},
    {ImportPlan::HUBSPOT, "contacts", "Mobile Phone Number", "phone"},
    {ImportPlan::HUBSPOT, "contacts", "Job Title", "job_title"},
    {ImportPlan::HUBSPOT, "contacts", "Associated Company IDs", "account",
     Use::kKey},

    {ImportPlan::HUBSPOT, "opportunities", "Record ID", "name", Use::kKey},
    {ImportPlan::HUBSPOT, "opportunities", "Deal Name", "display_name"},
    {ImportPlan::HUBSPOT, "opportunities", "Amount", "amount"},
    {ImportPlan::HUBSPOT, "opportunities", "Currency", "amount.currency_code"},
    {ImportPlan::HUBSPOT, "opportunities", "Close Date", "close_date"},
    {ImportPlan::HUBSPOT, "opportunities", "Next step", "next_step"},
    {ImportPlan::HUBSPOT, "opportunities", "Associated Company IDs", "account",
     Use::kKey},
    {ImportPlan::HUBSPOT, "opportunities", "Associated Contact IDs", "contact",
     Use::kKey},

    {ImportPlan::SALESFORCE, "accounts", "Id", "name", Use::kKey},
    {ImportPlan::SALESFORCE, "accounts", "Name", "display_name"},
    {ImportPlan::SALESFORCE, "accounts", "Website", "website"},
    {ImportPlan::SALESFORCE, "accounts", "Industry", "industry"},
    {ImportPlan::SALESFORCE, "accounts", "NumberOfEmployees", "employee_count"},
    {ImportPlan::SALESFORCE, "accounts", "ParentId", "parent_account",
     Use::kKey},

    {ImportPlan::SALESFORCE, "contacts", "Id", "name", Use::kKey},
    {ImportPlan::SALESFORCE, "contacts", "FirstName", "display_name"},
    {ImportPlan::SALESFORCE, "contacts", "LastName", "display_name",
     Use::kJoin},
    {ImportPlan::SALESFORCE, "contacts", "FirstName", "given_name"},
    {ImportPlan::SALESFORCE, "contacts", "LastName", "family_name"},
    {ImportPlan::SALESFORCE, "contacts", "Email", "email"},
    {ImportPlan::SALESFORCE, "contacts", "Phone", "phone"},
    {ImportPlan::SALESFORCE, "contacts", "MobilePhone", "phone"},
    {ImportPlan::SALESFORCE, "contacts", "Title", "job_title"},
    {ImportPlan::SALESFORCE, "contacts", "AccountId", "account", Use::kKey},

    {ImportPlan::SALESFORCE, "opportunities", "Id", "name", Use::kKey},
    {ImportPlan::SALESFORCE, "opportunities", "Name", "display_name"},
    {ImportPlan::SALESFORCE, "opportunities", "Amount", "amount"},
    {ImportPlan::SALESFORCE, "opportunities", "CurrencyIsoCode",
     "amount.currency_code"},
    {ImportPlan::SALESFORCE, "opportunities", "CloseDate", "close_date"},
    {ImportPlan::SALESFORCE, "opportunities", "NextStep", "next_step"},
    {ImportPlan::SALESFORCE, "opportunities", "AccountId", "account",
     Use::kKey},
};

absl::string_view SystemOf(ImportPlan::Preset preset) {
  return preset == ImportPlan::HUBSPOT ? "hubspot" : "salesforce";
}

ImportColumn ColumnOf(const PresetColumn& known) {
  ImportColumn column;
  column.set_column(std::string(known.column));
  column.set_field(std::string(known.field));
  column.set_key(known.use == Use::kKey);
  column.set_join(known.use == Use::kJoin);
  column.set_optional(true);
  return column;
}

std::vector<ImportPreset> Presets() {
  std::vector<ImportPreset> presets;
  for (const PresetColumn& known : kColumns) {
    // The table has the columns of a collection together.
    if (presets.empty() || presets.back().preset != known.preset ||
        presets.back().collection != known.collection) {
      presets.push_back({known.preset,
                         std::string(known.collection),
                         std::string(SystemOf(known.preset)),
                         {}});
    }
    presets.back().columns.push_back(ColumnOf(known));
  }
  return presets;
}

bool IsPhone(const FieldDescriptor& field) {
  return &field == v1::Contact::descriptor()->FindFieldByName("phone") ||
         &field == v1::Lead::descriptor()->FindFieldByName("phone") ||
         &field == v1::Customer::descriptor()->FindFieldByName("primary_phone");
}

std::string LocalizePhone(const FieldDescriptor& field,
                          absl::string_view region, std::string& text) {
  if (!IsPhone(field)) return "";
  auto number = NormalizePhone(text, region, "phone");
  if (!number.ok()) return "must be a phone number.";
  if (!number->extension.empty()) {
    return "must be a phone number without an extension, for which the field "
           "has no room.";
  }
  text = std::move(number->e164);
  return "";
}

}  // namespace

ImportRules MakeImportRules() {
  return {.presets = Presets(),
          .knows_region = IsPhoneRegion,
          .localize = LocalizePhone};
}

}  // namespace crm::operational
