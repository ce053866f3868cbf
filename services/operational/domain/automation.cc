#include "services/operational/domain/automation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/operational/domain/automation_check.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/query/field_path.h"
#include "shared/query/filter.h"
#include "shared/reflect/diff.h"

namespace crm::operational {
namespace {

using Automation = v1::Automation;
using ::google::protobuf::Descriptor;
using ::google::protobuf::Message;

// What an automation does, by the names of its fields.
constexpr std::array<absl::string_view, 6> kContent = {
    "events",    "changed_fields",   "verbs",
    "condition", "condition_before", "actions"};

bool IsContent(absl::string_view changed) {
  return std::any_of(
      kContent.begin(), kContent.end(), [&](absl::string_view field) {
        return changed == field ||
               absl::StartsWith(changed, absl::StrCat(field, "."));
      });
}

bool Overlap(absl::string_view a, absl::string_view b) {
  return a == b || absl::StartsWith(a, absl::StrCat(b, ".")) ||
         absl::StartsWith(b, absl::StrCat(a, "."));
}

Automation::EventKind KindOf(absl::string_view event_type) {
  const absl::string_view kind = event_type.substr(event_type.rfind('.') + 1);
  if (kind == "created") return Automation::CREATED;
  if (kind == "updated") return Automation::UPDATED;
  if (kind == "deleted") return Automation::DELETED;
  if (kind == "undeleted") return Automation::UNDELETED;
  return Automation::EVENT_KIND_UNSPECIFIED;
}

void CheckFilter(absl::string_view text, absl::string_view field,
                 const Descriptor& type, const RuleContext& context,
                 std::vector<FieldViolation>& violations) {
  const auto filter =
      Filter::Parse(text, &type, field, {}, context.find_custom_field);
  for (FieldViolation& violation : FieldViolations(filter.status())) {
    violations.push_back(std::move(violation));
  }
}

absl::Status CheckContent(const Automation& automation,
                          const RuleContext& context) {
  const Descriptor* type = context.find_type
                               ? context.find_type(automation.resource_type())
                               : nullptr;
  if (type == nullptr || IsExcludedType(automation.resource_type())) {
    return BadField("automation.resource_type",
                    "must be a resource type of this service, as 'crm/Lead', "
                    "and none of those that grant access or automate.");
  }
  std::vector<FieldViolation> violations;
  for (int i = 0; i < automation.changed_fields_size(); ++i) {
    if (!FindFieldPath(*type, automation.changed_fields(i)).has_value()) {
      violations.push_back({absl::StrCat("automation.changed_fields[", i, "]"),
                            "must be a field of the resource type."});
    }
  }
  for (int i = 0; i < automation.verbs_size(); ++i) {
    if (FindVerb(*type, automation.verbs(i)) == nullptr) {
      violations.push_back({absl::StrCat("automation.verbs[", i, "]"),
                            "must be a custom method of the resource type "
                            "that changes it, as 'qualify'."});
    }
  }
  CheckFilter(automation.condition(), "automation.condition", *type, context,
              violations);
  CheckFilter(automation.condition_before(), "automation.condition_before",
              *type, context, violations);
  for (int i = 0; i < automation.actions_size(); ++i) {
    CheckAction(automation.actions(i),
                absl::StrCat("automation.actions[", i, "]"), *type, context,
                violations);
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

bool Fits(absl::string_view condition, const Descriptor& type,
          const Message* message, const FindCustomField& find_custom) {
  const auto filter =
      Filter::Parse(condition, &type, "condition", {}, find_custom);
  if (!filter.ok()) return false;
  return filter->empty() || (message != nullptr && filter->Matches(*message));
}

}  // namespace

absl::Status PrepareAutomation(const Automation* before, Automation& after,
                               const RuleContext& context) {
  const bool active = after.state() == Automation::ACTIVE;
  after.set_active_type(active ? after.resource_type() : std::string());
  std::vector<std::string> changed;
  if (before != nullptr) changed = ChangedFields(*before, after);
  const bool content = std::any_of(changed.begin(), changed.end(), IsContent);
  if (content && (before->state() == Automation::ACTIVE ||
                  before->state() == Automation::RETIRED)) {
    return FailedPrecondition(
        "AUTOMATION_IN_USE",
        absl::StrCat("'", after.name(), "' is ",
                     Automation::State_Name(before->state()),
                     ": what it does changes only in a DRAFT, or while it is "
                     "PAUSED."),
        after.name());
  }
  const bool activates =
      active && (before == nullptr || before->state() != Automation::ACTIVE);
  if (before != nullptr && !content && !activates) return absl::OkStatus();
  return CheckContent(after, context);
}

absl::Status CheckAutomationDeletable(const Automation& automation) {
  if (automation.state() == Automation::DRAFT) return absl::OkStatus();
  return FailedPrecondition(
      "AUTOMATION_IN_USE",
      absl::StrCat("'", automation.name(),
                   "' is no draft any more: runs name it. Retire it."),
      automation.name());
}

absl::Status CheckAutomationCount(absl::string_view type, int active) {
  if (active < kMaxActiveAutomations) return absl::OkStatus();
  return ResourceExhausted(
      "TOO_MANY_AUTOMATIONS",
      absl::StrCat("There are ", kMaxActiveAutomations,
                   " active automations of '", type,
                   "', the most that there may be: pause one."));
}

bool IsStartedBy(const Automation& automation, const internal::v1::Event& event,
                 const Descriptor& type) {
  const Automation::EventKind kind = KindOf(event.type());
  if (!absl::c_linear_search(automation.events(), kind)) return false;
  if (kind != Automation::UPDATED) return true;
  const bool field =
      automation.changed_fields().empty() ||
      absl::c_any_of(automation.changed_fields(), [&](const auto& named) {
        return absl::c_any_of(event.changed_fields(), [&](const auto& path) {
          return Overlap(named, path);
        });
      });
  if (!field || automation.verbs().empty()) return field;
  return absl::c_any_of(automation.verbs(), [&](const std::string& verb) {
    const auto* method = FindVerb(type, verb);
    return method != nullptr &&
           event.method() == absl::StrCat("/", method->service()->full_name(),
                                          "/", method->name());
  });
}

bool MeetsConditions(const Automation& automation, const Descriptor& type,
                     const Message* before, const Message* after,
                     const FindCustomField& find_custom) {
  // What is gone is judged by what it was.
  return Fits(automation.condition(), type, after != nullptr ? after : before,
              find_custom) &&
         Fits(automation.condition_before(), type, before, find_custom);
}

LoopRefusal CheckCauseChain(absl::string_view automation,
                            const std::vector<std::string>& chain) {
  if (absl::c_linear_search(chain, automation)) {
    return {"AUTOMATION_LOOP", absl::StrCat("It led to the event itself, by ",
                                            absl::StrJoin(chain, ", "), ".")};
  }
  if (chain.size() >= size_t{kMaxCauseDepth}) {
    return {"CAUSE_CHAIN_TOO_LONG",
            absl::StrCat("The event comes from ", chain.size(),
                         " automations, one after the other; no more than ",
                         kMaxCauseDepth, " may.")};
  }
  return {};
}

absl::Time EndOfAutomationRun(const v1::AutomationRun& run) {
  return FromTimestamp(run.create_time()) + kRunRetention;
}

}  // namespace crm::operational
