#include "shared/events/event_inbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"

namespace crm {

using internal::v1::Event;

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
  const auto drop_done = [&] {
    while (!events.empty() && events.front().seq() <= position_) {
      events.remove_prefix(1);
    }
  };
  drop_done();
  CRM_RETURN_IF_ERROR(CheckPlace(events));
  while (!events.empty()) {
    CRM_RETURN_IF_ERROR(TakeSome(events));
    drop_done();
  }
  return absl::OkStatus();
}

absl::Status EventInbox::CheckPlace(absl::Span<const Event> events) const {
  if (!events.empty() && events.front().seq() != position_ + 1) {
    return OutOfRange(
        "FEED_GAP",
        absl::StrCat("Events ", position_ + 1, " to ", events.front().seq() - 1,
                     " of '", source_.producer, "' partition ",
                     source_.partition, " are missing."));
  }
  int64_t expected = position_;
  for (const Event& event : events) {
    // The hash is checked too: an event under the wrong tenant must not pass.
    if (event.seq() != ++expected || event.partition() != source_.partition ||
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
  if (IsParked(first)) {
    return Park(first, FailedPrecondition(
                           "KEY_PARKED",
                           "An earlier event of the ordering key is parked."));
  }
  size_t count = 1;
  if (first.seq() > careful_until_) {
    while (count < events.size() && !IsParked(events[count])) ++count;
  }
  const FeedStep step = StepTo(events[count - 1].seq());
  absl::Status status = applier_.Apply(step, events.first(count));
  if (status.ok()) {
    position_ = step.to_seq;
    tries_ = 0;
    return status;
  }
  if (!IsPermanentFailure(status)) return status;
  if (count == 1) return Failed(first, std::move(status));
  careful_until_ = step.to_seq;
  return absl::OkStatus();
}

absl::Status EventInbox::Failed(const Event& event, absl::Status status) {
  if (++tries_ < kMaxTries) return status;
  CRM_RETURN_IF_ERROR(Park(event, status));
  tries_ = 0;
  careful_until_ = 0;
  return absl::OkStatus();
}

absl::Status EventInbox::Park(const Event& event, const absl::Status& reason) {
  CRM_RETURN_IF_ERROR(applier_.Park(StepTo(event.seq()), event, reason));
  position_ = event.seq();
  ++parked_count_;
  parked_keys_.insert({event.tenant(), event.ordering_key()});
  return absl::OkStatus();
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
          .to_seq = seq};
}

}  // namespace crm
