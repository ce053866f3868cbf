#include "shared/resource/reaction_applier.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/events/parked_events.h"
#include "shared/events/sql_applier.h"
#include "shared/resource/commit_records.h"

namespace crm {
namespace {

using internal::v1::Event;

constexpr absl::Duration kDatabaseTimeout = absl::Seconds(30);

}  // namespace

ReactionApplier::ReactionApplier(const Kernel& kernel, Reaction reaction)
    : kernel_(kernel),
      reaction_(std::move(reaction)),
      key_(absl::StrCat(reaction_.producer, "/reactions")) {
  method_.path = absl::StrCat("events/", reaction_.producer);
  method_.mutating = true;
}

absl::StatusOr<ConsumerState> ReactionApplier::Load(
    absl::string_view /*producer*/) {
  absl::StatusOr<ConsumerState> state;
  CRM_RETURN_IF_ERROR(kernel_.database.Read(
      kernel_.clock.Now() + kDatabaseTimeout, [&](SqlReader& reader) {
        state = LoadConsumerState(reader, key_);
        return state.status();
      }));
  return state;
}

absl::Status ReactionApplier::Apply(const FeedStep& step,
                                    absl::Span<const Event> events) {
  Effects effects;
  CRM_RETURN_IF_ERROR(Write([&](SqlWriter& writer) -> absl::Status {
    CRM_RETURN_IF_ERROR(AdvancePosition(writer, Stored(step)));
    return ReactToAll(writer, events, effects);
  }));
  Tell(effects);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ReactionApplier::NoteAttempt(const FeedStep& step) {
  int64_t attempts = 0;
  CRM_RETURN_IF_ERROR(Write([&](SqlWriter& writer) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(attempts, NoteAttemptIn(writer, Stored(step)));
    return absl::OkStatus();
  }));
  return attempts;
}

absl::Status ReactionApplier::ForgetAttempts(const FeedStep& step) {
  return Write([&](SqlWriter& writer) {
    return ForgetAttemptsIn(writer, Stored(step));
  });
}

absl::Status ReactionApplier::Park(const FeedStep& step, const Event& event,
                                   const absl::Status& reason) {
  return Write([&](SqlWriter& writer) -> absl::Status {
    const FeedStep stored = Stored(step);
    CRM_RETURN_IF_ERROR(AdvancePosition(writer, stored));
    return StoreParkedEvent(writer, stored, event, reason, kernel_.clock.Now());
  });
}

absl::StatusOr<std::vector<ParkedEvent>> ReactionApplier::ListParked(
    absl::string_view tenant, const std::optional<ParkedPlace>& after,
    int limit) {
  // The store lists the events of other consumers too, before and behind.
  ParkedPlace place{.producer = key_, .partition = -1};
  if (after.has_value()) {
    if (after->producer > reaction_.producer) return std::vector<ParkedEvent>();
    if (after->producer == reaction_.producer) {
      place.partition = after->partition;
      place.seq = after->seq;
    }
  }
  absl::StatusOr<std::vector<ParkedEvent>> events;
  CRM_RETURN_IF_ERROR(kernel_.database.Read(
      kernel_.clock.Now() + kDatabaseTimeout, [&](SqlReader& reader) {
        events = ListParkedEvents(reader, tenant, place, limit);
        return events.status();
      }));
  std::erase_if(*events, [this](const ParkedEvent& event) {
    return event.place.producer != key_;
  });
  for (ParkedEvent& event : *events) event.place.producer = reaction_.producer;
  return events;
}

absl::StatusOr<bool> ReactionApplier::ReplayParked(
    absl::string_view /*producer*/, const ParkedKey& key) {
  bool found = false;
  Effects effects;
  CRM_RETURN_IF_ERROR(Write([&](SqlWriter& writer) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(const std::optional<ParkedEvent> parked,
                         OldestParkedEvent(writer, key_, key));
    found = parked.has_value();
    if (!found) return absl::OkStatus();
    CRM_RETURN_IF_ERROR(RemoveParkedEvent(writer, key.tenant, parked->place));
    return ReactToAll(writer, {parked->event}, effects);
  }));
  Tell(effects);
  return found;
}

absl::Status ReactionApplier::Resync(absl::string_view /*producer*/,
                                     int64_t feed_epoch) {
  return Write([&](SqlWriter& writer) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(const bool has_begun,
                         HasBegun(writer, key_, feed_epoch));
    if (has_begun) return absl::OkStatus();
    CRM_RETURN_IF_ERROR(reaction_.forget(writer));
    return ResetConsumerState(writer, key_, feed_epoch);
  });
}

absl::Status ReactionApplier::ReactToAll(SqlWriter& writer,
                                         absl::Span<const Event> events,
                                         Effects& effects) const {
  effects.clear();
  // Their elements must not move: they are completed when the body is done.
  effects.reserve(events.size());
  for (const Event& event : events) {
    if (!reaction_.concerns(event)) continue;
    CRM_RETURN_IF_ERROR(React(writer, event, effects.emplace_back()));
  }
  return absl::OkStatus();
}

absl::Status ReactionApplier::React(SqlWriter& writer, const Event& event,
                                    std::vector<Event>& effect) const {
  CallContext call;
  call.method = &method_;
  call.principal.tenant = event.tenant();
  call.principal.subject = absl::StrCat("system:", kernel_.service);
  call.principal.system = true;
  call.now = kernel_.clock.Now();
  call.deadline = call.now + kDatabaseTimeout;
  call.trace_id = event.trace_id();
  Transaction transaction(writer, kernel_.catalog, call, kernel_.ids, call.now);
  CRM_RETURN_IF_ERROR(reaction_.react(transaction, event));
  CRM_RETURN_IF_ERROR(transaction.status());
  return WriteCommitRecords(kernel_, transaction, "", effect, {}, event.id());
}

absl::Status ReactionApplier::Write(const Database::WriteBody& body) const {
  return kernel_.database.WriteAndWait(kernel_.clock.Now() + kDatabaseTimeout,
                                       body);
}

FeedStep ReactionApplier::Stored(FeedStep step) const {
  step.producer = key_;
  return step;
}

void ReactionApplier::Tell(const Effects& effects) const {
  if (!kernel_.on_commit) return;
  for (const std::vector<Event>& effect : effects) {
    if (!effect.empty()) kernel_.on_commit(effect);
  }
}

}  // namespace crm
