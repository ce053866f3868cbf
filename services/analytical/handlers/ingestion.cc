#include "services/analytical/handlers/ingestion.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/domain/ingestion/event_schema.h"
#include "services/analytical/handlers/ingested_events.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"
#include "shared/reflect/field_access.h"

namespace crm::analytical {
namespace {

using ::crm::analytical::v1::EventAck;
using ::crm::analytical::v1::EventSource;
using ::crm::analytical::v1::IncomingEvent;
using ::crm::analytical::v1::IngestedEvent;
using ::crm::analytical::v1::QuarantinedEvent;

// How many bytes of a digest make an id.
constexpr size_t kIdBytes = 24;

IngestedKey KeyOf(const ReadView& view, const EventSource& source) {
  return {std::string(view.tenant()), source.uid()};
}

// Returns the name under which an event is held: the same for the same event.
std::string HeldName(const EventSource& source, const IncomingEvent& event) {
  const std::string digest =
      Sha256(absl::StrCat(source.uid(), "\n", event.event_id()));
  return absl::StrCat("quarantinedEvents/e",
                      absl::BytesToHexString(digest.substr(0, kIdBytes)));
}

IngestedEvent ToStore(const Transaction& transaction,
                      const IncomingEvent& event) {
  IngestedEvent stored;
  *stored.mutable_event() = event;
  *stored.mutable_ingest_time() = ToTimestamp(transaction.now());
  stored.set_ingester(transaction.call().principal.subject);
  return stored;
}

// Takes the events of one message in.
class Ingestion {
 public:
  Ingestion(Transaction& transaction, EventSource source)
      : transaction_(transaction),
        source_(std::move(source)),
        key_(KeyOf(transaction.view(), source_)) {}

  absl::StatusOr<v1::IngestEventsResponse> Take(
      const v1::IngestEventsRequest& request) {
    const EventSchemas schemas(source_);
    std::map<int, EventRefusal> refused;
    std::vector<IngestedEvent> good;
    std::vector<std::string> refused_ids;
    for (int i = 0; i < request.events_size(); ++i) {
      const IncomingEvent& event = request.events(i);
      if (auto refusal = schemas.Check(event); refusal.has_value()) {
        refused.emplace(i, *std::move(refusal));
        refused_ids.push_back(event.event_id());
      } else {
        good.push_back(ToStore(transaction_, event));
      }
    }
    CRM_ASSIGN_OR_RETURN(const std::set<std::string> known,
                         StoredIds(transaction_.writer(), key_, refused_ids));
    CRM_ASSIGN_OR_RETURN(std::set<std::string> stored,
                         StoreEvents(transaction_.writer(), key_, good));
    v1::IngestEventsResponse response;
    for (int i = 0; i < request.events_size(); ++i) {
      const IncomingEvent& event = request.events(i);
      EventAck& ack = *response.add_acks();
      ack.set_event_id(event.event_id());
      const auto refusal = refused.find(i);
      if (refusal != refused.end() && !known.contains(event.event_id())) {
        CRM_RETURN_IF_ERROR(Hold(event, refusal->second, ack));
      } else if (refusal == refused.end() &&
                 stored.erase(event.event_id()) > 0) {
        ack.set_outcome(EventAck::STORED);
        source_.set_stored_count(source_.stored_count() + 1);
      } else {
        ack.set_outcome(EventAck::REPEATED);
        source_.set_repeated_count(source_.repeated_count() + 1);
      }
    }
    if (response.acks_size() > 0) {
      *source_.mutable_ingest_time() = ToTimestamp(transaction_.now());
      transaction_.Update(source_);
    }
    return response;
  }

 private:
  absl::Status Hold(const IncomingEvent& event, const EventRefusal& refusal,
                    EventAck& ack) {
    QuarantinedEvent held;
    held.set_name(HeldName(source_, event));
    ack.set_outcome(EventAck::HELD);
    ack.set_reason(refusal.reason);
    ack.set_quarantined_event(held.name());
    if (!held_.insert(held.name()).second) return absl::OkStatus();
    const ReadView& view = transaction_.view();
    CRM_ASSIGN_OR_RETURN(
        const auto before,
        view.Find(*view.catalog().Find(QuarantinedEvent::descriptor()),
                  held.name()));
    if (before.has_value()) return absl::OkStatus();
    held.set_event_source(source_.name());
    held.set_event_id(event.event_id());
    *held.mutable_event() = event;
    held.set_reason(refusal.reason);
    held.set_detail(refusal.detail);
    held.set_state(QuarantinedEvent::HELD);
    transaction_.Create(held);
    source_.set_held_count(source_.held_count() + 1);
    return absl::OkStatus();
  }

  Transaction& transaction_;
  EventSource source_;
  const IngestedKey key_;
  // Those of this message.
  std::set<std::string> held_;
};

}  // namespace

absl::StatusOr<v1::IngestEventsResponse> HandleIngestEvents(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::IngestEventsRequest& request) {
  CRM_ASSIGN_OR_RETURN(EventSource source,
                       transaction.GetLive<EventSource>(request.name()));
  return Ingestion(transaction, std::move(source)).Take(request);
}

absl::StatusOr<v1::QuarantinedEvent> HandleReplayQuarantinedEvent(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ReplayQuarantinedEventRequest& request) {
  CRM_ASSIGN_OR_RETURN(QuarantinedEvent held,
                       transaction.Move<QuarantinedEvent>(request));
  CRM_ASSIGN_OR_RETURN(
      EventSource source,
      transaction.view().GetLive<EventSource>(held.event_source()));
  if (const auto refusal = EventSchemas(source).Check(held.event());
      refusal.has_value()) {
    return FailedPrecondition("EVENT_STILL_REFUSED",
                              absl::StrCat(refusal->detail,
                                           " Add a schema that it keeps to, or "
                                           "discard it."),
                              held.name(), {{"refusal", refusal->reason}});
  }
  CRM_ASSIGN_OR_RETURN(
      const std::set<std::string> stored,
      StoreEvents(transaction.writer(), KeyOf(transaction.view(), source),
                  {ToStore(transaction, held.event())}));
  if (!stored.empty()) {
    source.set_stored_count(source.stored_count() + 1);
    transaction.Update(source);
  }
  transaction.Update(held);
  return held;
}

absl::StatusOr<v1::ListIngestedEventsResponse> HandleListIngestedEvents(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::ListIngestedEventsRequest& request) {
  CRM_ASSIGN_OR_RETURN(const EventSource source,
                       view.Get<EventSource>(request.name()));
  CRM_ASSIGN_OR_RETURN(const int32_t page_size,
                       ResolvePageSize(request.page_size()));
  const std::string binding =
      absl::StrJoin({call.principal.tenant, call.principal.subject,
                     std::string("ListIngestedEvents"), source.uid()},
                    "\n");
  std::string after;
  if (!request.page_token().empty()) {
    CRM_ASSIGN_OR_RETURN(
        after, analytics.page_tokens.Decode(request.page_token(), binding));
  }
  CRM_ASSIGN_OR_RETURN(
      std::vector<IngestedEvent> events,
      EventsAfter(view.reader(), KeyOf(view, source), after, page_size + 1));
  v1::ListIngestedEventsResponse response;
  if (events.size() > static_cast<size_t>(page_size)) {
    events.pop_back();
    CRM_ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                         analytics.page_tokens.Encode(
                             events.back().event().event_id(), binding));
  }
  for (IngestedEvent& event : events) {
    *response.add_events() = std::move(event);
  }
  return response;
}

}  // namespace crm::analytical
