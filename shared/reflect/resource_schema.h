// What the kernel knows of a resource type, compiled once from its message:
// name pattern, columns, references, the ordering field, the standard fields.

#ifndef CRM_SHARED_REFLECT_RESOURCE_SCHEMA_H_
#define CRM_SHARED_REFLECT_RESOURCE_SCHEMA_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_name.h"
#include "shared/reflect/state_machine.h"

namespace crm {

// A field that has a column of its own.
struct ResourceColumn {
  // The path of the field, as `amount.currency_code`.
  std::string path;
  // The column's name: `c_` and the path with dots as underscores.
  std::string name;
  // Whether no two live resources of a tenant and parent may hold one value.
  bool unique = false;
  // Whether that holds for all parents of the tenant together.
  bool unique_in_tenant = false;
};

// A resource type. Immutable.
class ResourceSchema {
 public:
  // Reads the annotations of `message`. Returns FAILED_PRECONDITION (SCHEMA_
  // INVALID) that says what is wrong with them: no pattern, no name field, two
  // ordering fields, an index on a field that cannot have one.
  static absl::StatusOr<ResourceSchema> Build(
      const google::protobuf::Descriptor* message);

  const google::protobuf::Descriptor* message() const { return message_; }
  // The type, as `crm/Lead`.
  const std::string& type() const { return type_; }
  // The field of requests that holds a resource of the type, as
  // `rfm_snapshot`: violations start with it.
  const std::string& request_field() const { return request_field_; }
  // The type's name in lower case, as `lead`, the first part of event types.
  const std::string& event_prefix() const { return event_prefix_; }
  const NamePattern& pattern() const { return pattern_; }
  // The table of the rows, as `customers_identifiers`.
  const std::string& table() const { return table_; }
  const std::vector<ResourceColumn>& columns() const { return columns_; }
  // The text fields that full-text search looks at.
  const std::vector<std::string>& searchable() const { return searchable_; }
  // The changes of state that its methods make; empty without any.
  const StateMachine& machine() const { return machine_; }
  // Whether Delete keeps the row: the message has `delete_time`.
  bool soft_delete() const { return soft_delete_; }
  // The field that names the customer; null without one.
  const google::protobuf::FieldDescriptor* ordering() const {
    return ordering_;
  }
  // The field that holds the subject of who answers for the resource; null
  // without one.
  const google::protobuf::FieldDescriptor* owner() const { return owner_; }
  // Whether the owner is the caller where a new resource names none.
  bool owner_defaults() const { return owner_defaults_; }
  // Whether `field` is kept by the server: output-only, or the identifier.
  static bool IsOutputOnly(const google::protobuf::FieldDescriptor* field);
  static bool IsImmutable(const google::protobuf::FieldDescriptor* field);
  static bool IsRequired(const google::protobuf::FieldDescriptor* field);

  // Returns what the events of `resource` are ordered with: its customer, else
  // itself. A resource nested in a customer belongs to that customer.
  std::string OrderingKey(const google::protobuf::Message& resource) const;

 private:
  const google::protobuf::Descriptor* message_ = nullptr;
  std::string type_;
  std::string request_field_;
  std::string event_prefix_;
  NamePattern pattern_;
  std::string table_;
  std::vector<ResourceColumn> columns_;
  std::vector<std::string> searchable_;
  StateMachine machine_;
  bool soft_delete_ = false;
  const google::protobuf::FieldDescriptor* ordering_ = nullptr;
  const google::protobuf::FieldDescriptor* owner_ = nullptr;
  bool owner_defaults_ = false;
};

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_RESOURCE_SCHEMA_H_
