// What a Transaction checks of the resources that others refer to.

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "shared/base/errors.h"
#include "shared/resource/transaction.h"

namespace crm {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

namespace {

// Nothing new may refer to a resource that another one has taken the place of.
absl::Status CheckNotMerged(const Resource& target, const StoredRow& row) {
  const auto* field = target.schema.message()->FindFieldByName("merged_into");
  if (field == nullptr) return absl::OkStatus();
  const std::unique_ptr<Message> message = target.New();
  if (!message->ParseFromString(row.body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  const std::string survivor = ReadString(*message, field->name());
  if (survivor.empty()) return absl::OkStatus();
  const std::string name = ReadString(*message, "name");
  return FailedPrecondition(
      absl::StrCat(absl::AsciiStrToUpper(target.schema.event_prefix()),
                   "_MERGED"),
      absl::StrCat("'", name, "' was merged into '", survivor,
                   "'; name that one."),
      name, {{"merged_into", survivor}});
}

}  // namespace

absl::Status Transaction::CheckReferences(
    const Message& message, const std::string& prefix,
    const std::set<std::string>& known,
    std::vector<FieldViolation>& violations) const {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->name() == "name" || field->is_map()) continue;
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    const auto& reference =
        field->options().GetExtension(google::api::resource_reference);
    const Resource* target = reference.type().empty()
                                 ? nullptr
                                 : view_.catalog().FindByType(reference.type());
    for (int i = 0; i < count; ++i) {
      const std::string path =
          absl::StrCat(prefix, field->name(),
                       field->is_repeated() ? absl::StrCat("[", i, "]") : "");
      if (field->message_type() != nullptr) {
        CRM_RETURN_IF_ERROR(CheckReferences(
            field->is_repeated()
                ? reflection->GetRepeatedMessage(message, field, i)
                : reflection->GetMessage(message, field),
            absl::StrCat(path, "."), known, violations));
        continue;
      }
      if (target == nullptr) continue;
      const std::string name =
          field->is_repeated()
              ? reflection->GetRepeatedString(message, field, i)
              : reflection->GetString(message, field);
      CRM_ASSIGN_OR_RETURN(const bool referable,
                           IsReferable(*target, name, known.contains(name)));
      if (!referable) {
        violations.push_back(
            {path, absl::StrCat("names a ", target->schema.message()->name(),
                                " that does not exist.")});
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Transaction::IsReferable(const Resource& target,
                                              const std::string& name,
                                              bool known) const {
  CRM_ASSIGN_OR_RETURN(const auto row, view_.Find(target, name));
  // What this transaction has made is nobody else's yet.
  if (!row.has_value() || known || by_name_.contains(name)) {
    return row.has_value();
  }
  CRM_RETURN_IF_ERROR(CheckNotMerged(target, *row));
  const auto rule = RuleFor(call().caller.get(), view_.catalog(), target,
                            ReadPermission(target));
  // A caller who reads none of the type is told nothing of it, and may name
  // what he was told of elsewhere.
  if (rule->all_rows() ||
      !call().caller->AccessTo(ReadPermission(target)).allowed()) {
    return true;
  }
  const std::unique_ptr<Message> message = target.New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  return access_->CanRead(target, *message);
}

}  // namespace crm
