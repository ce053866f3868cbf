#include "services/analytical/domain/ingestion/event_schema.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

v1::EventSource SourceOf(const std::string& text) {
  v1::EventSource source;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &source));
  return source;
}

constexpr char kShop[] = R"(
    schemas { type: 'order.paid' version: 1
      fields { field: 'total' kind: DECIMAL required: true }
      fields { field: 'items' kind: INTEGER }
      fields { field: 'gift' kind: BOOLEAN }
      fields { field: 'at' kind: TIME }
      fields { field: 'note' kind: TEXT } }
    schemas { type: 'order.paid' version: 2 })";

struct Case {
  std::string event;
  // Empty for an event that keeps to its schema.
  std::string reason;
};

TEST(EventSchemas, AN_01_SayWhatKeepsAnEventFromItsSchema) {
  const v1::EventSource shop = SourceOf(kShop);
  const EventSchemas schemas(shop);
  const std::string paid = "type: 'order.paid' version: 1 ";
  const std::string total = "values { key: 'total' value: '12.50' } ";
  const auto with = [&](const std::string& field, const std::string& value) {
    return paid + total + "values { key: '" + field + "' value: '" + value +
           "' }";
  };
  const auto of_total = [&](const std::string& value) {
    return paid + "values { key: 'total' value: '" + value + "' }";
  };
  const std::vector<Case> cases = {
      {paid + total, ""},
      {"type: 'order.paid' version: 2", ""},
      {"type: 'order.sent' version: 1", kUnknownType},
      {"", kUnknownType},
      {"type: 'order.paid' version: 3", kUnknownVersion},
      {"type: 'order.paid'", kUnknownVersion},
      {paid, kFieldMissing},
      {with("colour", "red"), kUnknownField},
      {"type: 'order.paid' version: 2 " + total, kUnknownField},
      {of_total("-0.10"), ""},
      {of_total("+7"), ""},
      {of_total(""), kFieldMalformed},
      {of_total("1e3"), kFieldMalformed},
      {of_total("1."), kFieldMalformed},
      {of_total(".5"), kFieldMalformed},
      {of_total("1.2.3"), kFieldMalformed},
      {of_total("-"), kFieldMalformed},
      {of_total(std::string(41, '9')), kFieldMalformed},
      {with("items", "9223372036854775807"), ""},
      {with("items", "9223372036854775808"), kFieldMalformed},
      {with("items", " 1"), kFieldMalformed},
      {with("items", "1.0"), kFieldMalformed},
      {with("gift", "true"), ""},
      {with("gift", "True"), kFieldMalformed},
      {with("gift", "1"), kFieldMalformed},
      {with("at", "2026-01-31T12:00:00Z"), ""},
      {with("at", "2026-01-31T12:00:00.5+02:00"), ""},
      {with("at", "2026-02-31T12:00:00Z"), kFieldMalformed},
      {with("at", "infinite-future"), kFieldMalformed},
      {with("at", " 2026-01-31T12:00:00Z"), kFieldMalformed},
      {with("at", "yesterday"), kFieldMalformed},
      {with("note", ""), ""},
  };
  for (const Case& each : cases) {
    v1::IncomingEvent event;
    ASSERT_TRUE(
        google::protobuf::TextFormat::ParseFromString(each.event, &event));
    const auto refusal = schemas.Check(event);
    EXPECT_EQ(refusal.has_value() ? refusal->reason : "", each.reason)
        << each.event;
  }
}

TEST(PrepareEventSource, TakesNewVersionsAndKeepsTheOldOnes) {
  const v1::EventSource before = SourceOf(kShop);
  v1::EventSource more = before;
  more.add_schemas()->set_type("order.paid");
  more.mutable_schemas(2)->set_version(3);
  EXPECT_THAT(PrepareEventSource(&before, more, {}), IsOk());

  v1::EventSource fewer = before;
  fewer.mutable_schemas()->RemoveLast();
  EXPECT_THAT(PrepareEventSource(&before, fewer, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));

  v1::EventSource other = before;
  other.mutable_schemas(0)->mutable_fields(0)->set_required(false);
  EXPECT_THAT(PrepareEventSource(&before, other, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(PrepareEventSource, NamesAllThatIsThereTwice) {
  v1::EventSource source = SourceOf(R"(
      schemas { type: 'a' version: 1
        fields { field: 'x' kind: TEXT } fields { field: 'x' kind: TIME } }
      schemas { type: 'a' version: 1 })");
  std::vector<std::string> fields;
  for (const FieldViolation& violation :
       FieldViolations(PrepareEventSource(nullptr, source, {}))) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ElementsAre("event_source.schemas[0].fields[1].field",
                                  "event_source.schemas[1]"));
}

TEST(CheckEventSourceDeletable, KeepsSourcesThatEventsCameFrom) {
  EXPECT_THAT(CheckEventSourceDeletable(SourceOf("")), IsOk());
  for (const char* used : {"stored_count: 1", "held_count: 1"}) {
    EXPECT_THAT(
        CheckEventSourceDeletable(SourceOf(used)),
        StatusIs(absl::StatusCode::kFailedPrecondition, "EVENT_SOURCE_IN_USE"));
  }
}

}  // namespace
}  // namespace crm::analytical
