#include "shared/resource/repeated_index.h"

#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_value.h"
#include "shared/reflect/field_access.h"

namespace crm {
namespace {

using ::google::protobuf::Message;

std::string FieldKey(const Resource& resource, const FieldPath& path) {
  return absl::StrCat(resource.schema.table(), ".", path.text());
}

std::set<std::string> ValuesOf(const Message* message, const FieldPath& path) {
  std::set<std::string> values;
  if (message == nullptr) return values;
  AnySlot(*message, path, [&](const FieldSlot& slot) {
    std::string scratch;
    values.insert(TextOf(slot, scratch));
    return false;
  });
  return values;
}

}  // namespace

SqlTable RepeatedIndexTable() {
  return {.name = "repeated_values",
          .columns = {{"tenant", SqlType::kText, false, {}},
                      {"v_field", SqlType::kText, false, {}},
                      {"v_value", SqlType::kText, false, {}},
                      {"v_name", SqlType::kText, false, {}}},
          .primary_key = {"tenant", "v_field", "v_value", "v_name"},
          .clustered = true};
}

SqlValue ColumnValue(const Message& message, const FieldPath& path) {
  if (!path.many()) return ReadColumn(message, path);
  int64_t count = 0;
  AnySlot(message, path, [&](const FieldSlot&) {
    ++count;
    return false;
  });
  return count;
}

absl::Status KeepRepeatedValues(SqlWriter& writer, const std::string& tenant,
                                const Resource& resource, const Message* before,
                                const Message* after) {
  for (const ResourceColumn& column : resource.schema.columns()) {
    if (!resource.table.columns().FindEvenHidden(column.path)->many) continue;
    // The schema was checked: its paths exist.
    const FieldPath path =
        *FindFieldPath(*resource.schema.message(), column.path);
    const std::set<std::string> old_values = ValuesOf(before, path);
    const std::set<std::string> new_values = ValuesOf(after, path);
    const std::string name =
        ReadString(after != nullptr ? *after : *before, "name");
    for (const std::string& value : old_values) {
      if (new_values.contains(value)) continue;
      CRM_RETURN_IF_ERROR(
          writer
              .Execute("DELETE FROM repeated_values WHERE tenant = ? AND "
                       "v_field = ? AND v_value = ? AND v_name = ?",
                       {tenant, FieldKey(resource, path), value, name})
              .status());
    }
    if (after != nullptr && old_values != new_values) {
      CRM_RETURN_IF_ERROR(
          AddRepeatedValues(writer, tenant, resource, path, *after));
    }
  }
  return absl::OkStatus();
}

absl::Status AddRepeatedValues(SqlWriter& writer, const std::string& tenant,
                               const Resource& resource, const FieldPath& path,
                               const Message& message) {
  for (const std::string& value : ValuesOf(&message, path)) {
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("INSERT INTO repeated_values (tenant, v_field, v_value, "
                     "v_name) VALUES (?, ?, ?, ?) ON CONFLICT (tenant, "
                     "v_field, v_value, v_name) DO NOTHING",
                     {tenant, FieldKey(resource, path), value,
                      ReadString(message, "name")})
            .status());
  }
  return absl::OkStatus();
}

}  // namespace crm
