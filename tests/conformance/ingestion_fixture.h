// What tests of ingestion share: many events with repeats in any order, and
// what a source has in the end.

#ifndef CRM_TESTS_CONFORMANCE_INGESTION_FIXTURE_H_
#define CRM_TESTS_CONFORMANCE_INGESTION_FIXTURE_H_

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/event_source.pb.h"
#include "crm/analytical/v1/quarantined_event.pb.h"
#include "crm/analytical/v1/quarantined_event_transitions.pb.h"
#include "tests/support/api_client.h"
#include "tests/support/matchers.h"

namespace crm::testing {

inline constexpr char kEventSources[] = "crm.analytical.v1.EventSourceService.";
inline constexpr char kShop[] = "eventSources/shop";
// How many of the events of a stream are repeats: one in so many.
inline constexpr int kRepeatEvery = 5;

inline analytical::v1::IncomingEvent PaidEvent(int number) {
  analytical::v1::IncomingEvent event;
  event.set_event_id(absl::StrCat("e-", number));
  event.set_type("order.paid");
  event.set_version(1);
  event.mutable_event_time()->set_seconds(1'700'000'000 + number);
  (*event.mutable_values())["total"] = absl::StrCat(number, ".50");
  return event;
}

// Returns `count` events, a fifth of which repeat others, in any order.
inline std::vector<analytical::v1::IncomingEvent> ShuffledEvents(int count) {
  std::vector<analytical::v1::IncomingEvent> events;
  const int distinct = count - count / kRepeatEvery;
  std::mt19937 random(7);
  for (int i = 0; i < count; ++i) {
    events.push_back(
        PaidEvent(i < distinct ? i : static_cast<int>(random() % distinct)));
  }
  std::shuffle(events.begin(), events.end(), random);
  return events;
}

// Returns how many events a test sends; more by CRM_INGEST_EVENTS.
inline int EventCount() {
  int count = 10'000;
  const char* const wanted = std::getenv("CRM_INGEST_EVENTS");
  if (wanted != nullptr && !absl::SimpleAtoi(wanted, &count)) std::abort();
  return count;
}

// Events on their way to the source kShop, by one caller of one server.
class EventSender {
 public:
  EventSender(ApiClient& client, std::string token)
      : client_(client), options_{.token = std::move(token)} {}

  // Makes the source.
  void MakeShop() {
    EXPECT_THAT(client_.Call<analytical::v1::EventSource>(
                    absl::StrCat(kEventSources, "CreateEventSource"),
                    Proto<analytical::v1::CreateEventSourceRequest>(R"(
                event_source_id: 'shop'
                event_source { display_name: 'Shop'
                  schemas { type: 'order.paid' version: 1
                    fields { field: 'total' kind: DECIMAL required: true } } }
                )"),
                    options_),
                IsOk());
  }

  analytical::v1::EventSource Shop() {
    analytical::v1::GetEventSourceRequest request;
    request.set_name(kShop);
    const auto shop = client_.Call<analytical::v1::EventSource>(
        absl::StrCat(kEventSources, "GetEventSource"), request, options_);
    EXPECT_THAT(shop, IsOk());
    return shop.value_or(analytical::v1::EventSource());
  }

  // Returns a message with those of `events` from `begin` on that fit in it.
  static analytical::v1::IngestEventsRequest MessageOf(
      const std::vector<analytical::v1::IncomingEvent>& events, size_t begin,
      size_t size) {
    analytical::v1::IngestEventsRequest message;
    message.set_name(kShop);
    for (size_t i = begin; i < std::min(events.size(), begin + size); ++i) {
      *message.add_events() = events[i];
    }
    return message;
  }

  std::unique_ptr<ApiStream> Open(
      const analytical::v1::IngestEventsRequest& first) {
    ApiOptions options = options_;
    options.timeout = absl::Minutes(10);
    return client_.OpenDuplex(absl::StrCat(kEventSources, "IngestEvents"),
                              first, options);
  }

  // Sends `events` one message alone.
  absl::StatusOr<analytical::v1::IngestEventsResponse> Send(
      const std::vector<analytical::v1::IncomingEvent>& events) {
    return client_.Call<analytical::v1::IngestEventsResponse>(
        absl::StrCat(kEventSources, "IngestEvents"),
        MessageOf(events, 0, events.size()), options_);
  }

  // Returns the ids of all stored events, as often as they are listed.
  std::multiset<std::string> StoredIds() {
    std::multiset<std::string> ids;
    analytical::v1::ListIngestedEventsRequest request;
    request.set_name(kShop);
    request.set_page_size(1000);
    do {
      const auto page =
          client_.Call<analytical::v1::ListIngestedEventsResponse>(
              absl::StrCat(kEventSources, "ListIngestedEvents"), request,
              options_);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (const auto& event : page->events()) {
        ids.insert(event.event().event_id());
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

 private:
  ApiClient& client_;
  const ApiOptions options_;
};

// Returns the ids that are among `events`, each once.
inline std::multiset<std::string> DistinctIds(
    const std::vector<analytical::v1::IncomingEvent>& events) {
  std::set<std::string> ids;
  for (const auto& event : events) ids.insert(event.event_id());
  return {ids.begin(), ids.end()};
}

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_INGESTION_FIXTURE_H_
