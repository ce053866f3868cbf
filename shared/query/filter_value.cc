#include "shared/query/filter_value.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "shared/query/field_path.h"

namespace crm {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

// How many names of an enum a message lists.
constexpr int kMaxListedNames = 20;

constexpr int64_t kMaxDurationSeconds = 315'576'000'000;

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsDigit);
}

std::optional<int64_t> ParseInteger(absl::string_view text) {
  int64_t value = 0;
  absl::string_view digits = text;
  absl::ConsumePrefix(&digits, "-");
  if (!AllDigits(digits) || !absl::SimpleAtoi(text, &value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> ParseUnsigned(absl::string_view text) {
  uint64_t value = 0;
  if (!AllDigits(text) || !absl::SimpleAtoi(text, &value)) return std::nullopt;
  return static_cast<int64_t>(value);
}

// Accepts decimal notation only: no `inf`, `nan` or hexadecimal digits.
std::optional<double> ParseNumber(absl::string_view text) {
  double value = 0;
  const bool decimal = std::ranges::all_of(
      text, [](char c) { return IsDigit(c) || absl::StrContains("+-.eE", c); });
  if (!decimal || !absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> ParseTimestamp(absl::string_view text) {
  // What absl parses is wider than RFC 3339, which starts with a year of four
  // digits.
  absl::Time time;
  if (text.size() < 20 || !AllDigits(text.substr(0, 4)) || text[4] != '-' ||
      !absl::ParseTime(absl::RFC3339_full, text, &time, nullptr) ||
      absl::ascii_isspace(static_cast<unsigned char>(text.back()))) {
    return std::nullopt;
  }
  return absl::ToUnixMicros(time);
}

// Reads `-1.5s`: seconds with up to nine digits after the point.
std::optional<int64_t> ParseDuration(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  if (!absl::ConsumeSuffix(&text, "s")) return std::nullopt;
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  std::string fraction(
      point == absl::string_view::npos ? "0" : text.substr(point + 1));
  int64_t seconds = 0;
  int64_t nanos = 0;
  if (!AllDigits(whole) || !AllDigits(fraction) || fraction.size() > 9 ||
      !absl::SimpleAtoi(whole, &seconds) || seconds > kMaxDurationSeconds) {
    return std::nullopt;
  }
  fraction.resize(9, '0');
  if (!absl::SimpleAtoi(fraction, &nanos)) return std::nullopt;
  const absl::Duration duration =
      absl::Seconds(seconds) + absl::Nanoseconds(nanos);
  return absl::ToInt64Microseconds(
      absl::Floor(negative ? -duration : duration, absl::Microseconds(1)));
}

std::optional<int64_t> ParseBool(absl::string_view text) {
  if (text == "true") return 1;
  if (text == "false") return 0;
  return std::nullopt;
}

std::optional<int64_t> ParseEnum(const EnumDescriptor& type,
                                 const std::string& text) {
  const auto* value = type.FindValueByName(text);
  if (value == nullptr) return std::nullopt;
  return value->number();
}

std::string EnumNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < std::min(type.value_count(), kMaxListedNames); ++i) {
    names.push_back(type.value(i)->name());
  }
  if (type.value_count() > kMaxListedNames) names.push_back("...");
  return absl::StrJoin(names, ", ");
}

}  // namespace

absl::StatusOr<SqlValue> ParseFilterValue(const FieldDescriptor& field,
                                          const FilterText& text,
                                          const FilterSource& source) {
  const std::string& word = text.pieces.front();
  std::optional<int64_t> integer;
  std::string expected;
  switch (KindOf(field)) {
    case ValueKind::kText:
      return word;
    case ValueKind::kFloat:
    case ValueKind::kDouble: {
      std::optional<double> number = ParseNumber(word);
      if (number.has_value() && KindOf(field) == ValueKind::kFloat) {
        // So that 0.1 equals the float nearest to 0.1.
        number = static_cast<float>(*number);
      }
      if (number.has_value()) return *number;
      expected = "a number, as 2.5";
      break;
    }
    case ValueKind::kInteger:
      integer = ParseInteger(word);
      expected = "a whole number of 64 bits, as -25";
      break;
    case ValueKind::kUnsigned:
      integer = ParseUnsigned(word);
      expected = "a whole number of 64 bits that is not negative";
      break;
    case ValueKind::kBool:
      integer = ParseBool(word);
      expected = "true or false";
      break;
    case ValueKind::kEnum:
      integer = ParseEnum(*field.enum_type(), word);
      expected = absl::StrCat("one of ", EnumNames(*field.enum_type()));
      break;
    case ValueKind::kTimestamp:
      integer = ParseTimestamp(word);
      expected = "a time of RFC 3339, as 2024-05-01T10:00:00Z";
      break;
    case ValueKind::kDuration:
      integer = ParseDuration(word);
      expected = "a duration in seconds, as 20s or 1.5s";
      break;
    case ValueKind::kBytes:
    case ValueKind::kMessage:
      return source.ErrorAt(
          text.offset,
          absl::StrCat("Field ", Quoted(field.name()),
                       " cannot be compared to a value, only tested by ':*'"));
  }
  if (integer.has_value()) return *integer;
  return source.ErrorAt(
      text.offset,
      absl::StrCat("Field ", Quoted(field.name()), " needs ", expected));
}

}  // namespace crm
