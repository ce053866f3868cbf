#include "shared/reflect/value_rules.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"
#include "shared/base/ids.h"
#include "shared/base/money.h"

namespace crm {
namespace {

constexpr int kOneLine = 256;
constexpr int64_t kMinSeconds = -62'135'596'800;
constexpr int64_t kMaxSeconds = 253'402'300'799;
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;

// Takes one code point off the front of `text`, which is valid UTF-8.
char32_t TakeCodePoint(absl::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t code = length == 1 ? lead : lead & (0xFF >> (length + 1));
  for (size_t i = 1; i < length && i < text.size(); ++i) {
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  text.remove_prefix(std::min(length, text.size()));
  return code;
}

bool IsControl(char32_t code) {
  if (code == '\t' || code == '\n' || code == '\r') return false;
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

bool IsBidiOverride(char32_t code) {
  return (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string CheckDate(const google::type::Date& date) {
  if (date.year() < 1 || date.year() > 9999) {
    return "must be a whole date with a year from 1 to 9999.";
  }
  const absl::CivilDay day(date.year(), date.month(), date.day());
  if (day.month() != date.month() || day.day() != date.day()) {
    return "is not a day of the calendar.";
  }
  return "";
}

std::string CheckTimestamp(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.seconds() < kMinSeconds || timestamp.seconds() > kMaxSeconds ||
      timestamp.nanos() < 0 || timestamp.nanos() >= kNanosPerUnit) {
    return "must lie in the years 1 to 9999, with nanos from 0 to 999999999.";
  }
  return "";
}

std::string CheckDuration(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  const int32_t nanos = duration.nanos();
  if (seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds ||
      nanos <= -kNanosPerUnit || nanos >= kNanosPerUnit ||
      (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) {
    return "is out of range, or its seconds and nanos differ in sign.";
  }
  return "";
}

// Runs `check` on `message` as a T, whatever class holds it.
template <typename T>
std::string CheckAs(const google::protobuf::Message& message,
                    std::string (*check)(const T&)) {
  T typed;
  typed.CopyFrom(message);
  return check(typed);
}

std::string CheckMoney(const google::type::Money& money) {
  if (ValidateMoney(money, "").ok()) return "";
  return "must have a currency code of three capital letters, nanos between "
         "-999999999 and 999999999, and units and nanos of one sign.";
}

}  // namespace

std::string CheckText(absl::string_view text, int max_length) {
  // Nearly all text is of such characters alone, which are all fine.
  const auto first_other = std::find_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 || c >= 0x7F; });
  if (first_other == text.end() &&
      text.size() <= static_cast<size_t>(max_length)) {
    return "";
  }
  int length = 0;
  for (absl::string_view rest = text; !rest.empty(); ++length) {
    if (length == max_length) {
      return absl::StrCat("must have at most ", max_length, " characters.");
    }
    const char32_t code = TakeCodePoint(rest);
    if (IsControl(code)) {
      return "must not contain control characters.";
    }
    if (max_length <= kOneLine && IsBidiOverride(code)) {
      return "must not contain characters that override the direction of text.";
    }
  }
  return "";
}

std::string CheckName(absl::string_view name) {
  constexpr char kProblem[] =
      "must be a resource name, such as 'customers/acme'.";
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  if (segments.size() % 2 != 0 || segments.size() > 8) return kProblem;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].empty() || (i % 2 == 1 && !IsResourceId(segments[i]))) {
      return kProblem;
    }
  }
  return "";
}

std::string CheckWellKnown(const google::protobuf::Message& message) {
  const std::string& type = message.GetDescriptor()->full_name();
  if (type == "google.type.Money") return CheckAs(message, &CheckMoney);
  if (type == "google.type.Date") return CheckAs(message, &CheckDate);
  if (type == "google.protobuf.Timestamp") {
    return CheckAs(message, &CheckTimestamp);
  }
  if (type == "google.protobuf.Duration") {
    return CheckAs(message, &CheckDuration);
  }
  return "";
}

}  // namespace crm
