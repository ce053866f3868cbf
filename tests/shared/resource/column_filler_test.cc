#include "shared/resource/column_filler.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "notes.pb.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/resource/read_view.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/matchers.h"
#include "tests/support/test_authority.h"

namespace crm::testing {
namespace {

using resource_test::NewNote;
using resource_test::NewPage;
using resource_test::OldNote;
using resource_test::OldPage;
using ::testing::UnorderedElementsAre;

constexpr char kTenant[] = "acme";

// A program of one age over the store: what it knows of notes.
template <typename Note>
struct Program {
  Program() { EXPECT_THAT(catalog.Add(Note::descriptor()), IsOk()); }

  const Resource& notes() const { return *catalog.Find(Note::descriptor()); }

  // Opens the store as a start does.
  absl::Status Start(Database& database, const Clock& clock) {
    SqlSchema schema;
    schema.tables = catalog.Tables();
    schema.tables.push_back(ColumnFillTable());
    CRM_RETURN_IF_ERROR(database.Migrate(schema).status());
    filler = std::make_unique<ColumnFiller>(database, catalog, clock,
                                            ColumnFiller::Options{.batch = 10});
    return filler->Load();
  }

  absl::Status Fill() {
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) more = filler->Step();
    return more.status();
  }

  static Note Make(const std::string& id, const std::string& topic,
                   const std::string& code = "") {
    Note note;
    note.set_name(absl::StrCat("notes/", id));
    note.set_topic(topic);
    note.set_code(code);
    return note;
  }

  absl::Status Insert(Database& database, const Note& note) const {
    return database.WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) {
          return notes().table.Insert(writer, kTenant, note);
        });
  }

  absl::Status Update(Database& database, const Note& note) const {
    return database.WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(
              const auto row, notes().table.Find(writer, kTenant, note.name()));
          return notes().table.Update(writer, kTenant, row->version, note);
        });
  }

  // Returns the names that a filter finds, as List does: by columns where it
  // may, by looking at the messages where it must.
  std::set<std::string> Find(Database& database,
                             const std::string& filter) const {
    const auto parsed = Filter::Parse(filter, Note::descriptor());
    EXPECT_THAT(parsed, IsOk());
    const LoweredFilter lowered = parsed->Lower(notes().table.columns());
    std::set<std::string> names;
    EXPECT_THAT(
        database.Read(
            absl::InfiniteFuture(),
            [&](SqlReader& reader) -> absl::Status {
              CRM_ASSIGN_OR_RETURN(
                  const SqlRows rows,
                  reader.Query(absl::StrCat("SELECT body FROM notes WHERE ",
                                            lowered.where.text),
                               lowered.where.params));
              for (const SqlRow& row : rows) {
                Note note;
                EXPECT_TRUE(
                    note.ParseFromString(std::get<SqlBlob>(row[0]).bytes));
                if (lowered.exact || parsed->Matches(note)) {
                  names.insert(note.name());
                }
              }
              return absl::OkStatus();
            }),
        IsOk());
    return names;
  }

  bool Uses(const std::string& path) const {
    return notes().table.columns().Find(path) != nullptr;
  }

  ResourceCatalog catalog;
  std::unique_ptr<ColumnFiller> filler;
};

using OldProgram = Program<OldNote>;
using NewProgram = Program<NewNote>;

class ColumnFillerTest : public ::testing::Test {
 protected:
  ColumnFillerTest() { Reopen(); }

  void Reopen() {
    database_.reset();
    auto opened = OpenSqlite({.path = folder_.File("test.db"),
                              .clock = &clock_,
                              .min_free_bytes = 0,
                              .min_free_fraction = 0,
                              .vfs = disk_.vfs()});
    ASSERT_THAT(opened, IsOk());
    database_ = *std::move(opened);
  }

  // Stores `count` notes of two topics by the older program.
  void StoreOldNotes(int count) {
    OldProgram program;
    ASSERT_THAT(program.Start(*database_, clock_), IsOk());
    for (int i = 0; i < count; ++i) {
      ASSERT_THAT(program.Insert(*database_,
                                 OldProgram::Make(absl::StrCat("n", i),
                                                  i % 2 == 0 ? "even" : "odd")),
                  IsOk());
    }
  }

  FaultyDisk disk_;
  ScratchFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Database> database_;
};

TEST_F(ColumnFillerTest, HasNothingToDoInANewStore) {
  NewProgram program;
  ASSERT_THAT(program.Start(*database_, clock_), IsOk());

  EXPECT_TRUE(program.Uses("topic"));
  EXPECT_THAT(program.filler->Step(), IsOkAndHolds(false));
  EXPECT_EQ(program.filler->progress().rows, 0);
}

