#include "shared/resource/custom_index.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_value.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/standard_fields.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr char kUniques[] = "custom_uniques";

struct ValueTable {
  const char* name;
  SqlType type;
};

constexpr ValueTable kValueTables[] = {{"custom_texts", SqlType::kText},
                                       {"custom_integers", SqlType::kInteger},
                                       {"custom_reals", SqlType::kReal}};

const char* TableOf(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger:
      return "custom_integers";
    case ColumnType::kReal:
      return "custom_reals";
    case ColumnType::kText:
    case ColumnType::kBlob:
      return "custom_texts";
  }
  return "custom_texts";
}

// The value of a field in `values`, NULL if there is none.
SqlValue ValueIn(const CustomValues& values, const CustomField& field) {
  const auto found = values.find(field.key());
  const FieldDescriptor* member = field.rules.member();
  if (found == values.end() ||
      !found->second.GetReflection()->HasField(found->second, member)) {
    return std::monostate();
  }
  return ValueOf({found->second, *member, -1, true});
}

// A value as the text that is unique.
std::optional<std::string> UniqueText(const CustomField& field,
                                      const SqlValue& value) {
  if (!field.definition().unique()) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return absl::StrCat(*number);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    // Zero has two signs and is one number.
    return absl::StrFormat("%.17g", *real == 0 ? 0.0 : *real);
  }
  return std::nullopt;
}

// What a row has in the index of one field.
struct Entry {
  bool there = false;
  SqlValue value;
  std::optional<std::string> unique;
};

Entry EntryOf(const CustomField& field, const CustomValues& values, bool there,
              bool live) {
  Entry entry;
  entry.there = there;
  if (!there) return entry;
  entry.value = ValueIn(values, field);
  if (live) entry.unique = UniqueText(field, entry.value);
  return entry;
}

absl::Status PutValue(SqlWriter& writer, const std::string& tenant,
                      const CustomField& field, const std::string& name,
                      const SqlValue& value) {
  return writer
      .Execute(absl::StrCat(
                   "INSERT INTO ", TableOf(field.column_type),
                   " (tenant, v_field, v_name, v_value) VALUES (?, ?, ?, ?) ON "
                   "CONFLICT (tenant, v_field, v_name) DO UPDATE SET v_value = "
                   "excluded.v_value"),
               {tenant, field.index_id, name, value})
      .status();
}

absl::Status DropUnique(SqlWriter& writer, const std::string& tenant,
                        const CustomField& field, const std::string& value,
                        const std::string& name) {
  return writer
      .Execute(
          "DELETE FROM custom_uniques WHERE tenant = ? AND v_field = ? AND "
          "v_value = ? AND v_name = ?",
          {tenant, field.index_id, value, name})
      .status();
}

// Takes `value` for `name`. Returns who holds it, if another does.
absl::StatusOr<std::optional<std::string>> TakeUnique(SqlWriter& writer,
                                                      const std::string& tenant,
                                                      const CustomField& field,
                                                      const std::string& value,
                                                      const std::string& name) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t taken,
      writer.Execute(
          "INSERT INTO custom_uniques (tenant, v_field, v_value, v_name) "
          "VALUES "
          "(?, ?, ?, ?) ON CONFLICT (tenant, v_field, v_value) DO NOTHING",
          {tenant, field.index_id, value, name}));
  if (taken == 1) return std::nullopt;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query("SELECT v_name FROM custom_uniques WHERE tenant = ? AND "
                   "v_field = ? AND v_value = ?",
                   {tenant, field.index_id, value}));
  if (rows.empty()) return "";
  const std::string& holder = std::get<std::string>(rows[0][0]);
  if (holder == name) return std::nullopt;
  return holder;
}

}  // namespace

