// What is particular to text indexes in SQLite.

#include "shared/storage/sqlite/text_index.h"

#include <sqlite3.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "shared/base/clock.h"
#include "tests/shared/storage/engines.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;

TEST(TextTokens, CarryTheTenantAndEndWithTheWord) {
  EXPECT_EQ(TextTokens("a1", "smith ab\nabc"),
            "a1\xEE\x80\xAFsmi a1\xEE\x80\xAFmit a1\xEE\x80\xAFith 0 "
            "a1\xEE\x80\xAF"
            "abc 0");
  EXPECT_EQ(TextTokens("a1", "ab"), "");
}

const SqlTable& Notes() {
  static const auto* const kTable =
      new SqlTable{.name = "notes",
                   .columns = {{"tenant", SqlType::kText, false, {}},
                               {"name", SqlType::kText, false, {}},
                               {"place", SqlType::kInteger, false, {}},
                               {"words", SqlType::kText, false, {}}},
                   .primary_key = {"tenant", "name"},
                   .clustered = true,
                   .text_index = SqlTextIndex{.name = "notes_text",
                                              .text_column = "words",
                                              .position_column = "place"}};
  return *kTable;
}

absl::Status Put(Database& database, const std::string& name,
                 const std::string& words, int second = 0) {
  return database.WriteAndWait(absl::InfiniteFuture(), [&](SqlWriter& writer) {
    return writer.PutText(
        {.table = Notes(),
         .tenant = "acme",
         .name = name,
         .position = SearchPosition(absl::FromUnixSeconds(second)),
         .text = words});
  });
}

// How many notes the index finds.
size_t Count(Database& database, const std::string& word) {
  size_t count = 0;
  EXPECT_THAT(database.Read(absl::InfiniteFuture(),
                            [&](SqlReader& reader) -> absl::Status {
                              const auto rows =
                                  reader.SearchText({.table = Notes(),
                                                     .tenant = "acme",
                                                     .words = {word},
                                                     .limit = 100});
                              if (rows.ok()) count = rows->size();
                              return rows.status();
                            }),
              IsOk());
  return count;
}

// A copy may number the rows of tables anew; the index must not notice.
TEST(TextIndexInSqlite, SurvivesACopyOfTheStore) {
  const SystemClock clock;
  const std::string folder = testing::MakeFolder();
  const std::string copied = testing::MakeFolder();
  auto store = testing::SqliteEngine().open(folder, clock);
  ASSERT_THAT(store, IsOk());
  SqlSchema schema;
  schema.tables = {Notes()};
  ASSERT_THAT((*store)->Migrate(schema), IsOk());
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(
        Put(**store, absl::StrCat("n", i), absl::StrCat("note", i % 7), i % 9),
        IsOk());
  }
  ASSERT_THAT((*store)->WriteAndWait(absl::InfiniteFuture(),
                                     [](SqlWriter& writer) {
                                       return writer.RemoveText(Notes(), "acme",
                                                                "n5");
                                     }),
              IsOk());
  const size_t before = Count(**store, "note5");
  ASSERT_THAT((*store)->Close(), IsOk());
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(absl::StrCat(folder, "/test.db").c_str(), &raw),
            SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(
                raw, absl::StrCat("VACUUM INTO '", copied, "/test.db'").c_str(),
                nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(raw);
  sqlite3_close(raw);

  auto copy = testing::SqliteEngine().open(copied, clock);

  ASSERT_THAT(copy, IsOk());
  EXPECT_GT(before, 0u);
  EXPECT_EQ(Count(**copy, "note5"), before);
  EXPECT_THAT(Put(**copy, "n12", "changed"), IsOk());
  EXPECT_EQ(Count(**copy, "note5"), before - 1);
  EXPECT_EQ(Count(**copy, "changed"), 1u);
}

}  // namespace
}  // namespace crm
