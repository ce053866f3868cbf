// Migrations: from any schema to any other, a plan either refuses or leads to a
// store that needs nothing more, on a real SQLite file in memory.
//
// The input makes two schemas of a few tables, columns and indexes.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/storage/sqlite/connection.h"
#include "shared/storage/sqlite/sqlite_migration.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using testing::Expect;
using testing::FuzzInput;

SqlColumn NextColumn(FuzzInput& input, int number) {
  static constexpr SqlType kTypes[] = {SqlType::kInteger, SqlType::kReal,
                                       SqlType::kText, SqlType::kBlob};
  SqlColumn column;
  column.name = number == 0 ? "delete_time" : absl::StrCat("c", number);
  column.type = kTypes[input.Below(4)];
  column.nullable = input.Below(2) == 0;
  switch (input.Below(4)) {
    case 0:
      column.default_value = input.Integer();
      break;
    case 1:
      // Defaults are written by programmers; zero bytes are not among them.
      column.default_value = absl::StrReplaceAll(
          input.Text(), {{absl::string_view("\0", 1), "'"}});
      break;
    case 2:
      column.default_value = SqlBlob{std::string(input.Text())};
      break;
    default:
      break;
  }
  return column;
}

std::vector<std::string> SomeColumns(FuzzInput& input, const SqlTable& table) {
  std::vector<std::string> names;
  const int chosen = input.Byte();
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if ((chosen >> i & 1) != 0) names.push_back(table.columns[i].name);
  }
  return names;
}

SqlSchema NextSchema(FuzzInput& input) {
  SqlSchema schema;
  schema.version = input.Below(3);
  schema.min_reader = input.Below(3);
  schema.min_writer = input.Below(3);
  for (int t = input.Below(3); t >= 0; --t) {
    SqlTable table;
    table.name = absl::StrCat("t", t);
    for (int c = input.Below(4); c >= 0; --c) {
      table.columns.push_back(NextColumn(input, c));
    }
    table.primary_key = SomeColumns(input, table);
    table.clustered = input.Below(2) == 0;
    for (int i = input.Below(3); i > 0; --i) {
      SqlIndex index;
      index.name = absl::StrCat("i", t, "_", i);
      index.columns = SomeColumns(input, table);
      index.unique = input.Below(2) == 0;
      index.live_only = input.Below(2) == 0;
      index.where_not_empty = SomeColumns(input, table);
      table.indexes.push_back(std::move(index));
    }
    schema.tables.push_back(std::move(table));
  }
  return schema;
}

// Migrates as a Database does: all or nothing.
void Migrate(SqliteConnection& store, const SqlSchema& schema) {
  if (!ValidateSchema(schema).ok()) return;
  Expect(store.Execute("BEGIN", {}).ok(), "no transaction");
  const auto result = MigrateSqlite(store, schema);
  if (!result.ok()) {
    Expect(absl::IsFailedPrecondition(result.status()),
           result.status().message());
    Expect(store.Execute("ROLLBACK", {}).ok(), "no way back");
    return;
  }
  const auto again = MigrateSqlite(store, schema);
  Expect(again.ok() && again->statement_count == 0,
         "a migrated store that needs more");
  Expect(store.Execute("COMMIT", {}).ok(), "no commit");
}

void CheckMigration(FuzzInput input) {
  auto store = SqliteConnection::Open(":memory:", {.writable = true});
  Expect(store.ok(), "no store");
  const SqlSchema first = NextSchema(input);
  const SqlSchema second = NextSchema(input);
  Migrate(**store, first);
  Migrate(**store, second);
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckMigration({data, size});
  return 0;
}
