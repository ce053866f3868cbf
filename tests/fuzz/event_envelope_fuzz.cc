// Events of a stream: whatever order and content they come in, an inbox moves
// forward without holes, and applies or parks each event once.
//
// The input is a list of events: a byte of kind, then what it needs.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crm/internal/v1/event.pb.h"
#include "shared/events/event_inbox.h"
#include "shared/events/outbox.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using internal::v1::Event;
using testing::Expect;
using testing::FuzzInput;

// Checks each step against the one before.
class CheckingApplier final : public Applier {
 public:
  absl::StatusOr<ConsumerState> Load(absl::string_view /*producer*/) override {
    return ConsumerState();
  }

  absl::Status Apply(const FeedStep& step,
                     absl::Span<const Event> events) override {
    // An odd payload is one that cannot be applied, for now or for good.
    for (const Event& event : events) {
      if (event.after() == "bad") return absl::DataLossError("bad");
      if (event.after() == "busy" && ++busy_ % 2 == 1) {
        return absl::UnavailableError("busy");
      }
      Expect(!parked_.contains({event.tenant(), event.ordering_key()}),
             "an event overtakes the one that its key waits for");
    }
    Take(step, events.size());
    return absl::OkStatus();
  }

  absl::Status Park(const FeedStep& step, const Event& event,
                    const absl::Status& reason) override {
    Expect(!reason.ok(), "an event is parked without a reason");
    parked_.insert({event.tenant(), event.ordering_key()});
    Take(step, 1);
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> NoteAttempt(const FeedStep& /*step*/) override {
    return 1;
  }
  absl::Status ForgetAttempts(const FeedStep& /*step*/) override {
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<ParkedEvent>> ListParked(
      absl::string_view /*tenant*/, const std::optional<ParkedPlace>& /*after*/,
      int /*limit*/) override {
    return std::vector<ParkedEvent>();
  }
  absl::StatusOr<bool> ReplayParked(absl::string_view /*producer*/,
                                    const ParkedKey& /*key*/) override {
    return false;
  }

  absl::Status Resync(absl::string_view /*producer*/,
                      int64_t /*feed_epoch*/) override {
    return absl::OkStatus();
  }

  int64_t position() const { return position_; }

 private:
  void Take(const FeedStep& step, size_t events) {
    Expect(step.from_seq == position_, "a step from another position");
    Expect(step.to_seq == position_ + static_cast<int64_t>(events),
           "a step that leaves a hole");
    position_ = step.to_seq;
  }

  std::set<ParkedKey> parked_;
  int64_t position_ = 0;
  int busy_ = 0;
};

Event NextEvent(FuzzInput& input, int64_t position) {
  Event event;
  switch (input.Below(4)) {
    case 0:
      event.ParseFromString(std::string(input.Text()));
      return event;
    case 1:
      event.set_after("bad");
      break;
    case 2:
      event.set_after("busy");
      break;
    default:
      break;
  }
  event.set_tenant("acme");
  event.set_ordering_key(input.Below(2) == 0 ? "customers/a" : "customers/b");
  event.set_seq(position + input.Below(4));
  event.set_partition(0);
  return event;
}

void CheckInbox(FuzzInput input) {
  CheckingApplier applier;
  std::set<ParkedKey> parked_keys;
  EventInbox inbox(applier, parked_keys,
                   {.producer = "operational", .feed_epoch = 1}, 0);
  while (!input.spent()) {
    std::vector<Event> events;
    for (int count = input.Below(5); count >= 0; --count) {
      events.push_back(NextEvent(
          input, events.empty() ? inbox.position() : events.back().seq()));
    }
    const int64_t before = inbox.position();
    inbox.Offer(events).IgnoreError();
    Expect(inbox.position() >= before, "a position that goes back");
    Expect(inbox.position() == applier.position(),
           "a position that is not the stored one");
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckInbox({data, size});
  return 0;
}
