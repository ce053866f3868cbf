#include "services/operational/handlers/call_brief.h"

#include <string>
#include <utility>
#include <vector>

#include "services/operational/domain/call_brief.h"
#include "shared/auth/caller.h"
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

// Reads what the customer has of one type; notes that the caller may read none.
template <typename T>
absl::Status ReadAll(const ReadView& view, const CallContext& call,
                     BriefRecords& brief, std::vector<T>& records) {
  const Resource& resource = *view.catalog().Find(T::descriptor());
  if (call.caller != nullptr &&
      !call.caller->AccessTo(ReadPermission(resource)).allowed()) {
    brief.denied.push_back(resource.schema.pattern().collections().back());
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(records,
                       view.Select<T>("customer", brief.customer.name()));
  for (T& record : records) ClearHidden(view, call, record);
  return absl::OkStatus();
}

}  // namespace

std::optional<profile::v1::Slice> ReadScores(
    PeerSlices& peers, const CallContext& call,
    const v1::GetCallBriefRequest& request) {
  return peers.Read(call, request.name(), profile::v1::Slice::SCORES);
}

absl::StatusOr<v1::CallBrief> HandleGetCallBrief(
    const std::optional<profile::v1::Slice>& scores, const ReadView& view,
    const CallContext& call, const v1::GetCallBriefRequest& request) {
  BriefRecords records;
  CRM_ASSIGN_OR_RETURN(records.customer,
                       view.GetLive<v1::Customer>(request.name()));
  ClearHidden(view, call, records.customer);
  CRM_RETURN_IF_ERROR(ReadAll(view, call, records, records.opportunities));
  CRM_RETURN_IF_ERROR(ReadAll(view, call, records, records.quotes));
  CRM_RETURN_IF_ERROR(ReadAll(view, call, records, records.orders));
  CRM_RETURN_IF_ERROR(ReadAll(view, call, records, records.activities));
  records.scores = scores;
  return MakeCallBrief(records, call.now);
}

}  // namespace crm::operational
