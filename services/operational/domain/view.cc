#include "services/operational/domain/view.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/query/field_path.h"
#include "shared/query/filter.h"

namespace crm::operational {

absl::Status PrepareView(const v1::View* /*before*/, v1::View& after,
                         const RuleContext& context) {
  if (after.sharing() == v1::View::SHARING_UNSPECIFIED) {
    after.set_sharing(v1::View::PRIVATE);
  }
  const google::protobuf::Descriptor* type =
      context.find_type ? context.find_type(after.resource_type()) : nullptr;
  if (type == nullptr) {
    return BadField("view.resource_type",
                    "must be a resource type of this service, as 'crm/Lead'.");
  }
  const auto filter = Filter::Parse(after.filter(), type, "view.filter", {},
                                    context.find_custom_field);
  std::vector<FieldViolation> violations = FieldViolations(filter.status());
  for (int i = 0; i < after.columns_size(); ++i) {
    if (!FindFieldPath(*type, after.columns(i)).has_value()) {
      violations.push_back({absl::StrCat("view.columns[", i, "]"),
                            "must be a field of the resource type."});
    }
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

}  // namespace crm::operational
