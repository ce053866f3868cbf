#include "services/operational/domain/view.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_path.h"
#include "shared/query/filter.h"
#include "shared/query/order_by.h"
#include "shared/query/resource_columns.h"
#include "shared/reflect/resource_schema.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;

// Returns the columns that resources of `type` can be ordered by, and of the
// custom fields those that `order_by` names.
absl::StatusOr<ColumnMap> OrderColumns(const Descriptor* type,
                                       absl::string_view order_by,
                                       const FindCustomField& find) {
  CRM_ASSIGN_OR_RETURN(const ResourceSchema schema,
                       ResourceSchema::Build(type));
  ColumnMap columns = ColumnsOf(schema);
  const FieldDescriptor* custom = CustomFieldsOf(*type);
  if (custom == nullptr || !find) return columns;
  for (const absl::string_view word :
       absl::StrSplit(order_by, absl::ByAnyChar(" \t\n\r,"))) {
    const auto path = FindFieldPath(*type, word);
    if (!path.has_value() || path->steps.front().field != custom ||
        !path->steps.front().map_key.has_value()) {
      continue;
    }
    const std::string& key = *path->steps.front().map_key;
    if (find(*type, key).member == nullptr) continue;
    columns.Add(absl::StrCat(custom->name(), ".", key), {.name = key});
  }
  return columns;
}

absl::Status CheckOrder(const v1::View& view, const Descriptor* type,
                        const FindCustomField& find) {
  CRM_ASSIGN_OR_RETURN(const ColumnMap columns,
                       OrderColumns(type, view.order_by(), find));
  return ParseOrderBy(view.order_by(), columns).status();
}

}  // namespace

absl::Status PrepareView(const v1::View* /*before*/, v1::View& after,
                         const RuleContext& context) {
  if (after.sharing() == v1::View::SHARING_UNSPECIFIED) {
    after.set_sharing(v1::View::PRIVATE);
  }
  const Descriptor* type =
      context.find_type ? context.find_type(after.resource_type()) : nullptr;
  if (type == nullptr) {
    return BadField("view.resource_type",
                    "must be a resource type of this service, as 'crm/Lead'.");
  }
  const auto filter = Filter::Parse(after.filter(), type, "view.filter", {},
                                    context.find_custom_field);
  std::vector<FieldViolation> violations = FieldViolations(filter.status());
  const absl::Status ordered =
      CheckOrder(after, type, context.find_custom_field);
  for (FieldViolation& violation : FieldViolations(ordered)) {
    violation.field = "view.order_by";
    violations.push_back(std::move(violation));
  }
  for (int i = 0; i < after.columns_size(); ++i) {
    if (!FindFieldPath(*type, after.columns(i)).has_value()) {
      violations.push_back({absl::StrCat("view.columns[", i, "]"),
                            "must be a field of the resource type."});
    }
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace crm::operational
