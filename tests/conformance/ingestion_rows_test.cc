// Rows of the capability list on events that come from elsewhere, as callers of
// the analytical service see them.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/analytical/app.h"
#include "tests/conformance/ingestion_fixture.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::analytical::v1;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::EventAck;
using MessagePtr = std::unique_ptr<google::protobuf::Message>;

class IngestionRows : public ::testing::Test {
 protected:
  IngestionRows()
      : service_(authority_, "analytical", analytical::MakeAnalytical,
                 [](HostSettings& settings) {
                   // Nobody is there whose events it could follow.
                   settings.addresses["operational"] = "127.0.0.1:1";
                 }),
        analyst_(authority_.Token("acme", "user:ana", {"analyst"})),
        sender_(service_.client(), analyst_) {
    sender_.MakeShop();
  }

  template <typename Response>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const google::protobuf::Message& request) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.analytical.v1.", method), request,
        {.token = analyst_});
  }

  absl::StatusOr<v1::QuarantinedEvent> Replay(const std::string& name) {
    v1::ReplayQuarantinedEventRequest request;
    request.set_name(name);
    return Call<v1::QuarantinedEvent>(
        "QuarantinedEventService.ReplayQuarantinedEvent", request);
  }

  v1::ListQuarantinedEventsResponse Held(const std::string& filter) {
    v1::ListQuarantinedEventsRequest request;
    request.set_filter(filter);
    const auto held = Call<v1::ListQuarantinedEventsResponse>(
        "QuarantinedEventService.ListQuarantinedEvents", request);
    EXPECT_THAT(held, IsOk());
    return held.value_or(v1::ListQuarantinedEventsResponse());
  }

  // Returns the answer to `next`, the next message of `stream`. Opens another
  // stream where that has ended, as a server ends those of a connection that
  // has become old, and adds what it sends again to `resent`. Returns null if
  // that ends too, or for an error of another kind.
  MessagePtr SendNext(const v1::IngestEventsRequest& next,
                      std::unique_ptr<ApiStream>& stream, size_t& resent) {
    bool sent = stream != nullptr && stream->Send(next);
    for (int opened = 0; opened < 2; ++opened) {
      if (sent) {
        MessagePtr answer = stream->Next();
        if (answer != nullptr) return answer;
      }
      if (stream != nullptr) {
        const absl::Status end = stream->Finish();
        EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable) << end;
        if (!absl::IsUnavailable(end)) return nullptr;
        resent += static_cast<size_t>(next.events_size());
      }
      stream = sender_.Open(next);
      sent = true;
    }
    return stream->Next();
  }

  const TestAuthority authority_;
  ServiceHarness service_;
  const std::string analyst_;
  EventSender sender_;
};

TEST_F(IngestionRows, OP_13_EachEventCountsOnceHoweverOftenAndInWhateverOrder) {
  const std::vector<v1::IncomingEvent> events = ShuffledEvents(EventCount());
  constexpr size_t kSize = 500;
  const std::multiset<std::string> distinct = DistinctIds(events);

  std::map<EventAck::Outcome, size_t> outcomes;
  // Sent again, as a stream that ended had not acknowledged them.
  size_t resent = 0;
  std::unique_ptr<ApiStream> stream;
  for (size_t begin = 0; begin < events.size();) {
    const v1::IngestEventsRequest next =
        EventSender::MessageOf(events, begin, kSize);
    const MessagePtr answered = SendNext(next, stream, resent);
    ASSERT_NE(answered, nullptr);
    const auto& answer =
        static_cast<const v1::IngestEventsResponse&>(*answered);
    ASSERT_EQ(answer.acks_size(), next.events_size());
    for (const EventAck& ack : answer.acks()) {
      ASSERT_EQ(ack.event_id(), events[begin++].event_id());
      ++outcomes[ack.outcome()];
    }
  }
  stream->EndSending();
  EXPECT_THAT(stream->Finish(), IsOk());

  EXPECT_TRUE(sender_.StoredIds() == distinct);
  const v1::EventSource shop = sender_.Shop();
  EXPECT_EQ(shop.stored_count(), static_cast<int64_t>(distinct.size()));
  // What is sent again may have been stored before.
  const size_t repeats = events.size() - distinct.size();
  EXPECT_THAT(outcomes, SizeIs(2));
  EXPECT_LE(outcomes[EventAck::STORED], distinct.size());
  EXPECT_GE(outcomes[EventAck::STORED] + resent, distinct.size());
  EXPECT_GE(shop.repeated_count(), static_cast<int64_t>(repeats));
  EXPECT_LE(shop.repeated_count(), static_cast<int64_t>(repeats + resent));
}

TEST_F(IngestionRows, OP_13_RepeatsWithinOneMessageCountOnce) {
  const auto answer =
      sender_.Send({PaidEvent(1), PaidEvent(2), PaidEvent(1), PaidEvent(1)});

  ASSERT_THAT(answer, IsOk());
  ASSERT_EQ(answer->acks_size(), 4);
  EXPECT_EQ(answer->acks(0).outcome(), EventAck::STORED);
  EXPECT_EQ(answer->acks(1).outcome(), EventAck::STORED);
  EXPECT_EQ(answer->acks(2).outcome(), EventAck::REPEATED);
  EXPECT_EQ(answer->acks(3).outcome(), EventAck::REPEATED);
  EXPECT_THAT(sender_.StoredIds(), SizeIs(2));
}

