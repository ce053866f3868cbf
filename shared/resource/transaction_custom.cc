// What a Transaction does about the custom fields of resources: it checks them
// by the tenant's definitions as they are in the transaction, keeps their
// index, and notes when the definitions themselves change.

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/resource/custom_fill.h"
#include "shared/resource/custom_index.h"
#include "shared/resource/custom_values.h"
#include "shared/resource/repeated_index.h"
#include "shared/resource/standard_fields.h"
#include "shared/resource/transaction.h"

namespace crm {
namespace {

using ::crm::operational::v1::FieldDefinition;
using ::crm::operational::v1::ValidationRule;
using ::google::protobuf::Descriptor;
using ::google::protobuf::Message;

// What goes need not be whole.
bool IsDeletion(const Message* before, const Message& after) {
  return before != nullptr && IsDeleted(after);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const CustomSchema>> Transaction::custom_schema()
    const {
  if (custom_schema_ == nullptr) {
    CRM_ASSIGN_OR_RETURN(custom_schema_, view_.catalog().custom_schemas().Find(
                                             writer_, view_.tenant()));
  }
  return custom_schema_;
}

absl::StatusOr<const CustomType*> Transaction::CustomTypeOf(
    const Resource& resource, absl::string_view name) const {
  if (CustomFieldsOf(*resource.schema.message()) == nullptr) return nullptr;
  CRM_ASSIGN_OR_RETURN(const auto schema, custom_schema());
  return schema->Find(resource.CustomKind(name));
}

bool Transaction::IsOwn(const Resource& resource) const {
  return call().method != nullptr &&
         call().method->resource == resource.schema.message();
}

absl::Status Transaction::CheckCustom(
    const Resource& resource, const Message* before, Message& after,
    std::vector<FieldViolation>& violations) const {
  if (CustomFieldsOf(*resource.schema.message()) == nullptr ||
      IsDeletion(before, after)) {
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(const CustomType* type,
                       CustomTypeOf(resource, ReadString(after, "name")));
  const std::string& field = resource.schema.request_field();
  CustomWrite write{.before = before,
                    .after = after,
                    .own = IsOwn(resource),
                    .prefix = absl::StrCat(field, ".custom_fields.")};
  for (const CustomReference& reference :
       CheckCustomValues(type, write, violations)) {
    const ResourceCatalog& catalog = view_.catalog();
    const Resource* target = catalog.FindByType(reference.type);
    if (target == nullptr) target = catalog.FindByKind(reference.type);
    bool referable = target != nullptr &&
                     target->schema.pattern().Matches(reference.name) &&
                     (reference.type == target->schema.type() ||
                      reference.type == target->CustomKind(reference.name));
    if (referable) {
      CRM_ASSIGN_OR_RETURN(referable, IsReferable(*target, reference.name,
                                                  /*known=*/false));
    }
    if (!referable) {
      violations.push_back(
          {reference.path,
           absl::StrCat("names no ", reference.type, " that exists.")});
    }
  }
  return absl::OkStatus();
}

absl::Status Transaction::CheckRules(
    const Resource& resource, const Message* before, const Message& after,
    std::vector<FieldViolation>& violations) const {
  if (CustomFieldsOf(*resource.schema.message()) == nullptr ||
      !IsOwn(resource) || IsDeletion(before, after)) {
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(const CustomType* type,
                       CustomTypeOf(resource, ReadString(after, "name")));
  if (type != nullptr) {
    CheckCustomRules(*type, after, resource.schema.request_field(), violations);
  }
  return absl::OkStatus();
}

absl::Status Transaction::KeepIndex(const Resource& resource,
                                    const Message* before,
                                    const Message* after) {
  CRM_RETURN_IF_ERROR(
      KeepRepeatedValues(writer_, view_.tenant(), resource, before, after));
  CRM_ASSIGN_OR_RETURN(
      const CustomType* type,
      CustomTypeOf(resource,
                   ReadString(after != nullptr ? *after : *before, "name")));
  if (type == nullptr) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(
      const auto conflict,
      KeepCustomIndex(writer_, view_.tenant(), *type, before, after));
  if (!conflict.has_value()) return absl::OkStatus();
  const std::string field = absl::StrCat("custom_fields.", conflict->key);
  int64_t version = 0;
  const auto held = Load(resource, conflict->holder, version);
  bool readable = held.ok();
  if (readable) {
    CRM_ASSIGN_OR_RETURN(readable, access_->CanRead(resource, **held));
  }
  return UniqueValueTaken(resource.schema, field,
                          readable ? conflict->holder : "");
}

absl::Status Transaction::NoteDefinitions(const Resource& resource,
                                          const Message* before,
                                          const Message* after) {
  const Descriptor* type = resource.schema.message();
  if (type != FieldDefinition::descriptor() &&
      type != ValidationRule::descriptor()) {
    return absl::OkStatus();
  }
  // What later changes of this transaction go by is the new state.
  custom_schema_ = nullptr;
  CRM_RETURN_IF_ERROR(
      CustomSchemas::Restamp(writer_, view_.tenant(), ids_.NewId()));
  if (type != FieldDefinition::descriptor()) return absl::OkStatus();
  ScheduleCustomFill(*this, static_cast<const FieldDefinition*>(before),
                     static_cast<const FieldDefinition*>(after));
  return status_;
}

}  // namespace crm
