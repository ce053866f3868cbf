#include "tests/shared/storage/database_contract.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/support/matchers.h"

namespace crm::testing {

SqlSchema ItemSchema() {
  return {.tables = {
              {.name = "items",
               .columns = {{.name = "id", .type = SqlType::kInteger},
                           {.name = "email", .type = SqlType::kText},
                           {.name = "score", .type = SqlType::kReal},
                           {.name = "body", .type = SqlType::kBlob},
                           {.name = "delete_time", .type = SqlType::kInteger}},
               .primary_key = {"id"},
               .indexes = {{.name = "items_by_email",
                            .columns = {"email"},
                            .unique = true,
                            .live_only = true,
                            .where_not_empty = {"email"}}}}}};
}

std::string MakeFolder() {
  std::string pattern = absl::StrCat(::testing::TempDir(), "/storage_XXXXXX");
  const char* folder = mkdtemp(pattern.data());
  EXPECT_NE(folder, nullptr);
  return pattern;
}

void DatabaseContract::SetUp() {
  folder_ = MakeFolder();
  Reopen();
  ASSERT_THAT(database_->Migrate(ItemSchema()), IsOk());
}

void DatabaseContract::TearDown() {
  database_.reset();
  std::filesystem::remove_all(folder_);
}

void DatabaseContract::Reopen() {
  database_.reset();
  absl::StatusOr<std::unique_ptr<Database>> opened =
      GetParam().open(folder_, clock_);
  ASSERT_THAT(opened, IsOk());
  database_ = *std::move(opened);
}

absl::Status DatabaseContract::Insert(int64_t id, const std::string& email) {
  return database_->WriteAndWait(Soon(), [&](SqlWriter& writer) {
    return writer
        .Execute("INSERT INTO items (id, email) VALUES (?, ?)", {id, email})
        .status();
  });
}

int64_t DatabaseContract::CountItems() {
  int64_t count = -1;
  EXPECT_THAT(database_->Read(Soon(),
                              [&](SqlReader& reader) {
                                const auto rows = reader.Query(
                                    "SELECT count(*) FROM items", {});
                                if (!rows.ok()) return rows.status();
                                count = std::get<int64_t>((*rows)[0][0]);
                                return absl::OkStatus();
                              }),
              IsOk());
  return count;
}

}  // namespace crm::testing
