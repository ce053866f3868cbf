#include "services/operational/domain/activity.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/user.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/operational/domain/recurrence.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Timestamp;
using ::google::protobuf::util::MessageDifferencer;

bool IsOpen(const v1::Activity& activity) {
  return activity.state() == v1::Activity::PLANNED ||
         activity.state() == v1::Activity::IN_PROGRESS;
}

bool Recurs(const v1::Activity& activity) {
  return !activity.recurrence_rule().empty();
}

// What a rule goes by: the start or, without one, the day it is due.
const Timestamp& AnchorOf(const v1::Activity& activity) {
  return activity.has_start_time() ? activity.start_time()
                                   : activity.due_time();
}

bool HasAnchor(const v1::Activity& activity) {
  return activity.has_start_time() || activity.has_due_time();
}

void CheckTimes(const v1::Activity& activity,
                std::vector<FieldViolation>& violations) {
  if (!activity.has_end_time()) return;
  if (!activity.has_start_time()) {
    violations.push_back({"activity.end_time", "must come with a start_time."});
    return;
  }
  const absl::Duration length =
      FromTimestamp(activity.end_time()) - FromTimestamp(activity.start_time());
  if (length < absl::ZeroDuration() || length > kMaxActivityLength) {
    violations.push_back(
        {"activity.end_time", "must be from 0 to 31 days after start_time."});
  }
}

// Checks the rule against `start`, which is null where it was checked before.
void CheckRecurrence(const v1::Activity& activity, const Timestamp* start,
                     std::vector<FieldViolation>& violations) {
  absl::TimeZone zone;
  const bool has_zone = absl::LoadTimeZone(activity.time_zone(), &zone);
  if (!activity.time_zone().empty() && !has_zone) {
    violations.push_back({"activity.time_zone",
                          "must be an IANA time zone, as 'Europe/Vienna'."});
  }
  if (!Recurs(activity)) return;
  if (activity.time_zone().empty()) {
    violations.push_back(
        {"activity.time_zone", "must be set if there is a recurrence_rule."});
  }
  if (!HasAnchor(activity)) {
    violations.push_back({"activity.recurrence_rule",
                          "needs a start_time or a due_time to go by."});
  }
  std::string problem = ProblemOfRule(activity.recurrence_rule());
  if (problem.empty() && start != nullptr && violations.empty() &&
      !StartsWithOccurrence({.rule = activity.recurrence_rule(),
                             .zone = zone,
                             .start = FromTimestamp(*start)})) {
    problem = "must have the first start_time or due_time as an occurrence.";
  }
  if (!problem.empty()) {
    violations.push_back({"activity.recurrence_rule", std::move(problem)});
  }
}

void StartSeries(v1::Activity& activity) {
  activity.set_series(activity.name());
  *activity.mutable_series_start_time() = AnchorOf(activity);
  *activity.mutable_occurrence_time() = AnchorOf(activity);
  activity.clear_series_ended();
}

// Moves `time`, if it is set, by as much as the occurrence moves.
void Shift(absl::Duration by, Timestamp* time) {
  *time = ToTimestamp(FromTimestamp(*time) + by);
}

// Says whose subjects are mentioned: other services know users by them.
void FindMentioned(const RuleContext& context, v1::Activity& activity) {
  activity.clear_mentioned_subjects();
  for (const std::string& name : activity.mentions()) {
    const auto* user = context.Find<v1::User>(name);
    activity.add_mentioned_subjects(user == nullptr ? "" : user->subject());
  }
}

}  // namespace

absl::Status PrepareActivity(const v1::Activity* before, v1::Activity& after,
                             const RuleContext& context) {
  const bool rule_changes =
      before == nullptr
          ? Recurs(after) && after.series().empty()
          : before->recurrence_rule() != after.recurrence_rule() ||
                before->time_zone() != after.time_zone();
  if (rule_changes && before != nullptr &&
      (!IsOpen(*before) || !before->next_occurrence().empty()) &&
      (Recurs(*before) || Recurs(after))) {
    return FailedPrecondition(
        "SERIES_MOVED_ON",
        absl::StrCat("'", before->name(),
                     "' is over, or the next occurrence was made: change the "
                     "rule of the last occurrence of the series."),
        before->name());
  }
  std::vector<FieldViolation> violations;
  CheckTimes(after, violations);
  CheckRecurrence(after, rule_changes ? &AnchorOf(after) : nullptr, violations);
  if (!violations.empty()) return BadRequest(violations);
  if (rule_changes && Recurs(after)) StartSeries(after);
  FindMentioned(context, after);
  if (before != nullptr &&
      !MessageDifferencer::Equals(before->remind_time(), after.remind_time())) {
    after.clear_reminded_time();
  }
  return absl::OkStatus();
}

absl::Time ReminderTime(const v1::Activity& activity) {
  const bool is_due = activity.has_remind_time() &&
                      !activity.has_reminded_time() && IsOpen(activity);
  return is_due ? FromTimestamp(activity.remind_time())
                : absl::InfiniteFuture();
}

absl::Time PassingTime(const v1::Activity& activity) {
  const bool goes_on = Recurs(activity) && IsOpen(activity) &&
                       activity.next_occurrence().empty() &&
                       !activity.series_ended() && HasAnchor(activity);
  return goes_on ? FromTimestamp(AnchorOf(activity)) : absl::InfiniteFuture();
}

std::optional<v1::Activity> NextInSeries(const v1::Activity& activity,
                                         absl::Time now) {
  absl::TimeZone zone;
  if (!Recurs(activity) || activity.series_ended() ||
      !activity.next_occurrence().empty() ||
      !absl::LoadTimeZone(activity.time_zone(), &zone)) {
    return std::nullopt;
  }
  const absl::Time occurrence = FromTimestamp(activity.occurrence_time());
  const std::optional<absl::Time> time =
      NextOccurrence({.rule = activity.recurrence_rule(),
                      .zone = zone,
                      .start = FromTimestamp(activity.series_start_time())},
                     std::max(occurrence, now));
  if (!time.has_value()) return std::nullopt;
  v1::Activity next;
  next.set_subject(activity.subject());
  next.set_customer(activity.customer());
  next.set_kind(activity.kind());
  next.set_description(activity.description());
  *next.mutable_targets() = activity.targets();
  next.set_owner(activity.owner());
  *next.mutable_participants() = activity.participants();
  *next.mutable_labels() = activity.labels();
  *next.mutable_custom_fields() = activity.custom_fields();
  next.set_recurrence_rule(activity.recurrence_rule());
  next.set_time_zone(activity.time_zone());
  next.set_series(activity.series());
  *next.mutable_series_start_time() = activity.series_start_time();
  *next.mutable_occurrence_time() = ToTimestamp(*time);
  // One that was moved has the others stay where the rule has them.
  const absl::Duration by =
      *time - (HasAnchor(activity) ? FromTimestamp(AnchorOf(activity)) : *time);
  for (const auto& [is_set, from, to] :
       {std::tuple{activity.has_start_time(), &activity.start_time(),
                   &v1::Activity::mutable_start_time},
        {activity.has_end_time(), &activity.end_time(),
         &v1::Activity::mutable_end_time},
        {activity.has_due_time(), &activity.due_time(),
         &v1::Activity::mutable_due_time},
        {activity.has_remind_time(), &activity.remind_time(),
         &v1::Activity::mutable_remind_time}}) {
    if (!is_set) continue;
    *(next.*to)() = *from;
    Shift(by, (next.*to)());
  }
  return next;
}

}  // namespace crm::operational