std::vector<SqlTable> CustomIndexTables() {
  std::vector<SqlTable> tables;
  for (const auto& [name, type] : kValueTables) {
    tables.push_back(
        {.name = name,
         .columns = {{"tenant", SqlType::kText, false, {}},
                     {"v_field", SqlType::kText, false, {}},
                     {"v_name", SqlType::kText, false, {}},
                     {"v_value", type, true, {}}},
         .primary_key = {"tenant", "v_field", "v_name"},
         .clustered = true,
         .indexes = {{.name = absl::StrCat("by_", name, "_v_value"),
                      .columns = {"tenant", "v_field", "v_value", "v_name"}}}});
  }
  tables.push_back({.name = kUniques,
                    .columns = {{"tenant", SqlType::kText, false, {}},
                                {"v_field", SqlType::kText, false, {}},
                                {"v_value", SqlType::kText, false, {}},
                                {"v_name", SqlType::kText, false, {}}},
                    .primary_key = {"tenant", "v_field", "v_value"},
                    .clustered = true});
  return tables;
}

absl::StatusOr<std::optional<CustomConflict>> KeepCustomIndex(
    SqlWriter& writer, const std::string& tenant, const CustomType& type,
    const Message* before, const Message* after) {
  std::vector<const CustomField*> kept;
  for (const auto& [key, field] : type.fields) {
    if (field->keeps_index && !field->removed()) kept.push_back(field.get());
  }
  if (kept.empty()) return std::nullopt;
  const std::string name =
      ReadString(after != nullptr ? *after : *before, "name");
  const CustomValues old =
      before == nullptr ? CustomValues() : ReadCustomValues(*before);
  const CustomValues now =
      after == nullptr ? CustomValues() : ReadCustomValues(*after);
  for (const CustomField* field : kept) {
    const Entry was = EntryOf(*field, old, before != nullptr,
                              before != nullptr && !IsDeleted(*before));
    const Entry is = EntryOf(*field, now, after != nullptr,
                             after != nullptr && !IsDeleted(*after));
    if (was.unique.has_value() && was.unique != is.unique) {
      CRM_RETURN_IF_ERROR(
          DropUnique(writer, tenant, *field, *was.unique, name));
    }
    if (is.unique.has_value() && was.unique != is.unique) {
      CRM_ASSIGN_OR_RETURN(const auto holder, TakeUnique(writer, tenant, *field,
                                                         *is.unique, name));
      if (holder.has_value()) return CustomConflict{field->key(), *holder};
    }
    if (!is.there) {
      CRM_RETURN_IF_ERROR(
          writer
              .Execute(absl::StrCat("DELETE FROM ", TableOf(field->column_type),
                                    " WHERE tenant = ? AND v_field = ? AND "
                                    "v_name = ?"),
                       {tenant, field->index_id, name})
              .status());
    } else if (!was.there || was.value != is.value) {
      CRM_RETURN_IF_ERROR(PutValue(writer, tenant, *field, name, is.value));
    }
  }
  return std::nullopt;
}

SqlFragment CustomRows::After(const std::string& tenant,
                              const std::string& reached, int limit) const {
  SqlFragment query{
      absl::StrCat("SELECT name, body FROM ", table, " WHERE tenant = ?"),
      {tenant}};
  if (!parent.empty()) {
    absl::StrAppend(&query.text, " AND name > ? AND name < ?");
    query.params.push_back(absl::StrCat(parent, "/"));
    query.params.push_back(absl::StrCat(parent, "0"));
  }
  absl::StrAppend(&query.text, " AND name > ? ORDER BY name LIMIT ?");
  query.params.push_back(reached);
  query.params.push_back(int64_t{limit});
  return query;
}

absl::StatusOr<CustomFill> FillCustomIndex(
    SqlWriter& writer, const std::string& tenant, const CustomRows& from,
    const Message& empty, const CustomField& field, const std::string& reached,
    int limit) {
  const SqlFragment query = from.After(tenant, reached, limit);
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       writer.Query(query.text, query.params));
  CustomFill fill;
  fill.reached = reached;
  const std::unique_ptr<Message> message(empty.New());
  for (const SqlRow& row : rows) {
    ++fill.rows;
    fill.reached = std::get<std::string>(row[0]);
    if (!message->ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    const Entry entry =
        EntryOf(field, ReadCustomValues(*message), true, !IsDeleted(*message));
    if (const auto* text = std::get_if<std::string>(&entry.value);
        text != nullptr && text->size() > kMaxIndexedBytes) {
      fill.too_long = true;
      return fill;
    }
    CRM_RETURN_IF_ERROR(
        PutValue(writer, tenant, field, fill.reached, entry.value));
    if (!entry.unique.has_value()) continue;
    CRM_ASSIGN_OR_RETURN(
        const auto holder,
        TakeUnique(writer, tenant, field, *entry.unique, fill.reached));
    if (holder.has_value()) ++fill.conflicts;
  }
  return fill;
}

