#include "services/operational/handlers/call_brief.h"

#include <string>
#include <utility>
#include <vector>

#include "services/operational/domain/call_brief.h"
#include "shared/base/status_macros.h"
#include "shared/resource/answer_mask.h"
#include "shared/resource/row_rule.h"

namespace crm::operational {
namespace {

// Clears what the caller may not see of `record`.
template <typename T>
void ClearHidden(const ReadView& view, const CallContext& call, T& record) {
  const Resource& resource = *view.catalog().Find(T::descriptor());
  const auto rule = RuleFor(call.caller.get(), view.catalog(), resource,
                            PermissionToRead(call, resource));
  if (!rule->hides()) return;
  for (const std::string& path : rule->HiddenIn(record)) {
    ClearPath(record, path);
  }
}

// Reads what the customer has of one type.
template <typename T>
absl::Status ReadAll(const ReadView& view, const CallContext& call,
                     const std::string& customer, std::vector<T>& records) {
  CRM_ASSIGN_OR_RETURN(records, view.Select<T>("customer", customer));
  for (T& record : records) ClearHidden(view, call, record);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::CallBrief> HandleGetCallBrief(
    const ReadView& view, const CallContext& call,
    const v1::GetCallBriefRequest& request) {
  BriefRecords records;
  const std::string& name = request.name();
  CRM_ASSIGN_OR_RETURN(records.customer, view.GetLive<v1::Customer>(name));
  ClearHidden(view, call, records.customer);
  CRM_RETURN_IF_ERROR(ReadAll(view, call, name, records.opportunities));
  CRM_RETURN_IF_ERROR(ReadAll(view, call, name, records.quotes));
  CRM_RETURN_IF_ERROR(ReadAll(view, call, name, records.orders));
  CRM_RETURN_IF_ERROR(ReadAll(view, call, name, records.activities));
  return MakeCallBrief(records, call.now);
}

}  // namespace crm::operational
