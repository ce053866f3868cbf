#include "shared/resource/transaction.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/reflect/diff.h"
#include "shared/reflect/unique_name.h"
#include "shared/resource/expiry.h"
#include "shared/resource/reference_names.h"
#include "shared/resource/standard_fields.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

std::unique_ptr<Message> Clone(const Message& message) {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

bool SameAs(const Message& a, const Message& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

// Returns the name of the resource that a rule asks for by `name`, which may
// be that of a unique value; empty if there is none. Returns the errors of a
// read.
absl::StatusOr<std::string> NameOf(SqlReader& reader, const ReadView& view,
                                   const Resource& resource,
                                   absl::string_view name) {
  const std::optional<UniqueKey> key = ParseUniqueName(name);
  if (!key.has_value()) return std::string(name);
  // FindHolder() looks among the siblings of what it is given.
  const std::unique_ptr<Message> sibling = resource.New();
  WriteString(*sibling, "name", absl::StrCat(key->parent, "/-/-"));
  WriteString(*sibling, std::string(key->field), key->value);
  CRM_ASSIGN_OR_RETURN(const auto holder, resource.table.FindHolder(
                                              reader, view.tenant(), *sibling));
  return holder.has_value() ? holder->name : "";
}

}  // namespace

Transaction::Transaction(SqlWriter& writer, const ResourceCatalog& catalog,
                         const CallContext& call, IdMaker& ids, absl::Time now)
    : writer_(writer),
      call_(call),
      ids_(ids),
      now_(now),
      view_(writer, catalog, call.principal.tenant),
      access_(std::in_place, writer, catalog, call) {}

Transaction::Acting::Acting(Transaction& transaction,
                            std::shared_ptr<const CallContext> call)
    : transaction_(transaction) {
  transaction_.acting_ = std::move(call);
  transaction_.access_.emplace(transaction_.writer_,
                               transaction_.view_.catalog(),
                               *transaction_.acting_);
}

Transaction::Acting::~Acting() {
  transaction_.acting_.reset();
  transaction_.access_.emplace(
      transaction_.writer_, transaction_.view_.catalog(), transaction_.call_);
}

std::string Transaction::NewName(const Resource& resource,
                                 absl::string_view parent) {
  return resource.schema.pattern().Format(parent, ids_.NewId());
}

absl::Status Transaction::MakeTransition(const Message& request,
                                         Message& message) const {
  CRM_ASSIGN_OR_RETURN(const Resource* resource, ResourceOf(message));
  const StateMachine& machine = resource->schema.machine();
  const crm::Transition* transition = machine.Find(request.GetDescriptor());
  if (transition == nullptr) {
    return Internal("TRANSITION_UNKNOWN",
                    absl::StrCat(request.GetTypeName(),
                                 " is of no method with a transition."));
  }
  return machine.Move(*transition, request, now_, message);
}

void Transaction::Create(Message& message) {
  if (status_.ok()) status_ = TryCreate(message);
}

void Transaction::Update(Message& message) {
  if (status_.ok()) status_ = TryUpdate(message, "updated");
}

void Transaction::Delete(Message& message) {
  if (status_.ok()) status_ = TryDelete(message);
}

void Transaction::Undelete(Message& message) {
  if (!status_.ok()) return;
  SetTime(message, "delete_time", std::nullopt);
  SetTime(message, "purge_time", std::nullopt);
  status_ = TryUpdate(message, "undeleted");
}

absl::Status Transaction::TryCreate(Message& message) {
  CRM_ASSIGN_OR_RETURN(const Resource* resource, ResourceOf(message));
  WriteString(message, "uid", ids_.NewId());
  WriteString(message, "creator", call().principal.subject);
  WriteString(message, "updater", call().principal.subject);
  WriteString(message, "etag", EtagOf(1));
  SetTime(message, "create_time", now_);
  SetTime(message, "update_time", now_);
  SetTime(message, "delete_time", std::nullopt);
  Settlement settlement;
  if (resource->schema.owner_defaults()) {
    const std::string& owner = resource->schema.owner()->name();
    if (ReadString(message, owner).empty()) {
      WriteString(message, owner, call().principal.subject);
      settlement.owner_is_default = true;
    }
  }
  resource->schema.machine().Start(message);
  CRM_RETURN_IF_ERROR(EnsureCustomer(*resource, message));
  CRM_RETURN_IF_ERROR(StepParent(*resource, nullptr, &message));
  CRM_RETURN_IF_ERROR(Prepare(*resource, nullptr, message));
  CRM_RETURN_IF_ERROR(access_->CheckResult(*resource, nullptr, message));
  CRM_RETURN_IF_ERROR(Settle(*resource, nullptr, message, settlement));
  CRM_RETURN_IF_ERROR(
      Explain(*resource, message,
              resource->table.Insert(writer_, view_.tenant(), message)));
  CRM_RETURN_IF_ERROR(KeepIndex(*resource, nullptr, &message));
  CRM_RETURN_IF_ERROR(NoteDefinitions(*resource, nullptr, &message));
  CRM_RETURN_IF_ERROR(
      ScheduleExpiry(writer_, view_.tenant(), *resource, message));
  CRM_RETURN_IF_ERROR(
      KeepTimers(writer_, view_.tenant(), *resource, nullptr, &message));
  CRM_RETURN_IF_ERROR(Record(*resource, nullptr, &message, 1, "created"));
  return FollowChange(*resource, nullptr, &message);
}

absl::Status Transaction::TryUpdate(Message& message, const char* kind) {
  CRM_ASSIGN_OR_RETURN(const Resource* resource, ResourceOf(message));
  int64_t version = 0;
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Message> before,
                       Load(*resource, ReadString(message, "name"), version));
  KeepCreation(*before, message);
  CRM_RETURN_IF_ERROR(StepParent(*resource, before.get(), &message));
  CRM_RETURN_IF_ERROR(Prepare(*resource, before.get(), message));
  CRM_RETURN_IF_ERROR(access_->CheckResult(*resource, before.get(), message));
  if (ChangedFields(*before, message).empty()) {
    message.CopyFrom(*before);
    return absl::OkStatus();
  }
  CRM_RETURN_IF_ERROR(Settle(*resource, before.get(), message, {}));
  WriteString(message, "etag", EtagOf(version + 1));
  WriteString(message, "updater", call().principal.subject);
  SetTime(message, "update_time", now_);
  CRM_RETURN_IF_ERROR(Explain(
      *resource, message,
      resource->table.Update(writer_, view_.tenant(), version, message)));
  CRM_RETURN_IF_ERROR(KeepIndex(*resource, before.get(), &message));
  CRM_RETURN_IF_ERROR(NoteDefinitions(*resource, before.get(), &message));
  CRM_RETURN_IF_ERROR(
      ScheduleExpiry(writer_, view_.tenant(), *resource, message));
  CRM_RETURN_IF_ERROR(
      KeepTimers(writer_, view_.tenant(), *resource, before.get(), &message));
  CRM_RETURN_IF_ERROR(FollowChange(*resource, before.get(), &message));
  return Record(*resource, std::move(before), &message, version + 1, kind);
}

