#include "services/operational/domain/sequence.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "services/operational/domain/automation_check.h"
#include "services/operational/domain/business_calendar.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/reflect/diff.h"

namespace crm::operational {
namespace {

using Enrollment = v1::SequenceEnrollment;
using Sequence = v1::Sequence;
using ::google::protobuf::Descriptor;

constexpr size_t kMaxMessageBytes = 1000;

bool StepsDiffer(const Sequence& before, const Sequence& after) {
  return absl::c_any_of(
      ChangedFields(before, after), [](const std::string& path) {
        return path == "steps" || absl::StartsWith(path, "steps.");
      });
}

absl::StatusOr<absl::Time> After(const v1::SequenceStep& step,
                                 const v1::BusinessCalendar* calendar,
                                 absl::Time now) {
  const absl::Duration hours = absl::Hours(step.wait_hours());
  if (calendar == nullptr) {
    return now + absl::Hours(24) * step.wait_days() + hours;
  }
  CRM_ASSIGN_OR_RETURN(const absl::Time day,
                       AddBusinessDays(*calendar, now, step.wait_days()));
  return AddBusinessTime(*calendar, day, hours);
}

bool IsUnderWay(const Enrollment& enrollment) {
  return enrollment.state() == Enrollment::ACTIVE ||
         enrollment.state() == Enrollment::PAUSED;
}

absl::Status Begin(Enrollment& enrollment, const RuleContext& context) {
  const auto* sequence = context.Find<Sequence>(enrollment.sequence());
  if (sequence == nullptr || sequence->state() != Sequence::ACTIVE) {
    return FailedPrecondition(
        "SEQUENCE_RETIRED",
        absl::StrCat("'", enrollment.sequence(), "' is not in use any more."),
        enrollment.sequence());
  }
  const Descriptor* type = context.find_type
                               ? context.find_type(sequence->resource_type())
                               : nullptr;
  if (type == nullptr ||
      !absl::StartsWith(
          enrollment.target(),
          absl::StrCat(
              type->options().GetExtension(google::api::resource).plural(),
              "/"))) {
    return BadField(
        "sequence_enrollment.target",
        absl::StrCat("must be of the type '", sequence->resource_type(), "'."));
  }
  CRM_ASSIGN_OR_RETURN(
      const absl::Time due,
      After(sequence->steps(0),
            context.Find<v1::BusinessCalendar>(sequence->business_calendar()),
            context.now));
  *enrollment.mutable_next_step_time() = ToTimestamp(due);
  enrollment.set_run_as(context.actor);
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareSequence(const Sequence* before, Sequence& after,
                             const RuleContext& context) {
  if (before != nullptr && StepsDiffer(*before, after)) {
    return FailedPrecondition(
        "SEQUENCE_STEPS_FIXED",
        absl::StrCat("The steps of '", after.name(),
                     "' stay as they are: make another sequence."),
        after.name());
  }
  const Descriptor* type =
      context.find_type ? context.find_type(after.resource_type()) : nullptr;
  if (type == nullptr || IsExcludedType(after.resource_type())) {
    return BadField("sequence.resource_type",
                    "must be a resource type of this service, as 'crm/Lead', "
                    "and none of those that grant access or automate.");
  }
  const auto filter =
      Filter::Parse(after.exit_condition(), type, "sequence.exit_condition", {},
                    context.find_custom_field);
  std::vector<FieldViolation> violations = FieldViolations(filter.status());
  for (int i = 0; i < after.steps_size(); ++i) {
    CheckActivity(after.steps(i).activity(),
                  absl::StrCat("sequence.steps[", i, "].activity"), *type,
                  context, violations);
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status PrepareSequenceEnrollment(const Enrollment* before,
                                       Enrollment& after,
                                       const RuleContext& context) {
  if (before == nullptr) CRM_RETURN_IF_ERROR(Begin(after, context));
  after.set_active_key(IsUnderWay(after)
                           ? absl::StrCat(after.sequence(), " ", after.target())
                           : "");
  if (!IsUnderWay(after)) after.clear_next_step_time();
  if (after.state() == Enrollment::EXITED && after.reason().empty()) {
    after.set_reason("ASKED_FOR");
  }
  const bool resumed = before != nullptr &&
                       before->state() == Enrollment::PAUSED &&
                       after.state() == Enrollment::ACTIVE;
  if (resumed) {
    *after.mutable_next_step_time() = ToTimestamp(
        std::max(FromTimestamp(after.next_step_time()), context.now));
  }
  return absl::OkStatus();
}

absl::Time NextSequenceStep(const Enrollment& enrollment) {
  return enrollment.state() == Enrollment::ACTIVE
             ? FromTimestamp(enrollment.next_step_time())
             : absl::InfiniteFuture();
}

bool IsExited(const Sequence& sequence, const google::protobuf::Message& target,
              const FindCustomField& find_custom) {
  const auto filter =
      Filter::Parse(sequence.exit_condition(), target.GetDescriptor(),
                    "exit_condition", {}, find_custom);
  return filter.ok() && !filter->empty() && filter->Matches(target);
}

absl::Status AdvanceEnrollment(const Sequence& sequence,
                               const v1::BusinessCalendar* calendar,
                               absl::Time now, absl::string_view activity,
                               Enrollment& enrollment) {
  enrollment.add_activities(std::string(activity));
  enrollment.set_next_step(enrollment.next_step() + 1);
  if (enrollment.next_step() >= sequence.steps_size()) {
    enrollment.set_state(Enrollment::COMPLETED);
    *enrollment.mutable_end_time() = ToTimestamp(now);
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(
      const absl::Time due,
      After(sequence.steps(enrollment.next_step()), calendar, now));
  // Each step has a time of its own, which its timer is known by.
  const absl::Time earliest =
      FromTimestamp(enrollment.next_step_time()) + absl::Microseconds(1);
  *enrollment.mutable_next_step_time() = ToTimestamp(std::max(due, earliest));
  return absl::OkStatus();
}

void EndEnrollment(Enrollment::State state, absl::string_view reason,
                   absl::string_view message, absl::Time now,
                   Enrollment& enrollment) {
  enrollment.set_state(state);
  enrollment.set_reason(std::string(reason));
  enrollment.set_message(std::string(message.substr(0, kMaxMessageBytes)));
  *enrollment.mutable_end_time() = ToTimestamp(now);
}

}  // namespace crm::operational
