// Plays the operational service for the collaborative one: makes its events and
// has them applied as a consumer would.

#ifndef CRM_TESTS_SERVICES_COLLABORATIVE_EVENT_FEEDER_H_
#define CRM_TESTS_SERVICES_COLLABORATIVE_EVENT_FEEDER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "crm/internal/v1/event.pb.h"
#include "google/protobuf/message.h"
#include "services/collaborative/app.h"
#include "shared/base/clock.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/reaction_applier.h"
#include "tests/services/operational/service_on_clock.h"

namespace crm::testing {

// The service and a feed of one partition. Thread-compatible.
class EventFeeder {
 public:
  EventFeeder()
      : service_("collaborative", collaborative::MakeCollaborative),
        applier_(service_.kernel(), service_.reactions().front()) {}

  ServiceOnClock& service() { return service_; }
  ReactionApplier& applier() { return applier_; }

  // Returns an event of the resource as it is now: `kind` is `created`,
  // `updated` or `deleted`.
  internal::v1::Event EventOf(const std::string& type,
                              const google::protobuf::Message& resource,
                              const std::string& kind,
                              const std::string& id = "") {
    internal::v1::Event event;
    event.set_id(id.empty() ? absl::StrCat("event-", ++made_) : id);
    event.set_tenant("acme");
    event.set_service("operational");
    event.set_resource_type(absl::StrCat("crm/", type));
    event.set_type(absl::StrCat(absl::AsciiStrToLower(type), ".", kind));
    event.set_resource(ReadString(resource, "name"));
    event.set_ordering_key(event.resource());
    event.set_actor("user:boss");
    *event.mutable_event_time() = ToTimestamp(service_.now());
    (kind == "deleted" ? *event.mutable_before() : *event.mutable_after()) =
        resource.SerializeAsString();
    return event;
  }

  // Applies events as one step from the position that was reached.
  absl::Status Apply(const std::vector<internal::v1::Event>& events) {
    const FeedStep step = Step(std::ssize(events));
    const absl::Status status = applier_.Apply(step, events);
    if (status.ok()) position_ = step.to_seq;
    return status;
  }

  // The step over the next `count` events.
  FeedStep Step(int64_t count) const {
    return {.producer = "operational",
            .partition = 0,
            .feed_epoch = epoch_,
            .from_seq = position_,
            .to_seq = position_ + count};
  }

  void Skip(int64_t count) { position_ += count; }

  // Begins the feed anew, as after the producer was restored.
  absl::Status Restart() {
    position_ = 0;
    return applier_.Resync("operational", ++epoch_);
  }

 private:
  ServiceOnClock service_;
  ReactionApplier applier_;
  int64_t epoch_ = 1;
  int64_t position_ = 0;
  int made_ = 0;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SERVICES_COLLABORATIVE_EVENT_FEEDER_H_
