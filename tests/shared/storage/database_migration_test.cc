// The part of DatabaseContract that is about Database::Migrate().

#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "shared/base/status_macros.h"
#include "shared/storage/lease.h"
#include "shared/storage/program_version.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_P(DatabaseContract, MigratesOnceAndThenFinds) {
  const absl::StatusOr<MigrationResult> again =
      database_->Migrate(ItemSchema());

  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->statement_count, 0);
}

TEST_P(DatabaseContract, F40_AddsColumnsAndIndexesToRowsThatExist) {
  ASSERT_THAT(Insert(1, "a@x"), IsOk());
  SqlSchema schema = ItemSchema();
  schema.tables[0].columns.push_back({.name = "stage",
                                      .type = SqlType::kText,
                                      .nullable = false,
                                      .default_value = "it's new"});
  schema.tables[0].indexes.push_back(
      {.name = "items_by_stage", .columns = {"stage", "id"}});
  schema.tables.push_back({.name = "notes",
                           .columns = {{.name = "tenant"}, {.name = "id"}},
                           .primary_key = {"tenant", "id"},
                           .clustered = true});

  const absl::StatusOr<MigrationResult> result = database_->Migrate(schema);

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->statement_count, 3);
  EXPECT_THAT(result->added_columns,
              ElementsAre(AddedColumn{"items", "stage"}));
  SqlRows rows;
  ASSERT_THAT(
      database_->Read(Soon(),
                      [&](SqlReader& reader) -> absl::Status {
                        CRM_ASSIGN_OR_RETURN(
                            rows, reader.Query("SELECT stage FROM items", {}));
                        return absl::OkStatus();
                      }),
      IsOk());
  EXPECT_THAT(rows, ElementsAre(SqlRow{"it's new"}));
}

TEST_P(DatabaseContract, ChangesNothingWhenAMigrationConflicts) {
  SqlSchema schema = ItemSchema();
  schema.tables.insert(
      schema.tables.begin(),
      {.name = "first", .columns = {{.name = "id"}}, .primary_key = {"id"}});
  schema.tables[1].columns[2].type = SqlType::kText;

  const absl::StatusOr<MigrationResult> result = database_->Migrate(schema);

  EXPECT_THAT(result, StatusIs(absl::StatusCode::kFailedPrecondition,
                               "SCHEMA_CONFLICT"));
  EXPECT_THAT(result.status().message(), HasSubstr("'items.score'"));
  EXPECT_THAT(database_->Read(
                  Soon(),
                  [](SqlReader& reader) {
                    return reader.Query("SELECT id FROM first", {}).status();
                  }),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
}

TEST_P(DatabaseContract, F40_RefusesAStoreOfANewerProgram) {
  SqlSchema newer = ItemSchema();
  newer.version = 3;
  newer.min_writer = 2;
  ASSERT_THAT(database_->Migrate(newer), IsOk());

  SqlSchema previous = ItemSchema();
  previous.version = 2;
  EXPECT_THAT(database_->Migrate(previous), IsOk());
  EXPECT_THAT(
      database_->Migrate(ItemSchema()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
}

// Notes as older programs know them: by their id alone.
SqlSchema NotesById() {
  return {.tables = {
              {.name = "notes",
               .columns = {{.name = "tenant", .nullable = false},
                           {.name = "id", .nullable = false},
                           {.name = "text"},
                           {.name = "old"}},
               .primary_key = {"id"},
               .indexes = {
                   {.name = "notes_by_old", .columns = {"tenant", "old"}},
                   {.name = "notes_by_text", .columns = {"tenant", "text"}}}}}};
}

// Notes by tenant and id, without what older programs kept in `old`.
SqlSchema NotesByTenant() {
  SqlSchema schema = NotesById();
  schema.version = 2;
  SqlTable& notes = schema.tables[0];
  notes.primary_key = {"tenant", "id"};
  notes.former_key = {"id"};
  notes.columns.pop_back();
  notes.retired_columns = {"old"};
  notes.indexes.erase(notes.indexes.begin());
  notes.retired_indexes = {"notes_by_old"};
  return schema;
}

absl::Status RunSql(Database& database, const std::string& sql,
                    const std::vector<SqlValue>& params = {}) {
  return database.WriteAndWait(absl::InfiniteFuture(), [&](SqlWriter& writer) {
    return writer.Execute(sql, params).status();
  });
}

absl::Status AddNotes(Database& database, int from, int to) {
  return database.WriteAndWait(
      absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
        for (int i = from; i < to; ++i) {
          CRM_RETURN_IF_ERROR(writer.Post(
              "INSERT INTO notes (tenant, id, text) VALUES ('acme', ?, 'as "
              "it was')",
              {absl::StrCat(i)}));
        }
        return absl::OkStatus();
      });
}

int64_t CountNotes(Database& database, const std::string& text) {
  int64_t count = -1;
  EXPECT_THAT(
      database.Read(absl::InfiniteFuture(),
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          const SqlRows rows,
                          reader.Query("SELECT COUNT(*) FROM notes WHERE "
                                       "tenant = 'acme' AND text = ?",
                                       {text}));
                      count = std::get<int64_t>(rows[0][0]);
                      return absl::OkStatus();
                    }),
      IsOk());
  return count;
}

