#include "shared/resource/resource_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_value.h"
#include "shared/query/resource_columns.h"
#include "shared/resource/repeated_index.h"

namespace crm {
namespace {

using ::google::protobuf::Message;

SqlType SqlTypeOf(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return SqlType::kText;
    case ColumnType::kInteger:
      return SqlType::kInteger;
    case ColumnType::kReal:
      return SqlType::kReal;
    case ColumnType::kBlob:
      return SqlType::kBlob;
  }
  return SqlType::kBlob;
}

absl::Status ConcurrentChange(absl::string_view name) {
  return Aborted("CONCURRENT_CHANGE",
                 absl::StrCat("'", name,
                              "' was changed at the same time. Try "
                              "again."),
                 {{"name", std::string(name)}});
}

// Whether a unique column holds nothing, which many rows may share.
bool IsEmpty(const SqlValue& value) {
  const std::string* text = std::get_if<std::string>(&value);
  return std::holds_alternative<std::monostate>(value) ||
         (text != nullptr && text->empty());
}

SqlValue TimeOf(const Message& message, const char* field) {
  const auto path = FindFieldPath(*message.GetDescriptor(), field);
  return path.has_value() ? ReadColumn(message, *path)
                          : SqlValue(std::monostate());
}

}  // namespace

ResourceTable::ResourceTable(const ResourceSchema& schema)
    : schema_(schema), columns_(ColumnsOf(schema)) {
  const std::string& table = schema_.table();
  std::string names =
      "tenant, name, parent, version, create_time, "
      "update_time, delete_time, body";
  std::string marks = "?, ?, ?, 1, ?, ?, ?, ?";
  std::string assignments =
      "version = version + 1, update_time = ?, delete_time = ?, body = ?";
  for (const ResourceColumn& column : schema_.columns()) {
    // The schema was checked: its paths exist.
    paths_.push_back(*FindFieldPath(*schema_.message(), column.path));
    absl::StrAppend(&names, ", ", column.name);
    absl::StrAppend(&marks, ", ?");
    absl::StrAppend(&assignments, ", ", column.name, " = ?");
  }
  select_sql_ = absl::StrCat("SELECT version, delete_time, body FROM ", table,
                             " WHERE tenant = ? AND name = ?");
  insert_sql_ = absl::StrCat("INSERT INTO ", table, " (", names, ") VALUES (",
                             marks, ")");
  update_sql_ = absl::StrCat("UPDATE ", table, " SET ", assignments,
                             " WHERE tenant = ? AND name = ? AND version = ?");
  remove_sql_ = absl::StrCat("DELETE FROM ", table,
                             " WHERE tenant = ? AND name = ? AND version = ?");
}

SqlTable ResourceTable::Schema() const {
  SqlTable table;
  table.name = schema_.table();
  table.columns = {
      {"tenant", SqlType::kText, false, {}},
      {"name", SqlType::kText, false, {}},
      {"parent", SqlType::kText, false, {}},
      {"version", SqlType::kInteger, false, {}},
      {"create_time", SqlType::kInteger, true, {}},
      {"update_time", SqlType::kInteger, true, {}},
      {"delete_time", SqlType::kInteger, true, {}},
      {"body", SqlType::kBlob, false, {}},
  };
  table.primary_key = {"tenant", "name"};
  table.clustered = true;
  // The newest first is what most lists are.
  table.indexes.push_back(
      {.name = absl::StrCat("by_", table.name, "_create_time"),
       .columns = {"tenant", "create_time", "name"}});
  for (const ResourceColumn& column : schema_.columns()) {
    table.columns.push_back(
        {column.name,
         SqlTypeOf(columns_.FindEvenHidden(column.path)->type),
         true,
         {}});
    if (columns_.FindEvenHidden(column.path)->many) continue;
    table.indexes.push_back(
        {.name = absl::StrCat("by_", table.name, "_", column.name),
         .columns = {"tenant", column.name, "name"}});
    if (!column.unique) continue;
    std::vector<std::string> key = {"tenant", "parent", column.name};
    if (column.unique_in_tenant) key.erase(key.begin() + 1);
    table.indexes.push_back(
        {.name = absl::StrCat("one_", table.name, "_", column.name),
         .columns = std::move(key),
         .unique = true,
         .live_only = true,
         .where_not_empty = {column.name}});
  }
  return table;
}

