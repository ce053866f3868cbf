// The table of one resource type: its layout, and the statements that read and
// write its rows.
//
// A row is (tenant, name, version, times, body), body being the message's own
// bytes, plus a real column for each indexed, unique or ordering field. Tenant
// comes first in every key.

#ifndef CRM_SHARED_RESOURCE_RESOURCE_TABLE_H_
#define CRM_SHARED_RESOURCE_RESOURCE_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/query/column_map.h"
#include "shared/query/field_path.h"
#include "shared/reflect/resource_schema.h"
#include "shared/storage/database.h"

namespace crm {

// A row as it is stored.
struct StoredRow {
  int64_t version = 0;
  bool deleted = false;
  std::string body;
};

// Reads and writes the rows of one type. Immutable, so thread-safe.
class ResourceTable {
 public:
  // `schema` outlives the table.
  explicit ResourceTable(const ResourceSchema& schema);

  // Returns the table's layout.
  SqlTable Schema() const;

  // The columns that filters and orders may use.
  const ColumnMap& columns() const { return columns_; }
  ColumnMap& columns() { return columns_; }

  // Returns the row of `name`, or nothing. Errors of SqlReader::Query.
  absl::StatusOr<std::optional<StoredRow>> Find(SqlReader& reader,
                                                absl::string_view tenant,
                                                absl::string_view name) const;

  // Stores a new row with version 1. Returns ALREADY_EXISTS from the database
  // if the name, or a unique value, is taken.
  absl::Status Insert(SqlWriter& writer, absl::string_view tenant,
                      const google::protobuf::Message& message) const;

  // Insert() of a row whose name and values nothing else can have, by
  // SqlWriter::Post().
  absl::Status PostInsert(SqlWriter& writer, absl::string_view tenant,
                          const google::protobuf::Message& message) const;

  // Replaces the row of `message`, which must still have `version`, and makes
  // its version one greater. Returns ABORTED (CONCURRENT_CHANGE) if it has not.
  absl::Status Update(SqlWriter& writer, absl::string_view tenant,
                      int64_t version,
                      const google::protobuf::Message& message) const;

  // Removes the row of `name`, which must still have `version`. Returns ABORTED
  // (CONCURRENT_CHANGE) if it has not.
  absl::Status Remove(SqlWriter& writer, absl::string_view tenant,
                      int64_t version, absl::string_view name) const;

  // Returns the name of the live resource that holds one of `message`'s unique
  // values, with the path of the field; nothing if none does.
  struct Holder {
    std::string field;
    std::string name;
  };
  absl::StatusOr<std::optional<Holder>> FindHolder(
      SqlReader& reader, absl::string_view tenant,
      const google::protobuf::Message& message) const;

  // Returns the path of a unique field in which two resources may not have the
  // same value but have it; nothing if there is none.
  std::optional<std::string> SharedValue(
      const google::protobuf::Message& one,
      const google::protobuf::Message& other) const;

 private:
  std::vector<SqlValue> InsertParams(
      absl::string_view tenant, const google::protobuf::Message& message) const;
  std::vector<SqlValue> ColumnValues(
      const google::protobuf::Message& message) const;

  const ResourceSchema& schema_;
  ColumnMap columns_;
  // The fields of schema_.columns(), in their order.
  std::vector<FieldPath> paths_;
  std::string select_sql_;
  std::string insert_sql_;
  std::string update_sql_;
  std::string remove_sql_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_RESOURCE_TABLE_H_
