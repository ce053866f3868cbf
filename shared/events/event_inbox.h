// Hands the events of one partition to the applier, in order, and decides what
// an error means: try again, or park the event and go on.

#ifndef CRM_SHARED_EVENTS_EVENT_INBOX_H_
#define CRM_SHARED_EVENTS_EVENT_INBOX_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/events/applier.h"

namespace crm {

// Returns whether `status` is the fault of the event, not of the moment.
bool IsPermanentFailure(const absl::Status& status);

// The state of one partition of one producer. Thread-compatible.
class EventInbox {
 public:
  // How often an event that fails by its own fault is tried.
  static constexpr int kMaxTries = 3;

  // How many ordering keys of a partition may be parked. Beyond it something is
  // wrong with more than single events, and the partition stands still.
  static constexpr int kMaxParkedKeys = 1000;

  // Which partition of which feed.
  struct Source {
    std::string producer;
    int partition = 0;
    int partitions = 1;
    int64_t feed_epoch = 0;
    // Under which the partition is consumed; none where there is no other.
    std::optional<Lease> lease = std::nullopt;
  };

  // `applier` and `parked_keys`, which all partitions of a producer share,
  // outlive this. `position` is the last position applied.
  EventInbox(Applier& applier, std::set<ParkedKey>& parked_keys, Source source,
             int64_t position);

  // Takes `events`, by rising seq without holes, and applies those after the
  // position. On an error the position stands at the last event that is dealt
  // with; offered again, the others are tried again. Returns
  //   OUT_OF_RANGE (FEED_GAP)      the first event comes too late: some lack,
  //   ABORTED (POSITION_MOVED)     another consumer has moved the position,
  //   ABORTED (LEASE_LOST)         another consumer has taken the partition,
  //   RESOURCE_EXHAUSTED (PARTITION_STOPPED)  too many keys are parked,
  //   DATA_LOSS (EVENT_MISPLACED)  an event does not belong here,
  //   and the errors of Applier::Apply() until an event is parked.
  absl::Status Offer(absl::Span<const internal::v1::Event> events);

  // Takes events of a compacted log, which has holes, and moves the position to
  // `to_seq` or the last event, whichever is later: what lacks has no effect on
  // the state any more. Errors as Offer(), without FEED_GAP.
  absl::Status OfferCompacted(absl::Span<const internal::v1::Event> events,
                              int64_t to_seq);

  int64_t position() const { return position_; }
  const std::optional<Lease>& lease() const { return source_.lease; }

  // Returns how many events were parked since construction.
  int64_t parked_count() const { return parked_count_; }

 private:
  absl::Status CheckGap(absl::Span<const internal::v1::Event> events) const;
  absl::Status CheckPlace(absl::Span<const internal::v1::Event> events,
                          bool has_holes) const;
  absl::Status TakeAll(absl::Span<const internal::v1::Event> events);
  // Both deal with some of the first events; the position tells with how many.
  absl::Status TakeSome(absl::Span<const internal::v1::Event> events);
  absl::Status Failed(const internal::v1::Event& event, absl::Status status);
  absl::Status ParkBehind(const internal::v1::Event& event);
  // Notes that `event` is about to be applied, if that is to be noted. Returns
  // whether it may be: not if it has ended the process too often.
  absl::StatusOr<bool> Begin(const internal::v1::Event& event);
  // Says that the process has outlived the application.
  absl::Status Survived();
  absl::Status CheckRoomToPark(const internal::v1::Event& event) const;
  absl::Status Park(const internal::v1::Event& event,
                    const absl::Status& reason);
  bool IsParked(const internal::v1::Event& event) const;
  FeedStep StepTo(int64_t seq) const;

  Applier& applier_;
  std::set<ParkedKey>& parked_keys_;
  const Source source_;
  int64_t position_;
  int64_t parked_count_ = 0;
  // Events up to this one are applied singly, to find the one that fails.
  int64_t careful_until_ = 0;
  // Whether an application has returned since the start. Until then, and while
  // events are applied singly because one may end the process, each attempt is
  // noted.
  bool survived_ = false;
  bool noted_ = false;
  int64_t suspect_until_ = 0;
  // How often the event after the position has failed by its own fault.
  int tries_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_EVENT_INBOX_H_
