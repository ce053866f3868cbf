#include "shared/resource/repeated_index.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "notes.pb.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/query/order_by.h"
#include "shared/resource/column_filler.h"
#include "shared/resource/read_view.h"
#include "tests/shared/events/stores.h"
#include "tests/support/matchers.h"
#include "tests/support/test_database.h"

namespace crm::testing {
namespace {

using resource_test::NewNote;
using resource_test::OldNote;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A program that knows notes as `Note`, over a store.
template <typename Note>
struct Program {
  explicit Program(Database& store) : database(store) {
    EXPECT_THAT(catalog.Add(Note::descriptor()), IsOk());
    SqlSchema schema;
    schema.tables = catalog.Tables();
    schema.tables.push_back(ColumnFillTable());
    EXPECT_THAT(database.Migrate(schema), IsOk());
    filler = std::make_unique<ColumnFiller>(database, catalog, clock,
                                            ColumnFiller::Options{.batch = 10});
    EXPECT_THAT(filler->Load(), IsOk());
  }

  const Resource& notes() const { return *catalog.Find(Note::descriptor()); }

  static Note Make(const std::string& id,
                   const std::vector<std::string>& tags) {
    Note note;
    note.set_name(absl::StrCat("notes/", id));
    for (const std::string& tag : tags) note.add_tags(tag);
    return note;
  }

  void Insert(const Note& note, const std::string& tenant = "acme") {
    EXPECT_THAT(
        database.WriteAndWait(absl::InfiniteFuture(),
                              [&](SqlWriter& writer) -> absl::Status {
                                CRM_RETURN_IF_ERROR(
                                    notes().table.Insert(writer, tenant, note));
                                return KeepRepeatedValues(
                                    writer, tenant, notes(), nullptr, &note);
                              }),
        IsOk());
  }

  void Update(int64_t version, const Note& before, const Note& after) {
    EXPECT_THAT(
        database.WriteAndWait(absl::InfiniteFuture(),
                              [&](SqlWriter& writer) -> absl::Status {
                                CRM_RETURN_IF_ERROR(notes().table.Update(
                                    writer, "acme", version, after));
                                return KeepRepeatedValues(
                                    writer, "acme", notes(), &before, &after);
                              }),
        IsOk());
  }

  LoweredFilter Lower(const std::string& filter) const {
    const auto parsed = Filter::Parse(filter, Note::descriptor());
    EXPECT_THAT(parsed, IsOk());
    ColumnMap columns = notes().table.columns();
    columns.set_tenant("acme");
    return parsed->Lower(columns);
  }

  // Returns the names of the rows that a filter reads.
  std::vector<std::string> Read(const std::string& filter) {
    const LoweredFilter lowered = Lower(filter);
    std::vector<std::string> names;
    EXPECT_THAT(
        database.Read(
            absl::InfiniteFuture(),
            [&](SqlReader& reader) -> absl::Status {
              CRM_ASSIGN_OR_RETURN(
                  const SqlRows rows,
                  reader.Query(
                      absl::StrCat("SELECT name FROM notes WHERE "
                                   "tenant = 'acme' AND (",
                                   lowered.where.text, ") ORDER BY name"),
                      lowered.where.params));
              for (const SqlRow& row : rows) {
                names.push_back(std::get<std::string>(row[0]));
              }
              return absl::OkStatus();
            }),
        IsOk());
    return names;
  }

  SystemClock clock;
  Database& database;
  ResourceCatalog catalog;
  std::unique_ptr<ColumnFiller> filler;
};

class RepeatedIndex : public ::testing::Test {
 protected:
  RepeatedIndex() {
    auto database = OpenEngineUnderTest(folder_.File("notes.db"));
    EXPECT_THAT(database, IsOk());
    database_ = *std::move(database);
  }

  TempFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(RepeatedIndex, FindsRowsByOneOfTheirValues) {
  Program<NewNote> program(*database_);
  program.Insert(program.Make("a", {"red", "blue", "red"}));
  program.Insert(program.Make("b", {"blue"}));
  program.Insert(program.Make("c", {}));
  program.Insert(program.Make("a", {"green"}), "other");

  EXPECT_THAT(program.Read("tags:red"), ElementsAre("notes/a"));
  EXPECT_THAT(program.Read("tags:blue"), ElementsAre("notes/a", "notes/b"));
  EXPECT_THAT(program.Read("tags:green"), IsEmpty());
  EXPECT_THAT(program.Read("tags:red OR tags:blue"),
              ElementsAre("notes/a", "notes/b"));
  // Rows may be left in that messages decide about, never out.
  EXPECT_THAT(program.Read("NOT tags:red"),
              ElementsAre("notes/a", "notes/b", "notes/c"));
  EXPECT_FALSE(program.Lower("NOT tags:red").exact);
}

TEST_F(RepeatedIndex, FollowsChanges) {
  Program<NewNote> program(*database_);
  const NewNote before = program.Make("a", {"red", "blue"});
  const NewNote after = program.Make("a", {"blue", "green"});
  program.Insert(before);

  program.Update(1, before, after);

  EXPECT_THAT(program.Read("tags:red"), IsEmpty());
  EXPECT_THAT(program.Read("tags:blue"), ElementsAre("notes/a"));
  EXPECT_THAT(program.Read("tags:green"), ElementsAre("notes/a"));
}

TEST_F(RepeatedIndex, IsFilledWithWhatWasThereBeforeAndNotUsedUntilThen) {
  {
    Program<OldNote> older(*database_);
    for (int i = 0; i < 25; ++i) {
      older.Insert(older.Make(absl::StrCat(i), {i == 20 ? "red" : "blue"}));
    }
  }
  Program<NewNote> program(*database_);
  EXPECT_EQ(program.Lower("tags:red").where.text, "1=1");

  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = program.filler->Step();

  EXPECT_THAT(more, IsOk());
  EXPECT_THAT(program.Lower("tags:red").where.text,
              HasSubstr("repeated_values"));
  EXPECT_THAT(program.Read("tags:red"), ElementsAre("notes/20"));
  EXPECT_EQ(program.Read("tags:blue").size(), 24u);
}

TEST_F(RepeatedIndex, ViewsReadNoRowsThatItLeavesOut) {
  Program<NewNote> program(*database_);
  program.Insert(program.Make("a", {"red"}));
  program.Insert(program.Make("b", {"blue"}));
  program.Insert(program.Make("c", {"red"}), "other");
  // A row that cannot be read tells whether it is looked at.
  ASSERT_THAT(database_->WriteAndWait(
                  absl::InfiniteFuture(),
                  [](SqlWriter& writer) -> absl::Status {
                    return writer
                        .Execute("UPDATE notes SET body = ? WHERE name = ?",
                                 {SqlBlob{"\xff"}, "notes/b"})
                        .status();
                  }),
              IsOk());
  const auto count = [&](absl::string_view text) -> absl::StatusOr<int> {
    int found = 0;
    CRM_ASSIGN_OR_RETURN(const Filter filter,
                         Filter::Parse(text, NewNote::descriptor()));
    CRM_RETURN_IF_ERROR(database_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          const ReadView view(reader, program.catalog, "acme");
          CRM_ASSIGN_OR_RETURN(found, view.Count<NewNote>(filter, 10));
          return absl::OkStatus();
        }));
    return found;
  };

  EXPECT_THAT(count("tags:red"), IsOkAndHolds(1));
  EXPECT_THAT(count("NOT tags:red"),
              StatusIs(absl::StatusCode::kInternal, "ROW_UNREADABLE"));
}

TEST_F(RepeatedIndex, ListsAreNotOrderedByIt) {
  Program<NewNote> program(*database_);

  EXPECT_THAT(ParseOrderBy("tags", program.notes().table.columns()),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::testing
