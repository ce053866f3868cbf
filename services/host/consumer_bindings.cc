#include "services/host/consumer_bindings.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/consumers.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/parked_events.h"

namespace crm {
namespace {

using internal::v1::FindParkedEventsRequest;
using internal::v1::FindParkedEventsResponse;
using internal::v1::RebuildProjectionRequest;
using internal::v1::RebuildProjectionResponse;
using internal::v1::UnparkRequest;
using internal::v1::UnparkResponse;
using internal::v1::VerifyProjectionRequest;
using internal::v1::VerifyProjectionResponse;

constexpr int kDefaultEvents = 50;
constexpr int kMaxEvents = 100;

// What the handlers share.
struct Feeds {
  std::vector<FollowedFeed> followed;
  const Clock& clock;
};

absl::StatusOr<const FollowedFeed*> FindFeed(const Feeds& feeds,
                                             const std::string& producer) {
  for (const FollowedFeed& feed : feeds.followed) {
    if (feed.following.producer == producer) return &feed;
  }
  return NotFound("PRODUCER_NOT_FOLLOWED",
                  absl::StrCat("This service does not follow the service '",
                               producer, "'."),
                  {{"producer", producer}});
}

absl::StatusOr<const FollowedFeed*> FindProjection(
    const Feeds& feeds, const std::string& producer) {
  CRM_ASSIGN_OR_RETURN(const FollowedFeed* feed, FindFeed(feeds, producer));
  if (feed->following.projection == nullptr) {
    return FailedPrecondition(
        "NOT_A_PROJECTION",
        absl::StrCat("What this service makes of the events of '", producer,
                     "' cannot be made again."),
        producer);
  }
  return feed;
}

absl::StatusOr<FindParkedEventsResponse> FindParked(
    const Feeds& feeds, const FindParkedEventsRequest& request,
    absl::Time /*deadline*/) {
  if (request.max_events() < 0) {
    return BadField("max_events", "must not be negative.");
  }
  const int limit = request.max_events() == 0
                        ? kDefaultEvents
                        : std::min<int>(request.max_events(), kMaxEvents);
  std::optional<ParkedPlace> after;
  if (request.has_after()) {
    after = {.producer = request.after().producer(),
             .partition = request.after().partition(),
             .seq = request.after().seq()};
  }
  FindParkedEventsResponse response;
  for (const FollowedFeed& feed : feeds.followed) {
    const int left = limit - response.events_size();
    if (left == 0) break;
    if (after.has_value() && feed.following.producer < after->producer) {
      continue;
    }
    CRM_ASSIGN_OR_RETURN(
        std::vector<ParkedEvent> events,
        feed.following.applier->ListParked(request.tenant(), after, left));
    for (ParkedEvent& parked : events) {
      // Producers may share a store, which lists them all.
      if (parked.place.producer != feed.following.producer) continue;
      internal::v1::ParkedEvent& event = *response.add_events();
      event.mutable_place()->set_producer(parked.place.producer);
      event.mutable_place()->set_partition(parked.place.partition);
      event.mutable_place()->set_seq(parked.place.seq);
      event.set_reason(parked.reason);
      *event.mutable_park_time() = ToTimestamp(parked.park_time);
      parked.event.clear_before();
      parked.event.clear_after();
      *event.mutable_event() = std::move(parked.event);
    }
  }
  return response;
}

absl::StatusOr<UnparkResponse> Unpark(const Feeds& feeds,
                                      const UnparkRequest& request,
                                      absl::Time deadline) {
  CRM_ASSIGN_OR_RETURN(const FollowedFeed* feed,
                       FindFeed(feeds, request.producer()));
  UnparkResponse response;
  if (request.validate_only()) return response;
  CRM_ASSIGN_OR_RETURN(
      const int replayed,
      ReplayParkedKey(*feed->following.applier, request.producer(),
                      {request.tenant(), request.ordering_key()}, deadline,
                      feeds.clock));
  response.set_replayed_count(replayed);
  return response;
}

absl::StatusOr<VerifyProjectionResponse> Verify(
    const Feeds& feeds, const VerifyProjectionRequest& request,
    absl::Time deadline) {
  CRM_ASSIGN_OR_RETURN(const FollowedFeed* feed,
                       FindProjection(feeds, request.producer()));
  CRM_ASSIGN_OR_RETURN(const ProjectionCheck check,
                       feed->following.projection->Verify(
                           request.producer(), *feed->feed, deadline));
  VerifyProjectionResponse response;
  response.set_equal(check.projection_hash == check.replay_hash);
  response.set_projection_hash(check.projection_hash);
  response.set_replay_hash(check.replay_hash);
  response.set_event_count(check.event_count);
  return response;
}

absl::StatusOr<RebuildProjectionResponse> Rebuild(
    const Feeds& feeds, const RebuildProjectionRequest& request,
    absl::Time deadline) {
  CRM_ASSIGN_OR_RETURN(const FollowedFeed* feed,
                       FindProjection(feeds, request.producer()));
  RebuildProjectionResponse response;
  if (request.validate_only()) return response;
  CRM_ASSIGN_OR_RETURN(const ProjectionCheck check,
                       feed->following.projection->Rebuild(
                           request.producer(), *feed->feed, deadline));
  response.set_projection_hash(check.projection_hash);
  response.set_event_count(check.event_count);
  return response;
}

// Binds the method called `name` to a function as those above.
template <typename Request, typename Response>
MethodBinding Bind(const MethodTable& methods, absl::string_view name,
                   const std::shared_ptr<const Feeds>& feeds,
                   absl::StatusOr<Response> (*handle)(const Feeds&,
                                                      const Request&,
                                                      absl::Time)) {
  MethodBinding binding;
  binding.method =
      methods.Find(absl::StrCat("/crm.internal.v1.Consumers/", name));
  binding.unary = [feeds, handle](std::shared_ptr<Call> call, Done done) {
    const absl::StatusOr<Response> response =
        handle(*feeds, static_cast<const Request&>(*call->request),
               call->context.deadline);
    if (!response.ok()) {
      done(response.status());
      return;
    }
    done(Answer{response->SerializeAsString(), {}});
  };
  return binding;
}

}  // namespace

std::vector<MethodBinding> BindConsumers(const MethodTable& methods,
                                         std::vector<FollowedFeed> followed,
                                         const Clock& clock) {
  std::sort(followed.begin(), followed.end(),
            [](const FollowedFeed& a, const FollowedFeed& b) {
              return a.following.producer < b.following.producer;
            });
  const auto feeds =
      std::make_shared<const Feeds>(Feeds{std::move(followed), clock});
  return {Bind(methods, "FindParkedEvents", feeds, FindParked),
          Bind(methods, "Unpark", feeds, Unpark),
          Bind(methods, "VerifyProjection", feeds, Verify),
          Bind(methods, "RebuildProjection", feeds, Rebuild)};
}

}  // namespace crm