absl::Status Transaction::TryDelete(Message& message) {
  CRM_ASSIGN_OR_RETURN(const Resource* resource, ResourceOf(message));
  if (resource->rules.deletable) {
    CRM_RETURN_IF_ERROR(resource->rules.deletable(message));
  }
  if (resource->schema.soft_delete()) {
    SetTime(message, "delete_time", now_);
    return TryUpdate(message, "deleted");
  }
  int64_t version = 0;
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Message> before,
                       Load(*resource, ReadString(message, "name"), version));
  CRM_RETURN_IF_ERROR(StepParent(*resource, before.get(), nullptr));
  CRM_RETURN_IF_ERROR(resource->table.Remove(writer_, view_.tenant(), version,
                                             ReadString(message, "name")));
  CRM_RETURN_IF_ERROR(KeepIndex(*resource, before.get(), nullptr));
  CRM_RETURN_IF_ERROR(NoteDefinitions(*resource, before.get(), nullptr));
  CRM_RETURN_IF_ERROR(
      KeepTimers(writer_, view_.tenant(), *resource, before.get(), nullptr));
  CRM_RETURN_IF_ERROR(FollowChange(*resource, before.get(), nullptr));
  return Record(*resource, std::move(before), nullptr, version + 1, "deleted");
}

absl::StatusOr<const Resource*> Transaction::ResourceOf(
    const Message& message) const {
  const Resource* resource = view_.catalog().Find(message.GetDescriptor());
  if (resource == nullptr) {
    return Internal("RESOURCE_UNKNOWN",
                    absl::StrCat(message.GetTypeName(),
                                 " is not a resource of this service."));
  }
  return resource;
}

