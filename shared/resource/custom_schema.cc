#include "shared/resource/custom_schema.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "shared/query/field_path.h"

namespace crm {

using ::crm::operational::v1::FieldDefinition;
using ::crm::operational::v1::ValidationRule;
using ::google::protobuf::Descriptor;

namespace {

std::string TypeNameOf(const Descriptor& message) {
  return message.options().GetExtension(google::api::resource).type();
}

// Whether a filter on both compares the same way.
bool MeanTheSame(const CustomField& a, const CustomField& b) {
  return a.rules.member() == b.rules.member() &&
         a.definition().reference_type() == b.definition().reference_type();
}

}  // namespace

bool IsSearched(const FieldDefinition& definition) {
  return definition.searchable() &&
         definition.type() == FieldDefinition::TEXT &&
         (definition.state() == FieldDefinition::ACTIVE ||
          definition.state() == FieldDefinition::DEPRECATED);
}

CustomField::CustomField(const FieldDefinition& definition)
    : rules(definition) {
  keeps_index = definition.index_state() == FieldDefinition::BUILDING ||
                definition.index_state() == FieldDefinition::READY;
  index_ready = definition.index_state() == FieldDefinition::READY;
  index_id =
      absl::StrCat(definition.full_key(), "#", definition.index_revision());
  if (rules.member() != nullptr) {
    column_type = ColumnTypeOf(KindOf(*rules.member()));
  }
}

const CustomField* CustomType::Find(absl::string_view key) const {
  const auto field = fields.find(key);
  return field == fields.end() || field->second->removed()
             ? nullptr
             : field->second.get();
}

CustomSchema::CustomSchema(
    const std::vector<FieldDefinition>& definitions,
    const std::vector<ValidationRule>& rules,
    const std::function<const Descriptor*(absl::string_view)>& find_kind) {
  for (const FieldDefinition& definition : definitions) {
    if (CustomMember(definition.type()) == nullptr) continue;
    CustomType& type = TypeOf(definition.resource_type(), find_kind);
    auto field = std::make_unique<CustomField>(definition);
    type.hides = type.hides || field->removed();
    hides_ = hides_ || field->removed();
    type.fields.insert_or_assign(definition.key(), std::move(field));
    if (IsSearched(definition)) type.searchable.push_back(definition.key());
  }
  for (const ValidationRule& rule : rules) {
    const std::string& kind = rule.resource_type();
    const Descriptor* message = find_kind(kind);
    if (message == nullptr) continue;
    auto filter =
        Filter::Parse(rule.refuse_when(), message, "filter", {}, finder(kind));
    // A field that a rule names cannot be removed, so the rule is what it was
    // when it was enabled.
    if (!filter.ok()) continue;
    TypeOf(kind, find_kind)
        .rules.push_back({*std::move(filter), rule.field(), rule.message()});
  }
}

CustomType& CustomSchema::TypeOf(
    const std::string& kind,
    const std::function<const Descriptor*(absl::string_view)>& find_kind) {
  const auto [entry, added] = types_.try_emplace(kind);
  CustomType& type = entry->second;
  if (added) {
    type.kind = kind;
    type.message = find_kind ? find_kind(kind) : nullptr;
  }
  return type;
}

const CustomType* CustomSchema::Find(absl::string_view kind) const {
  const auto type = types_.find(kind);
  return type == types_.end() ? nullptr : &type->second;
}

std::vector<const CustomType*> CustomSchema::FindAll(
    const Descriptor& message) const {
  std::vector<const CustomType*> found;
  for (const auto& [kind, type] : types_) {
    if (type.message == &message) found.push_back(&type);
  }
  return found;
}

const CustomField* CustomSchema::FindField(const Descriptor& message,
                                           absl::string_view key,
                                           absl::string_view kind) const {
  if (const CustomType* type = Find(TypeNameOf(message))) {
    return type->Find(key);
  }
  if (!kind.empty()) {
    const CustomType* type = Find(kind);
    return type == nullptr || type->message != &message ? nullptr
                                                        : type->Find(key);
  }
  const CustomField* common = nullptr;
  for (const CustomType* type : FindAll(message)) {
    const auto found = type->fields.find(key);
    if (found == type->fields.end()) continue;
    const CustomField& field = *found->second;
    // What is removed of one kind is in its rows, and must not be found there.
    if (field.removed()) return nullptr;
    if (common != nullptr && !MeanTheSame(*common, field)) return nullptr;
    common = &field;
  }
  return common;
}

FindCustomField CustomSchema::finder(absl::string_view kind) const {
  return [this, kind = std::string(kind)](
             const Descriptor& resource,
             absl::string_view key) -> CustomFieldKind {
    const CustomField* field = FindField(resource, key, kind);
    if (field == nullptr) return {};
    const std::string& reference = field->definition().reference_type();
    CustomFieldKind found = {field->rules.member(), reference, {}};
    // The name of a type tells what it is; that of a parent is a kind.
    if (!reference.empty()) {
      found.find_in_reference =
          finder(absl::StartsWith(reference, "crm/") ? "" : reference);
    }
    return found;
  };
}

const std::shared_ptr<const CustomSchema>& NoCustomSchema() {
  static const auto& nothing = *new std::shared_ptr<const CustomSchema>(
      std::make_shared<CustomSchema>());
  return nothing;
}

}  // namespace crm
