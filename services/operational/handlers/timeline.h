// ActivityService.ListTimeline.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_TIMELINE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_TIMELINE_H_

#include "absl/status/statusor.h"
#include "crm/operational/v1/timeline.pb.h"
#include "shared/call/call.h"
#include "shared/query/page_token.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Serves the method of its request: changes from the audit entries, activities
// and documents from their tables. NOT_FOUND for a resource that the caller may
// not read.
absl::StatusOr<v1::ListTimelineResponse> HandleListTimeline(
    const PageTokenCodec& tokens, const ReadView& view, const CallContext& call,
    const v1::ListTimelineRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_TIMELINE_H_