absl::Status Transaction::Prepare(const Resource& resource,
                                  const Message* before, Message& after) const {
  std::vector<FieldViolation> violations;
  std::set<std::string> known;
  if (before != nullptr) CollectReferences(*before, known);
  // What a call changes beside its own resource is the service's doing.
  if (!access_->Concerns(resource)) CollectReferences(after, known);
  CRM_RETURN_IF_ERROR(
      CheckReferences(after, absl::StrCat(resource.schema.request_field(), "."),
                      known, violations));
  CRM_RETURN_IF_ERROR(CheckCustom(resource, before, after, violations));
  if (!violations.empty()) {
    // All that is wrong is said at once, as far as it can be told by now.
    CRM_RETURN_IF_ERROR(CheckRules(resource, before, after, violations));
    return BadRequest(violations);
  }
  CRM_RETURN_IF_ERROR(RunRules(resource, before, after));
  CRM_RETURN_IF_ERROR(CheckRules(resource, before, after, violations));
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

absl::Status Transaction::Settle(const Resource& resource,
                                 const Message* before, Message& after,
                                 const Settlement& settlement) {
  if (!resource.rules.settle) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(resource.rules.settle(*this, before, after, settlement));
  return status_;
}

absl::Status Transaction::FollowChange(const Resource& resource,
                                       const Message* before,
                                       const Message* after) {
  const ChangeRule& rule = view_.catalog().change_rule();
  if (!rule) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(rule(*this, resource, before, after));
  return status_;
}

absl::Status Transaction::RunRules(const Resource& resource,
                                   const Message* before,
                                   Message& after) const {
  if (!resource.rules.prepare && !resource.rules.authorize) {
    return absl::OkStatus();
  }
  std::map<std::string, std::unique_ptr<Message>> found;
  // What a rule could not read it takes for absent: what it says then does not
  // count.
  absl::Status failure;
  RuleContext context;
  context.now = now_;
  context.actor = call().principal.subject;
  context.find = [&](const google::protobuf::Descriptor* type,
                     absl::string_view name) {
    auto resource_or = FindForRule(type, name, found);
    failure.Update(resource_or.status());
    return resource_or.ok() ? *resource_or : nullptr;
  };
  context.find_type =
      [this](absl::string_view type) -> const google::protobuf::Descriptor* {
    const Resource* named = view_.catalog().FindByType(type);
    return named == nullptr ? nullptr : named->schema.message();
  };
  context.find_custom_field = [&](const google::protobuf::Descriptor& type,
                                  absl::string_view key) -> CustomFieldKind {
    const auto schema = custom_schema();
    failure.Update(schema.status());
    return schema.ok() ? (*schema)->finder()(type, key) : CustomFieldKind();
  };
  context.find_custom_kind = [&](absl::string_view kind) -> CustomKind {
    const Resource* named = view_.catalog().FindByKind(kind);
    const auto schema = custom_schema();
    failure.Update(schema.status());
    if (named == nullptr || !schema.ok()) return {};
    return {named->schema.message(),
            [schema = *schema, find = (*schema)->finder(kind)](
                const google::protobuf::Descriptor& type,
                absl::string_view key) { return find(type, key); }};
  };
  if (resource.rules.prepare) {
    const absl::Status status = resource.rules.prepare(before, after, context);
    CRM_RETURN_IF_ERROR(failure);
    CRM_RETURN_IF_ERROR(status);
  }
  if (!resource.rules.authorize || !access_->Concerns(resource)) {
    return absl::OkStatus();
  }
  const absl::Status status =
      resource.rules.authorize(before, after, call(), context);
  CRM_RETURN_IF_ERROR(failure);
  return status;
}

absl::StatusOr<const Message*> Transaction::FindForRule(
    const google::protobuf::Descriptor* type, absl::string_view name,
    std::map<std::string, std::unique_ptr<Message>>& found) const {
  const auto [entry, added] = found.try_emplace(std::string(name));
  const Resource* resource = view_.catalog().Find(type);
  if (added && resource != nullptr) {
    CRM_ASSIGN_OR_RETURN(const std::string stored,
                         NameOf(writer_, view_, *resource, name));
    int64_t version = 0;
    auto message = Load(*resource, stored, version);
    if (message.ok()) {
      entry->second = *std::move(message);
    } else if (!absl::IsNotFound(message.status())) {
      return message.status();
    }
  }
  return entry->second.get();
}

absl::Status Transaction::StepParent(const Resource& resource,
                                     const Message* before, Message* after) {
  if (!resource.schema.pattern().nested()) return absl::OkStatus();
  const std::string name =
      ReadString(after != nullptr ? *after : *before, "name");
  const std::string parent_name(ParentOf(name));
  const Resource* parent_resource = view_.catalog().FindByName(parent_name);
  if (parent_resource == nullptr) {
    return Internal(
        "RESOURCE_UNKNOWN",
        absl::StrCat("No resource here is called '", parent_name, "'."));
  }
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       view_.Find(*parent_resource, parent_name));
  const bool creates = before == nullptr;
  if (!row.has_value() || (creates && row->deleted)) {
    return ResourceNotFound(parent_resource->schema, parent_name);
  }
  if (creates && access_->Concerns(resource)) {
    int64_t ignored = 0;
    CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> above,
                         Load(*parent_resource, parent_name, ignored));
    CRM_ASSIGN_OR_RETURN(const bool readable,
                         access_->CanRead(*parent_resource, *above));
    if (!readable) {
      return ResourceNotFound(parent_resource->schema, parent_name);
    }
  }
  if (!resource.rules.with_parent) return absl::OkStatus();
  int64_t version = 0;
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Message> parent,
                       Load(*parent_resource, parent_name, version));
  const std::unique_ptr<Message> unchanged = Clone(*parent);
  CRM_RETURN_IF_ERROR(resource.rules.with_parent(before, after, *parent));
  if (SameAs(*unchanged, *parent)) return absl::OkStatus();
  return TryUpdate(*parent, "updated");
}

