// What a consumer does with events: the interface between the loop that fetches
// them and the store that keeps their effect.
//
// The position in each partition is kept in the same store and moves in the
// same transaction as the effect, so each event has its effect exactly once
// however often it is delivered.

#ifndef CRM_SHARED_EVENTS_APPLIER_H_
#define CRM_SHARED_EVENTS_APPLIER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crm/internal/v1/event.pb.h"

namespace crm {

// A step in one partition: from the position that must be stored now to the one
// that is stored with the effect.
struct FeedStep {
  std::string producer;
  int partition = 0;
  int64_t feed_epoch = 0;
  int64_t from_seq = 0;
  int64_t to_seq = 0;
};

// An ordering key whose events are set aside.
struct ParkedKey {
  std::string tenant;
  std::string ordering_key;

  friend auto operator<=>(const ParkedKey&, const ParkedKey&) = default;
};

// What a store knows of a producer.
struct ConsumerState {
  // The epoch of the feed that was applied last; 0 if nothing was.
  int64_t feed_epoch = 0;
  // The last position applied in each partition; partitions beyond the end are
  // at 0.
  std::vector<int64_t> positions;
  std::vector<ParkedKey> parked_keys;
  int64_t parked_count = 0;
};

// Keeps the effect of events. Each method is one transaction. Called by one
// consumer's thread per producer.
//
// Apply(), Park() and Resync() return ABORTED (POSITION_MOVED), with nothing
// changed, if the stored position is not the one that the step starts from. Any
// other error means that nothing changed, and is taken as
//   the event's fault: INVALID_ARGUMENT, DATA_LOSS, OUT_OF_RANGE, NOT_FOUND,
//     ALREADY_EXISTS, FAILED_PRECONDITION, UNIMPLEMENTED; after three tries the
//     event is parked;
//   the moment's fault: all others; tried again until it succeeds.
class Applier {
 public:
  virtual ~Applier() = default;

  virtual absl::StatusOr<ConsumerState> Load(absl::string_view producer) = 0;

  // Applies `events`, the whole content of the step in order, and moves the
  // position.
  virtual absl::Status Apply(const FeedStep& step,
                             absl::Span<const internal::v1::Event> events) = 0;

  // Sets aside the one event of the step, with the reason, and moves the
  // position. Events of its ordering key that come later are parked behind it.
  virtual absl::Status Park(const FeedStep& step,
                            const internal::v1::Event& event,
                            const absl::Status& reason) = 0;

  // Forgets all that came from the producer, positions and parked events
  // included, and begins `feed_epoch` at 0: the producer was restored from a
  // backup and what it said after that never happened.
  virtual absl::Status Resync(absl::string_view producer,
                              int64_t feed_epoch) = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_APPLIER_H_