TEST_P(DatabaseContract, AStoreWithAFormerKeyServesOlderProgramsToo) {
  ASSERT_THAT(database_->Migrate(NotesById()), IsOk());
  ASSERT_THAT(AddNotes(*database_, 0, 10), IsOk());

  const auto expanded = database_->Migrate(NotesByTenant());
  ASSERT_THAT(expanded, IsOk());
  EXPECT_EQ(expanded->statement_count, 1);
  const auto by_older = database_->Migrate(NotesById());
  ASSERT_THAT(by_older, IsOk());
  EXPECT_EQ(by_older->statement_count, 0);
  EXPECT_THAT(AddNotes(*database_, 10, 20), IsOk());
  EXPECT_THAT(
      RunSql(*database_, "UPDATE notes SET old = 'kept' WHERE id = '3'"),
      IsOk());
  const auto again = database_->Migrate(NotesByTenant());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->statement_count, 0);
  EXPECT_EQ(CountNotes(*database_, "as it was"), 20);
}

TEST_P(DatabaseContract, ContractingGivesATableItsKeyWhileItIsWrittenTo) {
  ASSERT_THAT(database_->Migrate(NotesById()), IsOk());
  ASSERT_THAT(AddNotes(*database_, 0, 1200), IsOk());
  ASSERT_THAT(database_->Migrate(NotesByTenant()), IsOk());

  int steps = 0;
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) {
    more = database_->Contract(NotesByTenant());
    ++steps;
    // Rows that were copied and rows that were not.
    for (const int id : {steps, 1199 - steps}) {
      EXPECT_THAT(
          RunSql(*database_, "UPDATE notes SET text = 'new' WHERE id = ?",
                 {absl::StrCat(id)}),
          IsOk());
    }
    for (const int id : {100 + steps, 1100 - steps}) {
      EXPECT_THAT(RunSql(*database_, "DELETE FROM notes WHERE id = ?",
                         {absl::StrCat(id)}),
                  IsOk());
    }
    EXPECT_THAT(AddNotes(*database_, 2000 + steps, 2001 + steps), IsOk());
    // What was begun is gone on with by the next process.
    if (steps == 2) Reopen();
  }
  ASSERT_THAT(more, IsOk());
  EXPECT_EQ(CountNotes(*database_, "new"), 2 * steps);
  EXPECT_EQ(CountNotes(*database_, "as it was"), 1200 - 3 * steps);

  // The key is the new one alone.
  EXPECT_THAT(RunSql(*database_,
                     "INSERT INTO notes (tenant, id) VALUES ('other', '7')"),
              IsOk());
  EXPECT_THAT(
      RunSql(*database_, "INSERT INTO notes (tenant, id) VALUES ('acme', '7')"),
      StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
  EXPECT_THAT(database_->Read(
                  Soon(),
                  [](SqlReader& reader) {
                    return reader.Query("SELECT old FROM notes", {}).status();
                  }),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
}

TEST_P(DatabaseContract, AContractedStoreRefusesOlderProgramsAndStaysAsItIs) {
  ASSERT_THAT(database_->Migrate(NotesById()), IsOk());
  ASSERT_THAT(database_->Migrate(NotesByTenant()), IsOk());
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = database_->Contract(NotesByTenant());
  ASSERT_THAT(more, IsOk());

  EXPECT_THAT(
      database_->Migrate(NotesById()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
  const auto again = database_->Migrate(NotesByTenant());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->statement_count, 0);
  EXPECT_THAT(database_->Contract(NotesByTenant()), IsOkAndHolds(false));
}

TEST_P(DatabaseContract, F40_AnOlderProgramIsRefusedForItsAgeAtEveryStep) {
  ASSERT_THAT(database_->Migrate(NotesById()), IsOk());
  ASSERT_THAT(AddNotes(*database_, 0, 10), IsOk());
  ASSERT_THAT(database_->Migrate(NotesByTenant()), IsOk());
  absl::Status older = absl::OkStatus();
  absl::StatusOr<bool> more = true;

  while (more.ok() && *more) {
    more = database_->Contract(NotesByTenant());
    const absl::Status again = database_->Migrate(NotesById()).status();
    // Once it is refused it stays so.
    EXPECT_TRUE(older.ok() || !again.ok());
    older = again;
    if (older.ok()) continue;
    EXPECT_THAT(older, StatusIs(absl::StatusCode::kFailedPrecondition,
                                "SCHEMA_TOO_NEW"));
  }

  EXPECT_THAT(more, IsOkAndHolds(false));
  EXPECT_FALSE(older.ok());
}

// Both with what tells who shares the store.
SqlSchema Shared(SqlSchema schema) {
  for (SqlTable& table : LeaseTables()) {
    schema.tables.push_back(std::move(table));
  }
  return schema;
}

constexpr int64_t kNow = 1'000'000;

absl::Status AnnounceOlder(SqlWriter& writer) {
  return AnnounceProgram(writer, kNow, HolderOf(1, "older"));
}

// Contracts to the end, unless an older program is known by then.
absl::Status ContractAlone(Database& database,
                           const std::function<void()>& during = nullptr) {
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) {
    more = database.Contract(
        Shared(NotesByTenant()), [&](SqlWriter& writer) -> absl::Status {
          CRM_RETURN_IF_ERROR(CheckNoOlderProgram(writer, kNow, 2));
          if (during) during();
          return absl::OkStatus();
        });
  }
  return more.status();
}

TEST_P(DatabaseContract, F40_AnOlderProgramIsRefusedWhileAStoreIsContracted) {
  ASSERT_THAT(database_->Migrate(Shared(NotesById())), IsOk());
  ASSERT_THAT(AddNotes(*database_, 0, 10), IsOk());
  ASSERT_THAT(database_->Migrate(Shared(NotesByTenant())), IsOk());

  std::future<absl::Status> older;
  const absl::Status contracted = ContractAlone(*database_, [&] {
    if (older.valid()) return;
    // The other program starts once it was seen that there is none.
    older = std::async(std::launch::async, [this] {
      return database_->Migrate(Shared(NotesById()), AnnounceOlder).status();
    });
  });

  // A contraction of several steps may see it at the next one.
  const absl::Status started = older.get();
  if (contracted.ok()) {
    EXPECT_THAT(started, StatusIs(absl::StatusCode::kFailedPrecondition,
                                  "SCHEMA_TOO_NEW"));
  } else {
    EXPECT_THAT(contracted, StatusIs(absl::StatusCode::kFailedPrecondition,
                                     "OLDER_PROGRAM_RUNS"));
    EXPECT_THAT(started, IsOk());
  }
}

TEST_P(DatabaseContract, F40_AnOlderProgramThatIsStartingIsSeenByAContraction) {
  ASSERT_THAT(database_->Migrate(Shared(NotesById())), IsOk());
  ASSERT_THAT(database_->Migrate(Shared(NotesByTenant())), IsOk());

  std::future<absl::Status> contracted;
  const auto started =
      database_->Migrate(Shared(NotesById()), [&](SqlWriter& writer) {
        // The store was found fit, and is contracted at the same moment.
        if (!contracted.valid()) {
          contracted = std::async(std::launch::async,
                                  [this] { return ContractAlone(*database_); });
        }
        return AnnounceOlder(writer);
      });

  ASSERT_THAT(started, IsOk());
  EXPECT_THAT(contracted.get(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                         "OLDER_PROGRAM_RUNS"));
  EXPECT_THAT(database_->Migrate(Shared(NotesById())), IsOk());
}

TEST_P(DatabaseContract, AMigrationIsUndoneWithWhatFollowsIt) {
  const auto migrated = database_->Migrate(NotesById(), [](SqlWriter&) {
    return absl::FailedPreconditionError("not now");
  });

  EXPECT_EQ(migrated.status(), absl::FailedPreconditionError("not now"));
  EXPECT_THAT(AddNotes(*database_, 0, 1), Not(IsOk()));
}

TEST_P(DatabaseContract, AStoreMadeAnewIsContracted) {
  const std::string folder = absl::StrCat(folder_, "/anew");
  std::filesystem::create_directory(folder);
  auto opened = GetParam().open(folder, clock_);
  ASSERT_THAT(opened, IsOk());
  Database& anew = **opened;
  ASSERT_THAT(anew.Migrate(NotesByTenant()), IsOk());

  EXPECT_THAT(anew.Contract(NotesByTenant()), IsOkAndHolds(false));
  EXPECT_THAT(
      anew.Migrate(NotesById()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
}

TEST_P(DatabaseContract, DoesNotContractATableWithColumnsOfAnotherProgram) {
  ASSERT_THAT(database_->Migrate(NotesById()), IsOk());
  SqlSchema other = NotesById();
  other.tables[0].columns.push_back({.name = "unknown"});
  ASSERT_THAT(database_->Migrate(other), IsOk());
  ASSERT_THAT(database_->Migrate(NotesByTenant()), IsOk());

  EXPECT_THAT(
      database_->Contract(NotesByTenant()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_CONFLICT"));
}

}  // namespace
}  // namespace crm::testing
