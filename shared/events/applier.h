// What a consumer does with events: the interface between the loop that fetches
// them and the store that keeps their effect.
//
// The position in each partition is kept in the same store and moves in the
// same transaction as the effect, so each event has its effect exactly once
// however often it is delivered.

#ifndef CRM_SHARED_EVENTS_APPLIER_H_
#define CRM_SHARED_EVENTS_APPLIER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/storage/lease.h"

namespace crm {

// A step in one partition: from the position that must be stored now to the one
// that is stored with the effect.
struct FeedStep {
  std::string producer;
  int partition = 0;
  int64_t feed_epoch = 0;
  int64_t from_seq = 0;
  int64_t to_seq = 0;
  // Under which the partition is consumed, where several processes share the
  // store; checked in the transaction.
  std::optional<Lease> lease = std::nullopt;
};

// An ordering key whose events are set aside.
struct ParkedKey {
  std::string tenant;
  std::string ordering_key;

  friend auto operator<=>(const ParkedKey&, const ParkedKey&) = default;
};

// Where a parked event was in its feed; its key in the store.
struct ParkedPlace {
  std::string producer;
  int partition = 0;
  int64_t seq = 0;

  friend auto operator<=>(const ParkedPlace&, const ParkedPlace&) = default;
};

struct ParkedEvent {
  ParkedPlace place;
  // The reason and the message of the error, as `BAD_EVENT: It holds nothing.`
  std::string reason;
  absl::Time park_time;
  internal::v1::Event event;
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

// Keeps the effect of events. Each method is one transaction. Load, Apply,
// NoteAttempt, Park and Resync are called by one thread per producer, the
// others by any.
//
// Apply() and Park() return ABORTED, with nothing changed, if the stored
// position is not the one that the step starts from (POSITION_MOVED), or the
// step's lease is another's by now (LEASE_LOST). Any other error means that
// nothing changed, and is taken as
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

  // Notes durably that the event after the step's start is about to be applied,
  // and returns how often that was noted since it was last forgotten: an event
  // that ends the process is known by it.
  virtual absl::StatusOr<int64_t> NoteAttempt(const FeedStep& step) = 0;

  // Forgets the attempts at the step's first event: the process outlived them.
  virtual absl::Status ForgetAttempts(const FeedStep& step) = 0;

  // Sets aside the one event of the step, with the reason, and moves the
  // position. Events of its ordering key that come later are parked behind it,
  // with the reason kKeyParked; for those returns ABORTED (KEY_NOT_PARKED) once
  // nothing of the key is parked any more.
  virtual absl::Status Park(const FeedStep& step,
                            const internal::v1::Event& event,
                            const absl::Status& reason) = 0;

  // Returns up to `limit` parked events of `tenant` that come after `after`, by
  // producer, partition and position.
  virtual absl::StatusOr<std::vector<ParkedEvent>> ListParked(
      absl::string_view tenant, const std::optional<ParkedPlace>& after,
      int limit) = 0;

  // Applies the oldest parked event of `key` and takes it from those that are
  // parked, in one transaction. Returns whether there was one, and the errors
  // of Apply(), of which every one leaves it parked.
  virtual absl::StatusOr<bool> ReplayParked(absl::string_view producer,
                                            const ParkedKey& key) = 0;

  // Forgets all that came from the producer, positions and parked events
  // included, and begins `feed_epoch` at 0: the producer was restored from a
  // backup and what it said after that never happened. Does nothing if that
  // epoch or a later one has begun: another process was first.
  virtual absl::Status Resync(absl::string_view producer,
                              int64_t feed_epoch) = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_APPLIER_H_