absl::StatusOr<bool> ClearCustomIndex(SqlWriter& writer,
                                      const std::string& tenant,
                                      const std::string& index_id, int limit) {
  bool more = false;
  const auto clear = [&](absl::string_view table,
                         absl::string_view key) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(
        const int64_t removed,
        writer.Execute(
            absl::StrCat("DELETE FROM ", table,
                         " WHERE tenant = ? AND v_field "
                         "= ? AND ",
                         key, " IN (SELECT ", key, " FROM ", table,
                         " WHERE tenant = ? AND v_field = ? ORDER BY ", key,
                         " LIMIT ?)"),
            {tenant, index_id, tenant, index_id, int64_t{limit}}));
    more = more || removed == limit;
    return absl::OkStatus();
  };
  for (const ValueTable& table : kValueTables) {
    CRM_RETURN_IF_ERROR(clear(table.name, "v_name"));
  }
  CRM_RETURN_IF_ERROR(clear(kUniques, "v_value"));
  return more;
}

CustomColumns::CustomColumns(const ColumnMap& columns, const CustomType* type)
    : columns_(columns) {
  if (type == nullptr) return;
  for (const auto& [key, field] : type->fields) {
    if (!field->keeps_index || field->removed() ||
        !field->definition().indexed()) {
      continue;
    }
    const std::string path = absl::StrCat("custom_fields.", key);
    if (!field->index_ready) {
      building_.insert(path);
      continue;
    }
    const std::string alias = absl::StrCat("custom_", joins_.size());
    joins_[alias] = {TableOf(field->column_type), field->index_id};
    columns_.Add(path, {.name = absl::StrCat(alias, ".v_value"),
                        .type = field->column_type,
                        .nullable = true,
                        .qualified = true});
  }
}

std::vector<std::string> CustomColumns::Joined(
    const std::vector<std::string>& used) const {
  std::vector<std::string> joined;
  for (const auto& [alias, join] : joins_) {
    const std::string column = absl::StrCat(alias, ".v_value");
    for (const std::string& text : used) {
      if (!absl::StrContains(text, column)) continue;
      joined.push_back(alias);
      break;
    }
  }
  return joined;
}

void CustomColumns::OrderByIndex(const std::vector<std::string>& joined,
                                 std::vector<OrderTerm>& order) {
  for (const std::string& alias : joined) {
    const std::string column = absl::StrCat(alias, ".v_value");
    const bool serves =
        std::all_of(order.begin(), order.end(), [&](const OrderTerm& term) {
          return term.path == "name" || term.column == column;
        });
    if (!serves) continue;
    for (OrderTerm& term : order) {
      if (term.path == "name") term.column = absl::StrCat(alias, ".v_name");
    }
    return;
  }
}

std::string CustomColumns::From(const std::vector<std::string>& joined) const {
  std::string from;
  for (const std::string& alias : joined) {
    absl::StrAppend(&from, ", ", joins_.at(alias).table, " AS ", alias);
  }
  return from;
}

SqlFragment CustomColumns::Where(const std::vector<std::string>& joined,
                                 const std::string& table,
                                 const std::string& tenant) const {
  SqlFragment where = {.text = "1=1", .params = {}};
  for (const std::string& alias : joined) {
    absl::StrAppend(&where.text, " AND ", alias, ".tenant = ? AND ", alias,
                    ".v_field = ? AND ", alias, ".v_name = ", table, ".name");
    where.params.push_back(tenant);
    where.params.push_back(joins_.at(alias).index_id);
  }
  return where;
}

}  // namespace crm
