// What one tenant has defined of its own: the custom fields of each kind of
// resources, and the rules that they must keep. A kind is a resource type, as
// `crm/Lead`, or the parent of resources whose fields it has: so the objects of
// `objectTypes/vehicles` have other fields than those of `objectTypes/sites`.

#ifndef CRM_SHARED_RESOURCE_CUSTOM_SCHEMA_H_
#define CRM_SHARED_RESOURCE_CUSTOM_SCHEMA_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/validation_rule.pb.h"
#include "google/protobuf/descriptor.h"
#include "shared/query/column_map.h"
#include "shared/query/filter.h"
#include "shared/reflect/custom_value_rules.h"

namespace crm {

// Whether values of the field are searched.
bool IsSearched(const operational::v1::FieldDefinition& definition);

// One custom field.
struct CustomField {
  explicit CustomField(const operational::v1::FieldDefinition& definition);

  const operational::v1::FieldDefinition& definition() const {
    return rules.definition();
  }
  const std::string& key() const { return definition().key(); }
  bool removed() const {
    return definition().state() == operational::v1::FieldDefinition::REMOVED;
  }

  CustomValueRules rules;
  // Whether every row has an entry in the index, as far as it is built, and
  // whether it is built.
  bool keeps_index = false;
  bool index_ready = false;
  // Under what the entries lie: type, key and revision.
  std::string index_id;
  ColumnType column_type = ColumnType::kText;
};

// A rule that resources must keep, compiled.
struct CustomRule {
  Filter refuse_when;
  std::string field;
  std::string message;
};

// What is defined of one kind of resources.
struct CustomType {
  // Returns the field of a key that values may be asked for; null if there is
  // none, or it is removed.
  const CustomField* Find(absl::string_view key) const;

  std::string kind;
  // The message of the resources; null for what the service does not know.
  const google::protobuf::Descriptor* message = nullptr;
  std::map<std::string, std::unique_ptr<CustomField>, std::less<>> fields;
  std::vector<CustomRule> rules;
  // Whether a field is removed, so that its values are not to be shown.
  bool hides = false;
  // The keys of the fields that are searched.
  std::vector<std::string> searchable;
};

// Everything that one tenant has defined, but for drafts. Immutable.
class CustomSchema {
 public:
  // Nothing is defined.
  CustomSchema() = default;

  // Compiles definitions and rules. `find_kind` returns the message of the
  // resources of a kind; rules of what it does not know are left out.
  CustomSchema(const std::vector<operational::v1::FieldDefinition>& definitions,
               const std::vector<operational::v1::ValidationRule>& rules,
               const std::function<const google::protobuf::Descriptor*(
                   absl::string_view)>& find_kind);

  // Returns what is defined of a kind, as `crm/Lead`; null if nothing is.
  const CustomType* Find(absl::string_view kind) const;

  // Returns what is defined of all kinds of resources that are a `message`.
  std::vector<const CustomType*> FindAll(
      const google::protobuf::Descriptor& message) const;

  // Whether values of some type are not to be shown.
  bool hides() const { return hides_; }

  // Finds fields for filters on resources of `kind`; lives as long as this.
  // Where kinds share a message and none is given, those fields are found that
  // mean the same in all kinds which have them, and are removed of none.
  FindCustomField finder(absl::string_view kind = "") const;

 private:
  // Returns what is defined of `kind`, to be added to.
  CustomType& TypeOf(const std::string& kind,
                     const std::function<const google::protobuf::Descriptor*(
                         absl::string_view)>& find_kind);
  // Returns the field that finder() finds; null if there is none.
  const CustomField* FindField(const google::protobuf::Descriptor& message,
                               absl::string_view key,
                               absl::string_view kind) const;

  std::map<std::string, CustomType, std::less<>> types_;
  bool hides_ = false;
};

// Returns the schema in which nothing is defined.
const std::shared_ptr<const CustomSchema>& NoCustomSchema();

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CUSTOM_SCHEMA_H_
