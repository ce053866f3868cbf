#include "shared/resource/custom_schema.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "shared/query/field_path.h"

namespace crm {

using ::crm::operational::v1::FieldDefinition;
using ::crm::operational::v1::ValidationRule;
using ::google::protobuf::Descriptor;

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
    const std::function<const Descriptor*(absl::string_view)>& find_type) {
  for (const FieldDefinition& definition : definitions) {
    if (CustomMember(definition.type()) == nullptr) continue;
    CustomType& type = types_[definition.resource_type()];
    auto field = std::make_unique<CustomField>(definition);
    type.hides = type.hides || field->removed();
    hides_ = hides_ || field->removed();
    type.fields.insert_or_assign(definition.key(), std::move(field));
    if (IsSearched(definition)) type.searchable.push_back(definition.key());
  }
  for (const ValidationRule& rule : rules) {
    const Descriptor* message = find_type(rule.resource_type());
    if (message == nullptr) continue;
    auto filter =
        Filter::Parse(rule.refuse_when(), message, "filter", {}, finder());
    // A field that a rule names cannot be removed, so the rule is what it was
    // when it was enabled.
    if (!filter.ok()) continue;
    types_[rule.resource_type()].rules.push_back(
        {*std::move(filter), rule.field(), rule.message()});
  }
}

const CustomType* CustomSchema::Find(absl::string_view resource_type) const {
  const auto type = types_.find(resource_type);
  return type == types_.end() ? nullptr : &type->second;
}

FindCustomField CustomSchema::finder() const {
  return [this](const Descriptor& resource,
                absl::string_view key) -> CustomFieldKind {
    const CustomType* type =
        Find(resource.options().GetExtension(google::api::resource).type());
    const CustomField* field = type == nullptr ? nullptr : type->Find(key);
    if (field == nullptr) return {};
    return {field->rules.member(), field->definition().reference_type()};
  };
}

const std::shared_ptr<const CustomSchema>& NoCustomSchema() {
  static const auto& nothing = *new std::shared_ptr<const CustomSchema>(
      std::make_shared<CustomSchema>());
  return nothing;
}

}  // namespace crm