TEST_F(ColumnFillerTest, FiltersAreRightBeforeWhileAndAfterAColumnIsFilled) {
  StoreOldNotes(35);
  NewProgram program;
  ASSERT_THAT(program.Start(*database_, clock_), IsOk());
  EXPECT_FALSE(program.Uses("topic"));
  EXPECT_TRUE(program.Uses("title"));
  EXPECT_EQ(program.Find(*database_, "topic = \"odd\"").size(), 17u);

  int steps = 0;
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) {
    more = program.filler->Step();
    ++steps;
    EXPECT_EQ(program.Find(*database_, "topic = \"odd\"").size(), 17u);
  }

  EXPECT_THAT(more, IsOk());
  EXPECT_EQ(steps, 4);
  EXPECT_TRUE(program.Uses("topic"));
  EXPECT_EQ(program.filler->progress().rows, 35);
  // Now the column answers, alone.
  EXPECT_TRUE(Filter::Parse("topic = \"odd\"", NewNote::descriptor())
                  ->Lower(program.notes().table.columns())
                  .exact);
}

TEST_F(ColumnFillerTest, ReadersSelectRightWhileAColumnIsFilled) {
  StoreOldNotes(35);
  NewProgram program;
  ASSERT_THAT(program.Start(*database_, clock_), IsOk());

  for (const bool filled : {false, true}) {
    if (filled) {
      ASSERT_THAT(program.Fill(), IsOk());
    }
    EXPECT_THAT(database_->Read(absl::InfiniteFuture(),
                                [&](SqlReader& reader) -> absl::Status {
                                  const ReadView view(reader, program.catalog,
                                                      kTenant);
                                  CRM_ASSIGN_OR_RETURN(
                                      const auto notes,
                                      view.Select<NewNote>("topic", "odd"));
                                  EXPECT_EQ(notes.size(), 17u);
                                  return absl::OkStatus();
                                }),
                IsOk());
  }
}

TEST_F(ColumnFillerTest, F40_BothProgramsWriteWhileAColumnIsFilled) {
  StoreOldNotes(25);
  NewProgram newer;
  ASSERT_THAT(newer.Start(*database_, clock_), IsOk());
  OldProgram older;
  ASSERT_THAT(newer.filler->Step(), IsOkAndHolds(true));

  ASSERT_THAT(older.Insert(*database_, OldProgram::Make("late", "odd")),
              IsOk());
  ASSERT_THAT(older.Update(*database_, OldProgram::Make("n0", "odd")), IsOk());
  ASSERT_THAT(newer.Insert(*database_, NewProgram::Make("new", "odd")), IsOk());
  ASSERT_THAT(newer.Update(*database_, NewProgram::Make("n2", "odd")), IsOk());

  EXPECT_EQ(newer.Find(*database_, "topic = \"odd\"").size(), 12u + 4u);
  EXPECT_EQ(older.Find(*database_, "topic = \"odd\"").size(), 12u + 4u);
}

TEST_F(ColumnFillerTest, F40_FillsAgainWhatAnOlderProgramDidNotMaintain) {
  StoreOldNotes(25);
  {
    NewProgram newer;
    ASSERT_THAT(newer.Start(*database_, clock_), IsOk());
    ASSERT_THAT(newer.Fill(), IsOk());
  }
  Reopen();
  {
    OldProgram older;
    ASSERT_THAT(older.Start(*database_, clock_), IsOk());
    ASSERT_THAT(older.Insert(*database_, OldProgram::Make("late", "odd")),
                IsOk());
    ASSERT_THAT(older.Update(*database_, OldProgram::Make("n0", "odd")),
                IsOk());
  }
  Reopen();

  NewProgram newer;
  ASSERT_THAT(newer.Start(*database_, clock_), IsOk());
  EXPECT_FALSE(newer.Uses("topic"));
  EXPECT_EQ(newer.Find(*database_, "topic = \"odd\"").size(), 14u);
  ASSERT_THAT(newer.Fill(), IsOk());
  EXPECT_TRUE(newer.Uses("topic"));
  EXPECT_EQ(newer.Find(*database_, "topic = \"odd\"").size(), 14u);
}

// A program killed at any operation of the disk goes on where it was, and looks
// at no row twice but those of the step that was not committed.
TEST_F(ColumnFillerTest, F40_GoesOnAfterAFailureAnywhere) {
  StoreOldNotes(35);

  int64_t rows = 0;
  int failures = 0;
  bool done = false;
  for (int nth = 1; nth < 500 && !done; ++nth) {
    NewProgram program;
    disk_.FailNth(nth);
    absl::Status status = program.Start(*database_, clock_);
    if (status.ok()) status = program.Fill();
    const bool hit = disk_.failures() > 0;
    disk_.FailNth(0, 0);
    if (program.filler != nullptr) rows += program.filler->progress().rows;
    failures += !status.ok();
    if (!status.ok() || !program.Uses("topic")) {
      Reopen();
      ASSERT_THAT(database_, ::testing::NotNull());
      continue;
    }
    EXPECT_EQ(program.Find(*database_, "topic = \"odd\"").size(), 17u);
    done = !hit || status.ok();
  }

  EXPECT_TRUE(done);
  EXPECT_GT(failures, 3);
  // A step whose commit failed may be on the disk all the same.
  EXPECT_LE(rows, 35);
}

