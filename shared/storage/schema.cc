#include "shared/storage/schema.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

// What the strictest engine (PostgreSQL) allows in a name.
constexpr size_t kMaxNameBytes = 63;

absl::Status Invalid(absl::string_view what) {
  return InvalidArgument("SCHEMA_INVALID",
                         absl::StrCat("The schema is invalid: ", what, "."));
}

absl::Status ValidateName(absl::string_view name) {
  const bool valid =
      !name.empty() && name.size() <= kMaxNameBytes &&
      !absl::ascii_isdigit(static_cast<unsigned char>(name.front())) &&
      std::all_of(name.begin(), name.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) ||
               c == '_';
      });
  if (!valid) {
    return Invalid(absl::StrCat("name '", name,
                                "' is not lower snake case of at most ",
                                kMaxNameBytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status ValidateMembers(absl::string_view owner,
                             const std::vector<std::string>& members,
                             const std::set<std::string>& columns) {
  std::set<std::string> seen;
  for (const std::string& member : members) {
    if (!columns.contains(member)) {
      return Invalid(absl::StrCat("'", owner, "' names the column '", member,
                                  "', which does not exist"));
    }
    if (!seen.insert(member).second) {
      return Invalid(
          absl::StrCat("'", owner, "' names the column '", member, "' twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateIndex(const SqlTable& table, const SqlIndex& index,
                           const std::set<std::string>& columns) {
  CRM_RETURN_IF_ERROR(ValidateName(index.name));
  if (index.columns.empty()) {
    return Invalid(absl::StrCat("index '", index.name, "' has no columns"));
  }
  CRM_RETURN_IF_ERROR(ValidateMembers(index.name, index.columns, columns));
  CRM_RETURN_IF_ERROR(
      ValidateMembers(index.name, index.where_not_empty, columns));
  if (index.live_only && !columns.contains("delete_time")) {
    return Invalid(absl::StrCat("index '", index.name,
                                "' holds live rows only, but '", table.name,
                                "' has no column 'delete_time'"));
  }
  return absl::OkStatus();
}

absl::Status ValidateTextIndex(const SqlTable& table,
                               const std::set<std::string>& columns) {
  const SqlTextIndex& index = *table.text_index;
  CRM_RETURN_IF_ERROR(ValidateName(index.name));
  if (table.primary_key != std::vector<std::string>{"tenant", "name"}) {
    return Invalid(absl::StrCat("text index '", index.name,
                                "' needs the primary key (tenant, name)"));
  }
  return ValidateMembers(index.name, {index.text_column, index.position_column},
                         columns);
}

absl::Status ValidateTable(const SqlTable& table,
                           std::set<std::string>& relations) {
  CRM_RETURN_IF_ERROR(ValidateName(table.name));
  if (!relations.insert(table.name).second) {
    return Invalid(absl::StrCat("'", table.name, "' exists twice"));
  }
  std::set<std::string> columns;
  for (const SqlColumn& column : table.columns) {
    CRM_RETURN_IF_ERROR(ValidateName(column.name));
    if (!columns.insert(column.name).second) {
      return Invalid(absl::StrCat("column '", table.name, ".", column.name,
                                  "' exists twice"));
    }
  }
  if (table.primary_key.empty()) {
    return Invalid(absl::StrCat("table '", table.name, "' has no primary key"));
  }
  CRM_RETURN_IF_ERROR(ValidateMembers(table.name, table.primary_key, columns));
  CRM_RETURN_IF_ERROR(ValidateMembers(table.name, table.former_key, columns));
  if (!table.former_key.empty() &&
      (table.clustered || table.text_index.has_value())) {
    return Invalid(absl::StrCat("'", table.name,
                                "' cannot have had another key: it is "
                                "clustered, or has a text index"));
  }
  for (const SqlIndex& index : table.indexes) {
    CRM_RETURN_IF_ERROR(ValidateIndex(table, index, columns));
    if (!relations.insert(index.name).second) {
      return Invalid(absl::StrCat("'", index.name, "' exists twice"));
    }
  }
  if (table.text_index.has_value()) {
    CRM_RETURN_IF_ERROR(ValidateTextIndex(table, columns));
    if (!relations.insert(table.text_index->name).second) {
      return Invalid(
          absl::StrCat("'", table.text_index->name, "' exists twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateSchema(const SqlSchema& schema) {
  if (schema.version < 1 || schema.min_reader > schema.version ||
      schema.min_writer > schema.version) {
    return Invalid("min_reader and min_writer must not exceed the version");
  }
  std::set<std::string> relations = {"schema_version", "schema_index",
                                     "schema_lock"};
  for (const SqlTable& table : schema.tables) {
    CRM_RETURN_IF_ERROR(ValidateTable(table, relations));
  }
  return absl::OkStatus();
}

std::string QuoteName(absl::string_view name) {
  return absl::StrCat("\"", name, "\"");
}

}  // namespace crm
