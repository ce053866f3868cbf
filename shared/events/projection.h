// What a consumer made of events and can make again.

#ifndef CRM_SHARED_EVENTS_PROJECTION_H_
#define CRM_SHARED_EVENTS_PROJECTION_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/events/feed_client.h"

namespace crm {

// What a replay beside a projection has shown. The hashes are SHA-256 in
// hexadecimal, of everything that answers are made of.
struct ProjectionCheck {
  std::string projection_hash;
  std::string replay_hash;
  int64_t event_count = 0;
};

// A projection that can be replayed. Thread-safe; a second replay of the same
// projection at a time is refused with ABORTED (REPLAY_RUNNING).
class Projection {
 public:
  virtual ~Projection() = default;

  // Replays the events of `producer` from `feed` up to the positions of the
  // projection, and returns the hashes of both at those positions. Returns
  // DEADLINE_EXCEEDED (REPLAY_UNFINISHED) after `deadline`, ABORTED
  // (FEED_EPOCH_CHANGED) if the feed is in another epoch than the projection,
  // and the errors of the feed and of the store.
  virtual absl::StatusOr<ProjectionCheck> Verify(absl::string_view producer,
                                                 FeedClient& feed,
                                                 absl::Time deadline) = 0;

  // Replays the events up to the head of the feed into a new projection, and
  // puts it in the place of this one at once; who reads meanwhile gets the old
  // one whole. `projection_hash` and `replay_hash` are of the new one. Errors
  // as Verify().
  virtual absl::StatusOr<ProjectionCheck> Rebuild(absl::string_view producer,
                                                  FeedClient& feed,
                                                  absl::Time deadline) = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_EVENTS_PROJECTION_H_
