// What a Transaction says of names and unique values that are taken.

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/resource/standard_fields.h"
#include "shared/resource/transaction.h"

namespace crm {

using ::google::protobuf::Message;

absl::Status Transaction::Explain(const Resource& resource,
                                  const Message& message,
                                  absl::Status status) const {
  if (!absl::IsAlreadyExists(status)) return status;
  const std::string name = ReadString(message, "name");
  absl::StatusOr<std::optional<ResourceTable::Holder>> holder =
      OwnHolder(resource, message);
  if (!holder->has_value()) {
    holder = resource.table.FindHolder(writer_, view_.tenant(), message);
  }
  // An engine may refuse to read on after a failure: then the name is blamed.
  if (!holder.ok() || !holder->has_value()) {
    return WithResource(
        AlreadyExists("RESOURCE_EXISTS",
                      absl::StrCat("'", name, "' already exists."),
                      {{"name", name}}),
        resource.schema.type(), name);
  }
  int64_t version = 0;
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Message> held,
                       Load(resource, (*holder)->name, version));
  CRM_ASSIGN_OR_RETURN(const bool readable, access_->CanRead(resource, *held));
  return UniqueValueTaken(resource.schema, (*holder)->field,
                          readable ? (*holder)->name : "");
}

std::optional<ResourceTable::Holder> Transaction::OwnHolder(
    const Resource& resource, const Message& message) const {
  for (const auto& change : changes_) {
    if (change->resource != &resource || change->after == nullptr ||
        change->name == ReadString(message, "name") ||
        IsDeleted(*change->after)) {
      continue;
    }
    if (auto field = resource.table.SharedValue(*change->after, message)) {
      return ResourceTable::Holder{*std::move(field), change->name};
    }
  }
  return std::nullopt;
}

// Whose a value is, is told to those only who may read the holder.
absl::Status Transaction::UniqueValueTaken(const ResourceSchema& schema,
                                           const std::string& field,
                                           const std::string& holder) {
  if (holder.empty()) {
    return AlreadyExists(
        "UNIQUE_VALUE_TAKEN",
        absl::StrCat("The value of '", field, "' is already held by another."),
        {{"field", field}});
  }
  return WithResource(
      AlreadyExists("UNIQUE_VALUE_TAKEN",
                    absl::StrCat("The value of '", field,
                                 "' is already held by '", holder, "'."),
                    {{"field", field}, {"holder", holder}}),
      schema.type(), holder);
}

}  // namespace crm
