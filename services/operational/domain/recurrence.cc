#include "services/operational/domain/recurrence.h"

#include <libical/ical.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"

namespace crm::operational {
namespace {

constexpr std::array<absl::string_view, 11> kParts = {
    "FREQ",      "UNTIL",    "COUNT",   "INTERVAL", "BYDAY", "BYMONTHDAY",
    "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST"};
constexpr std::array<absl::string_view, 4> kFrequencies = {"DAILY", "WEEKLY",
                                                           "MONTHLY", "YEARLY"};

// The most occurrences that are looked at for one that counts: those of 50
// years.
constexpr int kMaxSteps = 20'000;

template <typename Container>
bool Holds(const Container& container, absl::string_view value) {
  return std::find(container.begin(), container.end(), value) !=
         container.end();
}

bool IsNumberUpTo(absl::string_view text, int max) {
  int number = 0;
  return !text.empty() && absl::ascii_isdigit(text.front()) &&
         absl::SimpleAtoi(text, &number) && number >= 1 && number <= max;
}

// A date-time of libical's, which is in no zone.
icaltimetype ToIcal(absl::CivilSecond time) {
  icaltimetype out = icaltime_null_time();
  out.year = static_cast<int>(time.year());
  out.month = time.month();
  out.day = time.day();
  out.hour = time.hour();
  out.minute = time.minute();
  out.second = time.second();
  return out;
}

absl::CivilSecond FromIcal(const icaltimetype& time) {
  return absl::CivilSecond(time.year, time.month, time.day, time.hour,
                           time.minute, time.second);
}

// The end of a rule, which may be a day, a local time or an instant.
struct RuleEnd {
  std::optional<absl::CivilSecond> local;
  absl::Time instant = absl::InfiniteFuture();
};

// Takes the end out of `rule`: libical would compare it without a zone.
RuleEnd TakeEnd(icalrecurrencetype& rule) {
  RuleEnd end;
  if (icaltime_is_null_time(rule.until)) return end;
  if (rule.until.is_date) {
    end.local = absl::CivilSecond(FromIcal(rule.until)) + 86'399;
  } else if (icaltime_is_utc(rule.until)) {
    end.instant = absl::FromCivil(FromIcal(rule.until), absl::UTCTimeZone());
  } else {
    end.local = FromIcal(rule.until);
  }
  rule.until = icaltime_null_time();
  return end;
}

using Iterator =
    std::unique_ptr<icalrecur_iterator, decltype(&icalrecur_iterator_free)>;

}  // namespace

std::string ProblemOfRule(absl::string_view rule) {
  std::set<absl::string_view> names;
  for (const absl::string_view part : absl::StrSplit(rule, ';')) {
    const std::pair<absl::string_view, absl::string_view> named =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    const auto& [name, value] = named;
    if (!Holds(kParts, name) || value.empty()) {
      return absl::StrCat(
          "must be parts NAME=VALUE between semicolons, with "
          "the names FREQ, UNTIL, COUNT, INTERVAL, WKST and "
          "those that begin with BY from BYDAY up.");
    }
    if (!names.insert(name).second) {
      return absl::StrCat("must have the part ", name, " only once.");
    }
    if (name == "FREQ" && !Holds(kFrequencies, value)) {
      return "must have a FREQ of DAILY, WEEKLY, MONTHLY or YEARLY.";
    }
    if (name == "COUNT" && !IsNumberUpTo(value, kMaxRecurrenceCount)) {
      return absl::StrCat("must have a COUNT from 1 to ", kMaxRecurrenceCount,
                          ".");
    }
    if (name == "INTERVAL" && !IsNumberUpTo(value, kMaxRecurrenceInterval)) {
      return absl::StrCat("must have an INTERVAL from 1 to ",
                          kMaxRecurrenceInterval, ".");
    }
  }
  if (!names.contains("FREQ")) return "must have the part FREQ.";
  if (names.contains("COUNT") && names.contains("UNTIL")) {
    return "must not have both COUNT and UNTIL.";
  }
  icalrecurrencetype parsed =
      icalrecurrencetype_from_string(std::string(rule).c_str());
  const bool valid = parsed.freq != ICAL_NO_RECURRENCE;
  icalrecurrencetype_clear(&parsed);
  return valid ? "" : "must be a recurrence rule of RFC 5545.";
}

namespace {

// With this interval the periods after the first are beyond all years, so that
// a rule which the first does not fulfil is not looked for over centuries.
constexpr short kFirstPeriodOnly = 30'000;

// Calls `visit` with the occurrences of a series in their order, from one that
// is before `from` or the first one, until it returns false.
template <typename Visit>
void VisitOccurrences(const RecurrenceSeries& series, absl::Time from,
                      std::optional<short> interval, const Visit& visit) {
  if (!ProblemOfRule(series.rule).empty()) return;
  icalrecurrencetype rule = icalrecurrencetype_from_string(series.rule.c_str());
  if (interval.has_value()) rule.interval = *interval;
  const RuleEnd end = TakeEnd(rule);
  const absl::TimeZone::CivilInfo start = series.zone.At(series.start);
  const Iterator iterator(icalrecur_iterator_new(rule, ToIcal(start.cs)),
                          &icalrecur_iterator_free);
  if (iterator == nullptr) return;
  // A count has to be counted from the start; so have weeks by their number,
  // which libical gets wrong from elsewhere.
  const bool is_counted =
      rule.count != 0 || rule.by_week_no[0] != ICAL_RECURRENCE_ARRAY_MAX;
  const absl::CivilSecond near = series.zone.At(from - absl::Hours(48)).cs;
  if (!is_counted && near > start.cs) {
    icalrecur_iterator_set_start(iterator.get(), ToIcal(near));
  }
  for (int step = 0; step < kMaxSteps; ++step) {
    const icaltimetype next = icalrecur_iterator_next(iterator.get());
    if (icaltime_is_null_time(next)) return;
    const absl::CivilSecond local = FromIcal(next);
    const absl::Time time = series.zone.At(local).pre + start.subsecond;
    if (time > end.instant || (end.local.has_value() && local > *end.local) ||
        !visit(local, time)) {
      return;
    }
  }
}

}  // namespace

bool StartsWithOccurrence(const RecurrenceSeries& series) {
  bool starts = false;
  VisitOccurrences(series, series.start, kFirstPeriodOnly,
                   [&](absl::CivilSecond local, absl::Time) {
                     starts = local == series.zone.At(series.start).cs;
                     return false;
                   });
  return starts;
}

std::optional<absl::Time> NextOccurrence(const RecurrenceSeries& series,
                                         absl::Time after) {
  std::optional<absl::Time> next;
  VisitOccurrences(series, after, std::nullopt,
                   [&](absl::CivilSecond, absl::Time time) {
                     if (time <= after) return true;
                     next = time;
                     return false;
                   });
  return next;
}

}  // namespace crm::operational