absl::Status Transaction::EnsureCustomer(const Resource& resource,
                                         Message& message) {
  const FieldDescriptor* ordering = resource.schema.ordering();
  const CustomerMaker& maker = view_.catalog().customer_maker();
  // One that is output only is known by the rules of the resource.
  if (ordering == nullptr || !maker || ResourceSchema::IsOutputOnly(ordering) ||
      !message.GetReflection()->GetString(message, ordering).empty()) {
    return absl::OkStatus();
  }
  const std::unique_ptr<Message> customer = maker(message);
  CRM_ASSIGN_OR_RETURN(const Resource* type, ResourceOf(*customer));
  WriteString(*customer, "name", NewName(*type, ""));
  CRM_RETURN_IF_ERROR(TryCreate(*customer));
  message.GetReflection()->SetString(&message, ordering,
                                     ReadString(*customer, "name"));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Message>> Transaction::Load(
    const Resource& resource, absl::string_view name, int64_t& version) const {
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       view_.Find(resource, name));
  if (!row.has_value()) return ResourceNotFound(resource.schema, name);
  std::unique_ptr<Message> message = resource.New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  version = row->version;
  return message;
}

// What was made and removed in one transaction has never been.
absl::Status Transaction::Forget(const std::string& name) {
  by_name_.erase(name);
  std::erase_if(changes_,
                [&](const auto& change) { return change->name == name; });
  return absl::OkStatus();
}

absl::Status Transaction::Record(const Resource& resource,
                                 std::unique_ptr<Message> before,
                                 const Message* after, int64_t version,
                                 const char* kind) {
  const std::string name =
      ReadString(after != nullptr ? *after : *before, "name");
  std::unique_ptr<Message> kept = after == nullptr ? nullptr : Clone(*after);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    // Changed twice: one event, from the first state to the last.
    ResourceChange& change = *found->second;
    if (change.before == nullptr && kept == nullptr) return Forget(name);
    if (change.before != nullptr) change.kind = kind;
    change.after = std::move(kept);
    change.version = version;
    return absl::OkStatus();
  }
  if (changes_.size() == kMaxChanges) {
    return InvalidArgument("TOO_MANY_CHANGES",
                           absl::StrCat("One call may change at most ",
                                        kMaxChanges, " resources."));
  }
  auto change = std::make_unique<ResourceChange>();
  change->resource = &resource;
  change->name = name;
  change->before = std::move(before);
  change->after = std::move(kept);
  change->version = version;
  change->kind = kind;
  change->acting = acting_;
  by_name_[name] = change.get();
  changes_.push_back(std::move(change));
  return absl::OkStatus();
}

}  // namespace crm
