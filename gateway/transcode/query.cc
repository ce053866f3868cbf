#include "gateway/transcode/query.h"

#include "absl/strings/str_split.h"
#include "gateway/routing/path.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {

absl::StatusOr<QueryParameters> ParseQuery(absl::string_view query) {
  if (query.size() > kMaxQueryBytes) {
    return InvalidArgument("BAD_URL", "The query is longer than 16384 bytes.");
  }
  QueryParameters parameters;
  for (const absl::string_view part :
       absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> halves =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    CRM_ASSIGN_OR_RETURN(std::string name, PercentDecode(halves.first, true));
    CRM_ASSIGN_OR_RETURN(std::string value, PercentDecode(halves.second, true));
    if (name.empty()) {
      return InvalidArgument("BAD_URL", "A query parameter has no name.");
    }
    parameters.emplace_back(std::move(name), std::move(value));
  }
  if (parameters.size() > kMaxQueryParameters) {
    return InvalidArgument("BAD_URL", "The query has over 1000 parameters.");
  }
  return parameters;
}

}  // namespace crm::gateway
