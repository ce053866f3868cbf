#include "shared/resource/check_filter_access.h"

#include "absl/strings/str_cat.h"

namespace crm {

absl::Status CheckFilterAccess(const Kernel& kernel, const CallContext& call,
                               const Filter& filter) {
  for (const std::string& type : filter.referenced_types()) {
    const Resource& referenced = *kernel.catalog.FindByType(type);
    const auto rule = RuleFor(call.caller.get(), kernel.catalog, referenced,
                              ReadPermission(referenced));
    if (rule->all_rows() && !rule->hides()) continue;
    return PermissionDenied(
        "PERMISSION_DENIED",
        absl::StrCat("The filter asks for fields of ",
                     referenced.schema.pattern().collection(),
                     ", of which you may not read all."),
        {{"permission", ReadPermission(referenced)}});
  }
  return absl::OkStatus();
}

void CheckShown(const RowRule& rule, absl::string_view field,
                const std::string& path,
                std::vector<FieldViolation>& violations) {
  if (!rule.HidesPath(path)) return;
  violations.push_back(
      {std::string(field),
       absl::StrCat("names '", path, "', which your roles hide.")});
}

}  // namespace crm
