#include "shared/resource/standard_mutations.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/util/field_mask_util.h"
#include "shared/base/ids.h"
#include "shared/reflect/map_entries.h"
#include "shared/reflect/update_mask.h"
#include "shared/resource/row_rule.h"
#include "shared/resource/standard_fields.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

using MessageOr = absl::StatusOr<std::unique_ptr<Message>>;

// The field of a Create or Update request that holds the resource.
const FieldDescriptor* ResourceField(const Message& request,
                                     const Resource& resource) {
  const Descriptor* descriptor = request.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (descriptor->field(i)->message_type() == resource.schema.message()) {
      return descriptor->field(i);
    }
  }
  return nullptr;
}

absl::Status CheckForm(const Resource& resource, absl::string_view field,
                       const std::string& name) {
  if (resource.schema.pattern().Matches(name)) return absl::OkStatus();
  return BadField(field, absl::StrCat("must be the name of a ",
                                      resource.schema.message()->name(), "."));
}

// A stored resource that the caller may read.
struct Stored {
  std::unique_ptr<Message> message;
  bool deleted = false;
};

absl::StatusOr<std::optional<Stored>> Find(const Transaction& transaction,
                                           const Resource& resource,
                                           const std::string& name) {
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       transaction.view().Find(resource, name));
  if (!row.has_value()) return std::nullopt;
  Stored stored{resource.New(), row->deleted};
  if (!stored.message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  const absl::Status allowed =
      transaction.access().CheckTarget(resource, *stored.message);
  // What the caller may not read is missing to him.
  if (absl::IsNotFound(allowed)) return std::nullopt;
  CRM_RETURN_IF_ERROR(allowed);
  return stored;
}

// Fields that the caller does not see come back to him empty: an update of all
// fields leaves them as they are.
void KeepHidden(const Transaction& transaction, const Resource& resource,
                const Message& stored, const google::protobuf::FieldMask& named,
                Message& input) {
  // Who names a field means it.
  if (named.paths_size() > 0 && named.paths(0) != "*") return;
  const CallContext& call = transaction.call();
  const auto rule = RuleFor(call.caller.get(), transaction.view().catalog(),
                            resource, PermissionToRead(call, resource));
  if (!rule->hides()) return;
  const std::set<std::string> hidden = rule->HiddenIn(stored);
  google::protobuf::FieldMask mask;
  for (const std::string& path : hidden) {
    const MapPath entry = FindMapPath(*input.GetDescriptor(), path);
    if (entry.field != nullptr) {
      if (FindMapEntry(input, entry) < 0) CopyMapEntry(stored, input, entry);
      continue;
    }
    const FieldDescriptor* field =
        input.GetDescriptor()->FindFieldByName(path.substr(0, path.find('.')));
    if (field == nullptr) continue;
    const auto* reflection = input.GetReflection();
    const bool empty = field->is_repeated()
                           ? reflection->FieldSize(input, field) == 0
                           : !reflection->HasField(input, field);
    if (empty) mask.add_paths(path);
  }
  google::protobuf::util::FieldMaskUtil::MergeMessageTo(
      stored, mask, google::protobuf::util::FieldMaskUtil::MergeOptions(),
      &input);
}

absl::Status CheckEtag(const Message& stored, const std::string& etag) {
  const std::string current = ReadString(stored, "etag");
  if (etag.empty() || etag == current) return absl::OkStatus();
  return EtagMismatch(ReadString(stored, "name"), current);
}

MessageOr Create(Transaction& transaction, const Resource& resource,
                 const Message& request) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Message> message,
                       NewResource(transaction, resource, request));
  transaction.Create(*message);
  return message;
}

// Creates what an update with allow_missing did not find.
MessageOr CreateMissing(Transaction& transaction, const Resource& resource,
                        const Message& update, const std::string& field) {
  const std::string name = ReadString(update, "name");
  if (!IsCallerId(IdOf(name))) return ResourceNotFound(resource.schema, name);
  std::unique_ptr<Message> message = resource.New();
  message->CopyFrom(update);
  ClearOutputOnly(*message);
  const auto violations =
      transaction.view().catalog().validator().Check(*message, field);
  if (!violations.empty()) return BadRequest(violations);
  transaction.Create(*message);
  return message;
}

MessageOr Update(Transaction& transaction, const Resource& resource,
                 const Message& request) {
  const FieldDescriptor* field = ResourceField(request, resource);
  const Message& update = request.GetReflection()->GetMessage(request, field);
  const std::string name = ReadString(update, "name");
  CRM_RETURN_IF_ERROR(
      CheckForm(resource, absl::StrCat(field->name(), ".name"), name));
  CRM_ASSIGN_OR_RETURN(std::optional<Stored> stored,
                       Find(transaction, resource, name));
  if (!stored.has_value() || stored->deleted) {
    if (!stored.has_value() && ReadBool(request, "allow_missing")) {
      return CreateMissing(transaction, resource, update, field->name());
    }
    return ResourceNotFound(resource.schema, name);
  }
  CRM_RETURN_IF_ERROR(CheckEtag(*stored->message, ReadString(update, "etag")));
  google::protobuf::FieldMask mask;
  if (const FieldDescriptor* mask_field =
          request.GetDescriptor()->FindFieldByName("update_mask")) {
    mask.CopyFrom(request.GetReflection()->GetMessage(request, mask_field));
  }
  // What is output only is ignored, below the top level too.
  std::unique_ptr<Message> input = resource.New();
  input->CopyFrom(update);
  ClearOutputOnly(*input);
  KeepHidden(transaction, resource, *stored->message, mask, *input);
  CRM_RETURN_IF_ERROR(
      ApplyUpdate(*input, mask, field->name(), *stored->message));
  const auto violations = transaction.view().catalog().validator().Check(
      *stored->message, field->name());
  if (!violations.empty()) return BadRequest(violations);
  transaction.Update(*stored->message);
  return std::move(stored->message);
}

