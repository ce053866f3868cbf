// Hands the events of one partition to the applier, in order, and decides what
// an error means: try again, or park the event and go on.

#ifndef CRM_SHARED_EVENTS_EVENT_INBOX_H_
#define CRM_SHARED_EVENTS_EVENT_INBOX_H_

#include <cstdint>
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

  // Which partition of which feed.
  struct Source {
    std::string producer;
    int partition = 0;
    int partitions = 1;
    int64_t feed_epoch = 0;
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
  //   DATA_LOSS (EVENT_MISPLACED)  an event does not belong here,
  //   and the errors of Applier::Apply() until an event is parked.
  absl::Status Offer(absl::Span<const internal::v1::Event> events);

  int64_t position() const { return position_; }

  // Returns how many events were parked since construction.
  int64_t parked_count() const { return parked_count_; }

 private:
  absl::Status CheckPlace(absl::Span<const internal::v1::Event> events) const;
  // Both deal with some of the first events; the position tells with how many.
  absl::Status TakeSome(absl::Span<const internal::v1::Event> events);
  absl::Status Failed(const internal::v1::Event& event, absl::Status status);
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
  // How often the event after the position has failed by its own fault.
  int tries_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_EVENT_INBOX_H_
