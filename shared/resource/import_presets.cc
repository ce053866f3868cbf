#include "shared/resource/import_presets.h"

namespace crm {
namespace {

using ::crm::platform::v1::ImportColumn;
using ::crm::platform::v1::ImportPlan;

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

}  // namespace

std::vector<ImportColumn> PresetColumns(ImportPlan::Preset preset,
                                        absl::string_view collection) {
  std::vector<ImportColumn> columns;
  for (const PresetColumn& known : kColumns) {
    if (known.preset != preset || known.collection != collection) continue;
    ImportColumn& column = columns.emplace_back();
    column.set_column(std::string(known.column));
    column.set_field(std::string(known.field));
    column.set_key(known.use == Use::kKey);
    column.set_join(known.use == Use::kJoin);
    column.set_optional(true);
  }
  return columns;
}

absl::string_view PresetSystem(ImportPlan::Preset preset) {
  switch (preset) {
    case ImportPlan::HUBSPOT:
      return "hubspot";
    case ImportPlan::SALESFORCE:
      return "salesforce";
    default:
      return "";
  }
}

}  // namespace crm