MessageOr Delete(Transaction& transaction, const Resource& resource,
                 const Message& request, const Descriptor* response) {
  const std::string name = ReadString(request, "name");
  CRM_RETURN_IF_ERROR(CheckForm(resource, "name", name));
  CRM_ASSIGN_OR_RETURN(std::optional<Stored> stored,
                       Find(transaction, resource, name));
  std::unique_ptr<Message> answer(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(response)
          ->New());
  if (!stored.has_value() || stored->deleted) {
    if (!ReadBool(request, "allow_missing")) {
      return ResourceNotFound(resource.schema, name);
    }
    if (stored.has_value()) return std::move(stored->message);
    return answer;
  }
  CRM_RETURN_IF_ERROR(CheckEtag(*stored->message, ReadString(request, "etag")));
  transaction.Delete(*stored->message);
  if (response == resource.schema.message()) return std::move(stored->message);
  return answer;
}

MessageOr Undelete(Transaction& transaction, const Resource& resource,
                   const Message& request) {
  const std::string name = ReadString(request, "name");
  CRM_RETURN_IF_ERROR(CheckForm(resource, "name", name));
  CRM_ASSIGN_OR_RETURN(std::optional<Stored> stored,
                       Find(transaction, resource, name));
  if (!stored.has_value()) return ResourceNotFound(resource.schema, name);
  if (!stored->deleted) {
    return WithResource(
        AlreadyExists("RESOURCE_NOT_DELETED",
                      absl::StrCat("'", name, "' is not deleted."),
                      {{"name", name}}),
        resource.schema.type(), name);
  }
  CRM_RETURN_IF_ERROR(CheckEtag(*stored->message, ReadString(request, "etag")));
  transaction.Undelete(*stored->message);
  return std::move(stored->message);
}

MessageOr MakeTransition(Transaction& transaction, const Resource& resource,
                         const Message& request) {
  const std::string name = ReadString(request, "name");
  CRM_RETURN_IF_ERROR(CheckForm(resource, "name", name));
  CRM_ASSIGN_OR_RETURN(std::optional<Stored> stored,
                       Find(transaction, resource, name));
  if (!stored.has_value() || stored->deleted) {
    return ResourceNotFound(resource.schema, name);
  }
  CRM_RETURN_IF_ERROR(CheckEtag(*stored->message, ReadString(request, "etag")));
  CRM_RETURN_IF_ERROR(transaction.MakeTransition(request, *stored->message));
  transaction.Update(*stored->message);
  return std::move(stored->message);
}

}  // namespace

MessageOr NewResource(Transaction& transaction, const Resource& resource,
                      const Message& request) {
  const FieldDescriptor* field = ResourceField(request, resource);
  std::unique_ptr<Message> message = resource.New();
  message->CopyFrom(request.GetReflection()->GetMessage(request, field));
  ClearOutputOnly(*message);
  const std::string parent = ReadString(request, "parent");
  if (!resource.schema.pattern().MatchesParent(parent, /*wildcards=*/false)) {
    return BadField("parent", "must be the name of the parent resource.");
  }
  const std::string id_field = absl::StrCat(field->name(), "_id");
  const std::string id = ReadString(request, id_field);
  if (!id.empty() && !IsCallerId(id)) {
    return BadField(id_field,
                    "must be 2 to 63 lower-case letters, digits and hyphens, "
                    "start with a letter and not end with a hyphen.");
  }
  WriteString(*message, "name",
              id.empty() ? transaction.NewName(resource, parent)
                         : resource.schema.pattern().Format(parent, id));
  return message;
}

MessageOr ApplyStandard(Transaction& transaction, Verb verb,
                        const Resource& resource, const Message& request,
                        const Descriptor* response) {
  switch (verb) {
    case Verb::kCreate:
      return Create(transaction, resource, request);
    case Verb::kUpdate:
      return Update(transaction, resource, request);
    case Verb::kDelete:
      return Delete(transaction, resource, request, response);
    case Verb::kUndelete:
      return Undelete(transaction, resource, request);
    case Verb::kCustom:
      return MakeTransition(transaction, resource, request);
    case Verb::kGet:
    case Verb::kList:
    case Verb::kBatchGet:
    case Verb::kBatchCreate:
    case Verb::kBatchUpdate:
    case Verb::kBatchDelete:
    case Verb::kPurge:
    case Verb::kExport:
      break;
  }
  return Internal("METHOD_UNBOUND", "The method is not a standard mutation.");
}

}  // namespace crm