absl::StatusOr<std::optional<StoredRow>> ResourceTable::Find(
    SqlReader& reader, absl::string_view tenant, absl::string_view name) const {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(select_sql_, {std::string(tenant), std::string(name)}));
  if (rows.empty()) return std::nullopt;
  StoredRow row;
  row.version = std::get<int64_t>(rows[0][0]);
  row.deleted = !std::holds_alternative<std::monostate>(rows[0][1]);
  row.body = std::move(std::get<SqlBlob>(rows[0][2]).bytes);
  return row;
}

std::vector<SqlValue> ResourceTable::ColumnValues(
    const Message& message) const {
  std::vector<SqlValue> values;
  for (const FieldPath& path : paths_) {
    values.push_back(ColumnValue(message, path));
  }
  return values;
}

absl::Status ResourceTable::Insert(SqlWriter& writer, absl::string_view tenant,
                                   const Message& message) const {
  return writer.Attempt(insert_sql_, InsertParams(tenant, message));
}

absl::Status ResourceTable::PostInsert(SqlWriter& writer,
                                       absl::string_view tenant,
                                       const Message& message) const {
  return writer.Post(insert_sql_, InsertParams(tenant, message));
}

std::vector<SqlValue> ResourceTable::InsertParams(
    absl::string_view tenant, const Message& message) const {
  const std::string name = ReadString(message, "name");
  std::vector<SqlValue> params = {
      std::string(tenant),
      name,
      std::string(ParentOf(name)),
      TimeOf(message, "create_time"),
      TimeOf(message, "update_time"),
      TimeOf(message, "delete_time"),
      SqlBlob{message.SerializeAsString()},
  };
  for (SqlValue& value : ColumnValues(message)) {
    params.push_back(std::move(value));
  }
  return params;
}

absl::Status ResourceTable::Update(SqlWriter& writer, absl::string_view tenant,
                                   int64_t version,
                                   const Message& message) const {
  const std::string name = ReadString(message, "name");
  std::vector<SqlValue> params = {
      TimeOf(message, "update_time"),
      TimeOf(message, "delete_time"),
      SqlBlob{message.SerializeAsString()},
  };
  for (SqlValue& value : ColumnValues(message)) {
    params.push_back(std::move(value));
  }
  params.push_back(std::string(tenant));
  params.push_back(name);
  params.push_back(version);
  CRM_ASSIGN_OR_RETURN(const int64_t changed,
                       writer.Execute(update_sql_, params));
  return changed == 1 ? absl::OkStatus() : ConcurrentChange(name);
}

absl::Status ResourceTable::Remove(SqlWriter& writer, absl::string_view tenant,
                                   int64_t version,
                                   absl::string_view name) const {
  CRM_ASSIGN_OR_RETURN(
      const int64_t changed,
      writer.Execute(remove_sql_,
                     {std::string(tenant), std::string(name), version}));
  return changed == 1 ? absl::OkStatus() : ConcurrentChange(name);
}

absl::StatusOr<std::optional<ResourceTable::Holder>> ResourceTable::FindHolder(
    SqlReader& reader, absl::string_view tenant, const Message& message) const {
  const std::string name = ReadString(message, "name");
  const std::string live =
      schema_.soft_delete() ? " AND delete_time IS NULL" : "";
  for (size_t i = 0; i < paths_.size(); ++i) {
    const ResourceColumn& column = schema_.columns()[i];
    const SqlValue value = ReadColumn(message, paths_[i]);
    if (!column.unique || IsEmpty(value)) continue;
    std::vector<SqlValue> params = {std::string(tenant), value, name};
    std::string beside;
    if (!column.unique_in_tenant) {
      beside = " AND parent = ?";
      params.push_back(std::string(ParentOf(name)));
    }
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query(
            absl::StrCat("SELECT name FROM ", schema_.table(),
                         " WHERE tenant = ? AND ", column.name,
                         " = ? AND name <> ?", beside, live, " LIMIT 1"),
            params));
    if (!rows.empty()) {
      return Holder{column.path, std::get<std::string>(rows[0][0])};
    }
  }
  return std::nullopt;
}

std::optional<std::string> ResourceTable::SharedValue(
    const Message& one, const Message& other) const {
  const bool beside =
      ParentOf(ReadString(one, "name")) == ParentOf(ReadString(other, "name"));
  for (size_t i = 0; i < paths_.size(); ++i) {
    const ResourceColumn& column = schema_.columns()[i];
    if (!column.unique || !(beside || column.unique_in_tenant)) continue;
    const SqlValue value = ReadColumn(one, paths_[i]);
    if (!IsEmpty(value) && value == ReadColumn(other, paths_[i])) {
      return column.path;
    }
  }
  return std::nullopt;
}

}  // namespace crm
