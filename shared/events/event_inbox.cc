#include "shared/events/event_inbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"
#include "shared/events/parked_events.h"

namespace crm {

using internal::v1::Event;

namespace {

// How many events are applied singly after a process did not come back: as many
// as a consumer reads at once, at most.
constexpr int64_t kSuspects = 1000;

}  // namespace

bool IsPermanentFailure(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

EventInbox::EventInbox(Applier& applier, std::set<ParkedKey>& parked_keys,
                       Source source, int64_t position)
    : applier_(applier),
      parked_keys_(parked_keys),
      source_(std::move(source)),
      position_(position) {}

absl::Status EventInbox::Offer(absl::Span<const Event> events) {
  while (!events.empty() && events.front().seq() <= position_) {
    events.remove_prefix(1);
  }
  CRM_RETURN_IF_ERROR(CheckGap(events));
  CRM_RETURN_IF_ERROR(CheckPlace(events, /*has_holes=*/false));
  return TakeAll(events);
}

absl::Status EventInbox::OfferCompacted(absl::Span<const Event> events,
                                        int64_t to_seq) {
  while (!events.empty() && events.front().seq() <= position_) {
    events.remove_prefix(1);
  }
  CRM_RETURN_IF_ERROR(CheckPlace(events, /*has_holes=*/true));
  CRM_RETURN_IF_ERROR(TakeAll(events));
  if (position_ >= to_seq) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(applier_.Apply(StepTo(to_seq), {}));
  position_ = to_seq;
  return absl::OkStatus();
}

absl::Status EventInbox::TakeAll(absl::Span<const Event> events) {
  while (!events.empty()) {
    CRM_RETURN_IF_ERROR(TakeSome(events));
    while (!events.empty() && events.front().seq() <= position_) {
      events.remove_prefix(1);
    }
  }
  return absl::OkStatus();
}

absl::Status EventInbox::CheckGap(absl::Span<const Event> events) const {
  if (events.empty() || events.front().seq() == position_ + 1) {
    return absl::OkStatus();
  }
  return OutOfRange(
      "FEED_GAP",
      absl::StrCat("Events ", position_ + 1, " to ", events.front().seq() - 1,
                   " of '", source_.producer, "' partition ", source_.partition,
                   " are missing."));
}

absl::Status EventInbox::CheckPlace(absl::Span<const Event> events,
                                    bool has_holes) const {
  int64_t last = position_;
  for (const Event& event : events) {
    const bool follows =
        has_holes ? event.seq() > last : event.seq() == last + 1;
    last = event.seq();
    // The hash is checked too: an event under the wrong tenant must not pass.
    if (!follows || event.partition() != source_.partition ||
        PartitionOf(event.tenant(), event.ordering_key(), source_.partitions) !=
            source_.partition) {
      return MakeError(
          absl::StatusCode::kDataLoss, "EVENT_MISPLACED",
          absl::StrCat("Event '", event.id(), "' is not at its place in '",
                       source_.producer, "' partition ", source_.partition,
                       "."));
    }
  }
  return absl::OkStatus();
}

absl::Status EventInbox::TakeSome(absl::Span<const Event> events) {
  const Event& first = events.front();
  if (IsParked(first)) return ParkBehind(first);
  CRM_ASSIGN_OR_RETURN(const bool may_begin, Begin(first));
  if (!may_begin) {
    return Park(first, FailedPrecondition(
                           "EVENT_ENDS_PROCESS",
                           "Applying the event has ended the process again "
                           "and again."));
  }
  size_t count = 1;
  if (first.seq() > careful_until_ && suspect_until_ == 0) {
    while (count < events.size() && !IsParked(events[count])) ++count;
  }
  const FeedStep step = StepTo(events[count - 1].seq());
  absl::Status status = applier_.Apply(step, events.first(count));
  survived_ = true;
  if (status.ok()) {
    position_ = step.to_seq;
    tries_ = 0;
    noted_ = false;
    if (position_ >= suspect_until_) suspect_until_ = 0;
    return status;
  }
  CRM_RETURN_IF_ERROR(Survived());
  if (!IsPermanentFailure(status)) return status;
  if (count == 1) return Failed(first, std::move(status));
  careful_until_ = step.to_seq;
  return absl::OkStatus();
}

absl::StatusOr<bool> EventInbox::Begin(const Event& event) {
  if (survived_ && suspect_until_ == 0) return true;
  CRM_ASSIGN_OR_RETURN(const int64_t attempts,
                       applier_.NoteAttempt(StepTo(event.seq())));
  noted_ = true;
  if (attempts >= kMaxTries) return false;
  if (attempts > 1 && suspect_until_ == 0) {
    // An earlier process began here and did not come back. Which event of its
    // batch it was is found by applying them singly.
    suspect_until_ = event.seq() + kSuspects - 1;
  }
  return true;
}

absl::Status EventInbox::Survived() {
  if (!std::exchange(noted_, false)) return absl::OkStatus();
  return applier_.ForgetAttempts(StepTo(position_ + 1));
}

absl::Status EventInbox::Failed(const Event& event, absl::Status status) {
  if (++tries_ < kMaxTries) return status;
  CRM_RETURN_IF_ERROR(Park(event, status));
  tries_ = 0;
  careful_until_ = 0;
  return absl::OkStatus();
}

absl::Status EventInbox::ParkBehind(const Event& event) {
  const absl::Status status =
      Park(event,
           FailedPrecondition(
               kKeyParked, "An earlier event of the ordering key is parked."));
  if (ErrorReason(status) != "KEY_NOT_PARKED") return status;
  parked_keys_.erase({event.tenant(), event.ordering_key()});
  return absl::OkStatus();
}

absl::Status EventInbox::Park(const Event& event, const absl::Status& reason) {
  CRM_RETURN_IF_ERROR(CheckRoomToPark(event));
  CRM_RETURN_IF_ERROR(applier_.Park(StepTo(event.seq()), event, reason));
  position_ = event.seq();
  if (position_ >= suspect_until_) suspect_until_ = 0;
  noted_ = false;
  ++parked_count_;
  parked_keys_.insert({event.tenant(), event.ordering_key()});
  return absl::OkStatus();
}

absl::Status EventInbox::CheckRoomToPark(const Event& event) const {
  if (parked_keys_.size() < kMaxParkedKeys || IsParked(event)) {
    return absl::OkStatus();
  }
  const auto here = [this](const ParkedKey& key) {
    return PartitionOf(key.tenant, key.ordering_key, source_.partitions) ==
           source_.partition;
  };
  const auto parked =
      std::count_if(parked_keys_.begin(), parked_keys_.end(), here);
  if (parked < kMaxParkedKeys) return absl::OkStatus();
  return ResourceExhausted(
      "PARTITION_STOPPED",
      absl::StrCat(parked, " ordering keys of '", source_.producer,
                   "' partition ", source_.partition,
                   " are parked; it stands still until some are replayed."));
}

bool EventInbox::IsParked(const Event& event) const {
  return !parked_keys_.empty() &&
         parked_keys_.contains({event.tenant(), event.ordering_key()});
}

FeedStep EventInbox::StepTo(int64_t seq) const {
  return {.producer = source_.producer,
          .partition = source_.partition,
          .feed_epoch = source_.feed_epoch,
          .from_seq = position_,
          .to_seq = seq,
          .lease = source_.lease};
}

}  // namespace crm
