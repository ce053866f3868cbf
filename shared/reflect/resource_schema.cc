#include "shared/reflect/resource_schema.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "crm/api/annotations.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;

// Deeper messages get no columns: filters evaluate them.
constexpr int kMaxColumnDepth = 3;

absl::Status SchemaInvalid(const Descriptor* message, absl::string_view what) {
  return FailedPrecondition(
      "SCHEMA_INVALID", absl::StrCat(message->full_name(), ": ", what, "."));
}

bool HasBehavior(const FieldDescriptor* field,
                 google::api::FieldBehavior behavior) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) {
      return true;
    }
  }
  return false;
}

// `RfmSnapshot` becomes `rfm_snapshot`.
std::string SnakeCase(absl::string_view name) {
  std::string out;
  for (const char c : name) {
    if (absl::ascii_isupper(c) && !out.empty()) out.push_back('_');
    out.push_back(absl::ascii_tolower(c));
  }
  return out;
}

bool CanHaveColumn(const FieldDescriptor* field) {
  if (field->is_repeated()) return false;
  if (field->message_type() == nullptr) return true;
  const std::string& type = field->message_type()->full_name();
  return type == "google.protobuf.Timestamp" ||
         type == "google.protobuf.Duration";
}

// The values of such a field are indexed one by one; its column counts them.
bool CanHaveIndexedValues(const FieldDescriptor* field) {
  return field->is_repeated() && field->type() == FieldDescriptor::TYPE_STRING;
}

// Collects the indexed, unique and ordering fields below `message`.
absl::Status CollectColumns(const Descriptor* root, const Descriptor* message,
                            const std::string& prefix, int depth,
                            std::vector<ResourceColumn>& columns) {
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    const auto& rule = field->options().GetExtension(crm::api::field);
    const std::string path = absl::StrCat(prefix, field->name());
    const bool wanted = rule.indexed() || rule.unique() || rule.ordering();
    const bool values_wanted = CanHaveIndexedValues(field) && rule.indexed() &&
                               !rule.unique() && !rule.ordering() && depth == 0;
    if (rule.unique_in_tenant() && !rule.unique()) {
      return SchemaInvalid(
          root, absl::StrCat("'", path, "' is unique_in_tenant, not unique"));
    }
    if (wanted && !CanHaveColumn(field) && !values_wanted) {
      return SchemaInvalid(root,
                           absl::StrCat("'", path, "' cannot have a column"));
    }
    if (wanted) {
      std::string name =
          absl::StrCat("c_", absl::StrReplaceAll(path, {{".", "_"}}));
      columns.push_back(
          {path, std::move(name), rule.unique(), rule.unique_in_tenant()});
    }
    if (!field->is_repeated() && field->message_type() != nullptr &&
        field->message_type()->file()->package() == root->file()->package() &&
        depth < kMaxColumnDepth) {
      CRM_RETURN_IF_ERROR(CollectColumns(root, field->message_type(),
                                         absl::StrCat(path, "."), depth + 1,
                                         columns));
    }
  }
  return absl::OkStatus();
}

// Returns the paths that the message says full-text search looks at.
absl::StatusOr<std::vector<std::string>> SearchablePaths(
    const Descriptor* message) {
  const std::vector<std::string> paths =
      absl::StrSplit(message->options().GetExtension(crm::api::searchable), ' ',
                     absl::SkipEmpty());
  for (const std::string& path : paths) {
    const FieldDescriptor* field = message->FindFieldByName(path);
    if (field == nullptr || field->is_repeated() ||
        field->type() != FieldDescriptor::TYPE_STRING) {
      return SchemaInvalid(message,
                           absl::StrCat("'", path, "' cannot be searched"));
    }
  }
  return paths;
}

}  // namespace

absl::StatusOr<ResourceSchema> ResourceSchema::Build(
    const Descriptor* message) {
  ResourceSchema schema;
  schema.message_ = message;
  const auto& resource = message->options().GetExtension(google::api::resource);
  if (resource.pattern_size() != 1) {
    return SchemaInvalid(message, "a resource has exactly one name pattern");
  }
  if (message->FindFieldByName("name") == nullptr) {
    return SchemaInvalid(message, "the field 'name' is missing");
  }
  schema.type_ = resource.type();
  schema.request_field_ = SnakeCase(message->name());
  schema.event_prefix_ = absl::AsciiStrToLower(message->name());
  CRM_ASSIGN_OR_RETURN(schema.pattern_,
                       NamePattern::Parse(resource.pattern(0)));
  schema.table_ =
      absl::AsciiStrToLower(absl::StrJoin(schema.pattern_.collections(), "_"));
  schema.soft_delete_ = message->FindFieldByName("delete_time") != nullptr;
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    const auto& rule = field->options().GetExtension(crm::api::field);
    if (rule.owner()) {
      const bool text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                        !field->is_repeated() && rule.indexed();
      if (!text || schema.owner_ != nullptr) {
        return SchemaInvalid(message,
                             "it has one owner at most, an indexed text");
      }
      schema.owner_ = field;
      schema.owner_defaults_ = !rule.owner_optional();
    }
    if (!rule.ordering()) continue;
    if (schema.ordering_ != nullptr) {
      return SchemaInvalid(message, "it has two ordering fields");
    }
    schema.ordering_ = field;
  }
  CRM_RETURN_IF_ERROR(CollectColumns(message, message, "", 0, schema.columns_));
  CRM_ASSIGN_OR_RETURN(schema.searchable_, SearchablePaths(message));
  CRM_ASSIGN_OR_RETURN(schema.machine_, StateMachine::Build(message));
  return schema;
}

bool ResourceSchema::IsOutputOnly(const FieldDescriptor* field) {
  return HasBehavior(field, google::api::OUTPUT_ONLY) ||
         HasBehavior(field, google::api::IDENTIFIER);
}

bool ResourceSchema::IsImmutable(const FieldDescriptor* field) {
  return HasBehavior(field, google::api::IMMUTABLE);
}

bool ResourceSchema::IsRequired(const FieldDescriptor* field) {
  return HasBehavior(field, google::api::REQUIRED);
}

std::string ResourceSchema::OrderingKey(
    const google::protobuf::Message& resource) const {
  if (ordering_ != nullptr) {
    std::string key = resource.GetReflection()->GetString(resource, ordering_);
    if (!key.empty()) return key;
  }
  const std::string name = ReadString(resource, "name");
  if (pattern_.nested() && pattern_.collections().front() == "customers") {
    const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
    return absl::StrCat(segments[0], "/", segments[1]);
  }
  return name;
}

}  // namespace crm
