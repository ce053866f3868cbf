// The methods of event sources and of quarantine that are not the kernel's.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_INGESTION_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_INGESTION_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/event_source.pb.h"
#include "crm/analytical/v1/quarantined_event.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/read_view.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Each serves the method of its request.
//
// Ingest takes the events of one message in: in one transaction each is stored,
// known already, or held, and the source counts them. What is held has a name
// that its id tells, so an event is held once, however often it comes. Replay
// returns FAILED_PRECONDITION (EVENT_STILL_REFUSED). List returns the errors of
// a page token.
absl::StatusOr<v1::IngestEventsResponse> HandleIngestEvents(
    Transaction& transaction, const CallContext& call,
    const v1::IngestEventsRequest& request);
absl::StatusOr<v1::QuarantinedEvent> HandleReplayQuarantinedEvent(
    Transaction& transaction, const CallContext& call,
    const v1::ReplayQuarantinedEventRequest& request);
absl::StatusOr<v1::ListIngestedEventsResponse> HandleListIngestedEvents(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ListIngestedEventsRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_INGESTION_H_
