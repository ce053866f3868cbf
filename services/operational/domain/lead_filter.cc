#include "services/operational/domain/lead_filter.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/query/filter.h"

namespace crm::operational {

void CheckLeadFilter(absl::string_view text, absl::string_view field,
                     const RuleContext& context,
                     std::vector<FieldViolation>& violations) {
  const auto filter = Filter::Parse(text, v1::Lead::descriptor(), field, {},
                                    context.find_custom_field);
  for (FieldViolation& violation : FieldViolations(filter.status())) {
    violations.push_back(std::move(violation));
  }
}

bool MatchesLead(absl::string_view text, const v1::Lead& lead,
                 const FindCustomField& fields) {
  const auto filter =
      Filter::Parse(text, v1::Lead::descriptor(), "filter", {}, fields);
  return filter.ok() && filter->Matches(lead);
}

std::string OpenLeadsOf(absl::string_view subject) {
  const std::string quoted = absl::StrReplaceAll(
      subject, {{"\\", "\\\\"}, {"\"", "\\\""}, {"*", "\\*"}});
  return absl::StrCat("owner = \"", quoted,
                      "\" AND (state = NEW OR state = ASSIGNED OR state = "
                      "WORKING OR state = QUALIFIED)");
}

bool IsOpen(const v1::Lead& lead) {
  return !lead.has_delete_time() && lead.state() != v1::Lead::CONVERTED &&
         lead.state() != v1::Lead::DISQUALIFIED;
}

}  // namespace crm::operational