TEST_F(IngestionRows, AN_01_WhatKeepsToNoSchemaIsHeldAndNeverDropped) {
  v1::IncomingEvent field = PaidEvent(1);
  (*field.mutable_values())["colour"] = "red";
  v1::IncomingEvent version = PaidEvent(2);
  version.set_version(2);
  v1::IncomingEvent type = PaidEvent(3);
  type.set_type("order.lost");

  // Twice, as whoever sends them does not look.
  const auto first = sender_.Send({field, version, PaidEvent(4), type, type});
  const auto second = sender_.Send({type, version, field});

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->acks(0).reason(), "UNKNOWN_FIELD");
  EXPECT_EQ(first->acks(1).reason(), "UNKNOWN_VERSION");
  EXPECT_EQ(first->acks(2).outcome(), EventAck::STORED);
  EXPECT_EQ(first->acks(3).reason(), "UNKNOWN_TYPE");
  EXPECT_EQ(second->acks(0).outcome(), EventAck::HELD);
  EXPECT_EQ(second->acks(0).quarantined_event(),
            first->acks(4).quarantined_event());
  EXPECT_THAT(Held("").quarantined_events(), SizeIs(3));
  const auto held = Held("reason = \"UNKNOWN_FIELD\" AND state = HELD");
  ASSERT_THAT(held.quarantined_events(), SizeIs(1));
  EXPECT_THAT(held.quarantined_events(0).event(),
              EqualsProto(field.ShortDebugString()));
  EXPECT_EQ(held.quarantined_events(0).event_source(), kShop);
  EXPECT_EQ(sender_.Shop().held_count(), 3);
  EXPECT_THAT(sender_.StoredIds(), SizeIs(1));
}

TEST_F(IngestionRows, AN_01_WhatIsHeldIsReplayedOnceASchemaFits) {
  v1::IncomingEvent newer = PaidEvent(1);
  newer.set_version(2);
  v1::IncomingEvent lost = PaidEvent(2);
  lost.set_type("order.lost");
  const auto answer = sender_.Send({newer, lost});
  ASSERT_THAT(answer, IsOk());
  const std::string name = answer->acks(0).quarantined_event();

  EXPECT_THAT(Replay(name), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     "EVENT_STILL_REFUSED"));
  v1::UpdateEventSourceRequest update;
  *update.mutable_event_source() = sender_.Shop();
  auto* schema = update.mutable_event_source()->add_schemas();
  *schema = update.event_source().schemas(0);
  schema->set_version(2);
  update.mutable_update_mask()->add_paths("schemas");
  EXPECT_THAT(
      Call<v1::EventSource>("EventSourceService.UpdateEventSource", update),
      IsOk());
  const auto replayed = Replay(name);
  ASSERT_THAT(replayed, IsOk());

  EXPECT_EQ(replayed->state(), v1::QuarantinedEvent::REPLAYED);
  EXPECT_TRUE(replayed->has_replay_time());
  EXPECT_THAT(Replay(name), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     "ILLEGAL_TRANSITION"));
  // It is stored like any other: what comes again is a repeat, also as it was.
  const auto again = sender_.Send({newer, PaidEvent(1)});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->acks(0).outcome(), EventAck::REPEATED);
  EXPECT_EQ(again->acks(1).outcome(), EventAck::REPEATED);
  EXPECT_EQ(sender_.Shop().stored_count(), 1);
  v1::DiscardQuarantinedEventRequest discard;
  discard.set_name(answer->acks(1).quarantined_event());
  const auto discarded = Call<v1::QuarantinedEvent>(
      "QuarantinedEventService.DiscardQuarantinedEvent", discard);
  ASSERT_THAT(discarded, IsOk());
  EXPECT_EQ(discarded->state(), v1::QuarantinedEvent::DISCARDED);
  EXPECT_EQ(discarded->event().event_id(), "e-2");
}

TEST_F(IngestionRows, OP_13_TheSourcesOfOtherTenantsAreNotThere) {
  EventSender stranger(service_.client(),
                       authority_.Token("umbra", "user:eve", {"analyst"}));
  EXPECT_THAT(stranger.Send({PaidEvent(1)}),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EventSender reader(service_.client(),
                     authority_.Token("acme", "user:rex", {"sales_rep"}));
  EXPECT_THAT(
      reader.Send({PaidEvent(1)}),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_THAT(sender_.StoredIds(), IsEmpty());
}

TEST_F(IngestionRows, OP_13_AMessageThatIsWrongEndsTheStreamAndStoresNothing) {
  const auto stream =
      sender_.Open(EventSender::MessageOf({PaidEvent(1)}, 0, 1));
  EXPECT_NE(stream->Next(), nullptr);
  v1::IncomingEvent nameless = PaidEvent(2);
  nameless.clear_event_id();
  EXPECT_TRUE(
      stream->Send(EventSender::MessageOf({PaidEvent(3), nameless}, 0, 2)));

  EXPECT_THAT(stream->Finish(),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(sender_.StoredIds(), SizeIs(1));
}

}  // namespace
}  // namespace crm::testing