TEST_F(ColumnFillerTest, KeepsAUniqueColumnBackUntilNoValueIsHeldTwice) {
  {
    OldProgram older;
    ASSERT_THAT(older.Start(*database_, clock_), IsOk());
    for (const char* id : {"a", "b", "c"}) {
      ASSERT_THAT(older.Insert(*database_, OldProgram::Make(id, "", "same")),
                  IsOk());
    }
  }
  NewProgram newer;
  ASSERT_THAT(newer.Start(*database_, clock_), IsOk());

  EXPECT_THAT(newer.Fill(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     "COLUMN_CONFLICTS"));
  EXPECT_EQ(newer.filler->progress().conflicts, 2);
  EXPECT_FALSE(newer.Uses("code"));
  EXPECT_EQ(newer.Find(*database_, "code = \"same\"").size(), 3u);

  ASSERT_THAT(newer.Update(*database_, NewProgram::Make("b", "", "second")),
              IsOk());
  ASSERT_THAT(newer.Update(*database_, NewProgram::Make("c", "", "third")),
              IsOk());
  EXPECT_THAT(newer.Fill(), IsOk());
  EXPECT_TRUE(newer.Uses("code"));
  EXPECT_THAT(newer.Find(*database_, "code = \"same\""),
              UnorderedElementsAre("notes/a"));
  EXPECT_THAT(newer.Insert(*database_, NewProgram::Make("d", "", "third")),
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
}

// Codes are unique in the tenant, marks under one parent.
TEST_F(ColumnFillerTest, LooksForAHolderWhereverTheValueMayNotBeTwice) {
  const auto start = [&](const google::protobuf::Descriptor* type,
                         ResourceCatalog& catalog,
                         std::optional<ColumnFiller>& filler) {
    ASSERT_THAT(catalog.Add(type), IsOk());
    SqlSchema schema;
    schema.tables = catalog.Tables();
    schema.tables.push_back(ColumnFillTable());
    ASSERT_THAT(database_->Migrate(schema).status(), IsOk());
    filler.emplace(*database_, catalog, clock_, ColumnFiller::Options());
    ASSERT_THAT(filler->Load(), IsOk());
  };
  const auto write = [&](const ResourceTable& table, auto act) {
    ASSERT_THAT(database_->WriteAndWait(
                    absl::InfiniteFuture(),
                    [&](SqlWriter& writer) { return act(table, writer); }),
                IsOk());
  };
  ResourceCatalog older;
  std::optional<ColumnFiller> old_filler;
  start(OldPage::descriptor(), older, old_filler);
  const ResourceTable& old_table = older.Find(OldPage::descriptor())->table;
  for (const char* book : {"a", "b"}) {
    OldPage page;
    page.set_name(absl::StrCat("books/", book, "/pages/1"));
    page.set_code("same");
    page.set_mark("same");
    write(old_table, [&](const ResourceTable& table, SqlWriter& writer) {
      return table.Insert(writer, kTenant, page);
    });
  }

  ResourceCatalog newer;
  std::optional<ColumnFiller> filler;
  start(NewPage::descriptor(), newer, filler);
  EXPECT_THAT(
      filler->Step().status(),
      StatusIs(absl::StatusCode::kFailedPrecondition, "COLUMN_CONFLICTS"));
  EXPECT_EQ(filler->progress().conflicts, 1);

  NewPage page;
  page.set_name("books/b/pages/1");
  page.set_code("another");
  page.set_mark("same");
  write(newer.Find(NewPage::descriptor())->table,
        [&](const ResourceTable& table, SqlWriter& writer) {
          return table.Update(writer, kTenant, 1, page);
        });
  EXPECT_THAT(filler->Step(), IsOkAndHolds(false));
  EXPECT_EQ(filler->progress().filling_columns, 0);
}

TEST_F(ColumnFillerTest, FillsByItselfOnceItIsStarted) {
  StoreOldNotes(35);
  NewProgram program;
  ASSERT_THAT(program.Start(*database_, clock_), IsOk());

  program.filler->Start();
  while (!program.Uses("topic")) std::this_thread::yield();
  program.filler->Stop();

  EXPECT_EQ(program.filler->progress().filling_columns, 0);
}

}  // namespace
}  // namespace crm::testing
