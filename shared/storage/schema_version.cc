#include "shared/storage/schema_version.h"

#include <cstdint>
#include <string>
#include <variant>

#include "shared/base/status_macros.h"

namespace crm {
namespace {

int Int(const SqlValue& value) {
  return static_cast<int>(std::get<int64_t>(value));
}

}  // namespace

absl::StatusOr<std::optional<SchemaVersion>> ReadSchemaVersion(
    SqlReader& reader) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT version, min_reader, min_writer, checksum "
                   "FROM schema_version WHERE id = 1",
                   {}));
  if (rows.empty()) return std::nullopt;
  const SqlRow& row = rows.front();
  return SchemaVersion{.version = Int(row[0]),
                       .min_reader = Int(row[1]),
                       .min_writer = Int(row[2]),
                       .checksum = std::get<std::string>(row[3])};
}

absl::Status StoreSchemaVersion(SqlWriter& writer,
                                const SchemaVersion& version) {
  return writer.Post(
      "INSERT INTO schema_version "
      "(id, version, min_reader, min_writer, checksum) "
      "VALUES (1, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
      "version = excluded.version, min_reader = excluded.min_reader, "
      "min_writer = excluded.min_writer, checksum = excluded.checksum",
      {int64_t{version.version}, int64_t{version.min_reader},
       int64_t{version.min_writer}, version.checksum});
}

}  // namespace crm
