#include "services/operational/handlers/automation_actions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "crm/operational/v1/follower.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "services/operational/domain/automation_action.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/diff.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/answer_mask.h"
#include "shared/resource/row_rule.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Message;

// How many changed fields a result names.
constexpr int kMaxNamedFields = 100;

// Returns what `call` shows of the row in `bytes`; null if it shows none.
absl::StatusOr<std::unique_ptr<Message>> See(Transaction& transaction,
                                             const CallContext& call,
                                             const Resource& type,
                                             const std::string& bytes) {
  if (bytes.empty()) return nullptr;
  std::unique_ptr<Message> row = type.New();
  if (!row->ParseFromString(bytes)) {
    return Internal("ROW_UNREADABLE", "A change could not be read.");
  }
  const ResourceCatalog& catalog = transaction.view().catalog();
  const auto rule =
      RuleFor(call.caller.get(), catalog, type, ReadPermission(type));
  CRM_ASSIGN_OR_RETURN(
      const bool admitted,
      rule->Admits({*row, transaction.writer(), transaction.view().tenant()}));
  if (!admitted) return nullptr;
  CRM_ASSIGN_OR_RETURN(const auto custom, transaction.custom_schema());
  MaskMessage(catalog, *custom, call, *row);
  return row;
}

// Adds the subject of the user called `name`, if there is one who may work.
absl::Status AddSubject(const ReadView& view, const std::string& name,
                        std::set<std::string>& subjects) {
  const auto user = view.GetLive<v1::User>(name);
  if (absl::IsNotFound(user.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(user.status());
  if (user->state() != v1::User::DISABLED && !user->subject().empty()) {
    subjects.insert(user->subject());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SubjectsOf(
    const ReadView& view, const v1::AutomationAction& action) {
  std::set<std::string> subjects;
  if (!action.follow().user().empty()) {
    CRM_RETURN_IF_ERROR(AddSubject(view, action.follow().user(), subjects));
  }
  for (const std::string& user : action.assign_owner().users()) {
    CRM_RETURN_IF_ERROR(AddSubject(view, user, subjects));
  }
  if (const std::string& name = action.assign_owner().team(); !name.empty()) {
    const auto team = view.GetLive<v1::Team>(name);
    if (!team.ok() && !absl::IsNotFound(team.status())) return team.status();
    const v1::Team found = team.value_or(v1::Team());
    for (const std::string& member : found.members()) {
      CRM_RETURN_IF_ERROR(AddSubject(view, member, subjects));
    }
  }
  return std::vector<std::string>(subjects.begin(), subjects.end());
}

// Whether what `request` asks for is so already.
absl::StatusOr<bool> IsDone(const ReadView& view, const Message& request) {
  if (request.GetDescriptor() != v1::CreateFollowerRequest::descriptor()) {
    return false;
  }
  const v1::Follower& asked =
      static_cast<const v1::CreateFollowerRequest&>(request).follower();
  CRM_ASSIGN_OR_RETURN(const std::vector<v1::Follower> followers,
                       view.Select<v1::Follower>("resource", asked.resource()));
  return absl::c_any_of(followers, [&](const v1::Follower& follower) {
    return follower.owner() == asked.owner();
  });
}

// Says of the resource that was answered how it differs.
void Describe(const Transaction& transaction, PerformedAction& done) {
  const std::string name = ReadString(*done.answer, "name");
  done.result.set_resource(name);
  for (const auto& change : transaction.changes()) {
    if (change->name != name || !change->before || !change->after) continue;
    const std::vector<std::string> fields =
        ChangedFields(*change->before, *change->after);
    for (const std::string& field : fields) {
      if (done.result.changed_fields_size() == kMaxNamedFields) break;
      done.result.add_changed_fields(field);
    }
  }
}

absl::StatusOr<PerformedAction> Perform(const InnerCalls& calls,
                                        Transaction& transaction,
                                        const CallContext& call,
                                        const v1::AutomationAction& action,
                                        const SeenChange& change) {
  const ReadView& view = transaction.view();
  CRM_ASSIGN_OR_RETURN(const auto custom, transaction.custom_schema());
  ActionFacts facts{
      .resource = change.after != nullptr ? *change.after : *change.before,
      .run_as = call.principal.subject,
      .now = transaction.now(),
      .event_id = change.event_id,
      .find_custom = custom->finder()};
  CRM_ASSIGN_OR_RETURN(facts.subjects, SubjectsOf(view, action));
  v1::BusinessCalendar calendar;
  const std::string& named = action.create_activity().business_calendar();
  if (!named.empty()) {
    CRM_ASSIGN_OR_RETURN(calendar, view.GetLive<v1::BusinessCalendar>(named));
    facts.calendar = &calendar;
  }
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> request,
                       RequestOf(action, facts));
  PerformedAction done;
  CRM_ASSIGN_OR_RETURN(const bool is_done, IsDone(view, *request));
  if (is_done) {
    done.result.set_detail("It is so already.");
    return done;
  }
  auto inner = std::make_shared<CallContext>(call);
  inner->method =
      calls.kernel().methods.FindByRequest(request->GetDescriptor());
  if (inner->method == nullptr) {
    return Internal("METHOD_UNKNOWN", "The service has no such method.");
  }
  CRM_ASSIGN_OR_RETURN(done.answer, calls.Call(transaction, inner, *request));
  done.result.set_method(inner->method->descriptor->name());
  Describe(transaction, done);
  return done;
}

}  // namespace

absl::StatusOr<SeenChange> SeeChange(Transaction& transaction,
                                     const CallContext& call,
                                     const internal::v1::Event& event) {
  SeenChange change;
  change.event_id = event.id();
  change.type = transaction.view().catalog().FindByType(event.resource_type());
  if (change.type == nullptr) {
    return Internal("RESOURCE_UNKNOWN", "An event is of no type here.");
  }
  if (call.caller != nullptr &&
      !call.caller->AccessTo(ReadPermission(*change.type)).allowed()) {
    return change;
  }
  CRM_ASSIGN_OR_RETURN(change.before,
                       See(transaction, call, *change.type, event.before()));
  CRM_ASSIGN_OR_RETURN(change.after,
                       See(transaction, call, *change.type, event.after()));
  // A row that went out of his sight is none that he sees change.
  if (change.after == nullptr && !event.after().empty()) change.before.reset();
  return change;
}

absl::Status PerformActions(const InnerCalls& calls, Transaction& transaction,
                            const CallContext& call,
                            const v1::Automation& automation,
                            const SeenChange& change,
                            std::vector<PerformedAction>& performed) {
  for (const v1::AutomationAction& action : automation.actions()) {
    CRM_ASSIGN_OR_RETURN(PerformedAction done,
                         Perform(calls, transaction, call, action, change));
    performed.push_back(std::move(done));
  }
  return absl::OkStatus();
}

}  // namespace crm::operational
