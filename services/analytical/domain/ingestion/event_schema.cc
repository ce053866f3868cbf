#include "services/analytical/domain/ingestion/event_schema.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/base/errors.h"

namespace crm::analytical {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using EventField = v1::EventSource::EventField;
using EventSchema = v1::EventSource::EventSchema;

// The longest number.
constexpr size_t kMaxDigits = 40;

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

absl::string_view WithoutSign(absl::string_view text) {
  if (absl::StartsWith(text, "-") || absl::StartsWith(text, "+")) {
    text.remove_prefix(1);
  }
  return text;
}

bool IsDecimal(absl::string_view text) {
  const absl::string_view digits = WithoutSign(text);
  if (digits.size() > kMaxDigits) return false;
  const size_t point = digits.find('.');
  return AllDigits(digits.substr(0, point)) &&
         (point == digits.npos || AllDigits(digits.substr(point + 1)));
}

bool Fits(v1::EventSource::Kind kind, const std::string& text) {
  switch (kind) {
    case v1::EventSource::INTEGER: {
      int64_t value = 0;
      return AllDigits(WithoutSign(text)) && absl::SimpleAtoi(text, &value);
    }
    case v1::EventSource::DECIMAL:
      return IsDecimal(text);
    case v1::EventSource::BOOLEAN:
      return text == "true" || text == "false";
    case v1::EventSource::TIME: {
      absl::Time time;
      std::string error;
      // absl takes spaces around it, and words for the infinite.
      return !text.empty() &&
             absl::ascii_isdigit(static_cast<unsigned char>(text.front())) &&
             absl::StrContains(text, 'T') && !absl::StrContains(text, ' ') &&
             absl::ParseTime(absl::RFC3339_full, text, &time, &error);
    }
    default:
      return true;
  }
}

std::string At(int schema) {
  return absl::StrCat("event_source.schemas[", schema, "]");
}

std::string NameOf(const EventSchema& schema) {
  return absl::StrCat(schema.type(), " ", schema.version());
}

void CheckFields(const EventSchema& schema, const std::string& at,
                 std::vector<FieldViolation>& violations) {
  std::set<std::string> fields;
  for (int i = 0; i < schema.fields_size(); ++i) {
    if (fields.insert(schema.fields(i).field()).second) continue;
    violations.push_back({absl::StrCat(at, ".fields[", i, "].field"),
                          "repeats the name of another field."});
  }
}

}  // namespace

absl::Status PrepareEventSource(const v1::EventSource* before,
                                v1::EventSource& after,
                                const RuleContext& /*context*/) {
  std::vector<FieldViolation> violations;
  std::map<std::string, const EventSchema*> schemas;
  for (int i = 0; i < after.schemas_size(); ++i) {
    const EventSchema& schema = after.schemas(i);
    if (!schemas.emplace(NameOf(schema), &schema).second) {
      violations.push_back(
          {At(i), "repeats the type and version of another schema."});
    }
    CheckFields(schema, At(i), violations);
  }
  for (int i = 0; before != nullptr && i < before->schemas_size(); ++i) {
    const EventSchema& schema = before->schemas(i);
    const auto now = schemas.find(NameOf(schema));
    if (now != schemas.end() &&
        MessageDifferencer::Equals(schema, *now->second)) {
      continue;
    }
    violations.push_back(
        {"event_source.schemas",
         absl::StrCat("must have version ", schema.version(), " of '",
                      schema.type(), "' as it is. Add a new version.")});
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status CheckEventSourceDeletable(const v1::EventSource& source) {
  if (source.stored_count() == 0 && source.held_count() == 0) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "EVENT_SOURCE_IN_USE",
      absl::StrCat("Events have come from '", source.name(), "'."),
      source.name());
}

EventSchemas::EventSchemas(const v1::EventSource& source) {
  for (const EventSchema& schema : source.schemas()) {
    Fields& fields = schemas_[schema.type()][schema.version()];
    for (const EventField& field : schema.fields()) {
      fields.emplace(field.field(), &field);
    }
  }
}

std::optional<EventRefusal> EventSchemas::Check(
    const v1::IncomingEvent& event) const {
  const auto type = schemas_.find(event.type());
  if (type == schemas_.end()) {
    return EventRefusal{kUnknownType,
                        absl::StrCat("The source has no schema of the type '",
                                     event.type(), "'.")};
  }
  const auto version = type->second.find(event.version());
  if (version == type->second.end()) {
    return EventRefusal{
        kUnknownVersion,
        absl::StrCat("The source has no version ", event.version(), " of '",
                     event.type(), "'.")};
  }
  const Fields& fields = version->second;
  // Sorted, so that the same event is always refused for the same thing.
  const std::map<std::string, std::string> values(event.values().begin(),
                                                  event.values().end());
  for (const auto& [name, value] : values) {
    const auto field = fields.find(name);
    if (field == fields.end()) {
      return EventRefusal{
          kUnknownField, absl::StrCat("The schema has no field '", name, "'.")};
    }
    if (!Fits(field->second->kind(), value)) {
      return EventRefusal{
          kFieldMalformed,
          absl::StrCat("The value of '", name, "' is no ",
                       v1::EventSource::Kind_Name(field->second->kind()), ".")};
    }
  }
  for (const auto& [name, field] : fields) {
    if (field->required() && !values.contains(name)) {
      return EventRefusal{kFieldMissing,
                          absl::StrCat("The field '", name, "' is missing.")};
    }
  }
  return std::nullopt;
}

}  // namespace crm::analytical
