// What every engine's search of texts must do.

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"
#include "shared/storage/text_query.h"
#include "tests/shared/storage/engines.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const SqlTable& Notes() {
  static const auto* const kTable =
      new SqlTable{.name = "notes",
                   .columns = {{"tenant", SqlType::kText, false, {}},
                               {"name", SqlType::kText, false, {}},
                               {"place", SqlType::kInteger, false, {}},
                               {"words", SqlType::kText, false, {}},
                               {"second", SqlType::kInteger, false, {}}},
                   .primary_key = {"tenant", "name"},
                   .clustered = true,
                   .indexes = {{.name = "by_notes_place",
                                .columns = {"tenant", "place", "name"}}},
                   .text_index = SqlTextIndex{.name = "notes_text",
                                              .text_column = "words",
                                              .position_column = "place"}};
  return *kTable;
}

class TextIndex : public ::testing::Test {
 protected:
  TextIndex() {
    database_ = Open(folder_);
    SqlSchema schema;
    schema.tables = {Notes()};
    EXPECT_THAT(database_->Migrate(schema), IsOk());
  }

  std::unique_ptr<Database> Open(const std::string& folder) {
    auto database = testing::EngineUnderTest().open(folder, clock_);
    EXPECT_THAT(database, IsOk());
    return *std::move(database);
  }

  // Stores a note of the given second.
  void Put(const std::string& tenant, const std::string& name,
           const std::string& words, int second = 0) {
    EXPECT_THAT(database_->WriteAndWait(
                    absl::InfiniteFuture(),
                    [&](SqlWriter& writer) {
                      return writer.PutText({.table = Notes(),
                                             .tenant = tenant,
                                             .name = name,
                                             .position = SearchPosition(
                                                 absl::FromUnixSeconds(second)),
                                             .text = words,
                                             .others = {int64_t{second}}});
                    }),
                IsOk());
  }

  void Remove(const std::string& tenant, const std::string& name) {
    EXPECT_THAT(database_->WriteAndWait(absl::InfiniteFuture(),
                                        [&](SqlWriter& writer) {
                                          return writer.RemoveText(
                                              Notes(), tenant, name);
                                        }),
                IsOk());
  }

  std::vector<std::string> Ask(const TextQuery& query, bool scan = false) {
    std::vector<std::string> names;
    EXPECT_THAT(database_->Read(
                    absl::InfiniteFuture(),
                    [&](SqlReader& reader) -> absl::Status {
                      const SqlFragment statement = ScanText(query);
                      const auto rows =
                          scan ? reader.Query(statement.text, statement.params)
                               : reader.SearchText(query);
                      if (!rows.ok()) return rows.status();
                      for (const SqlRow& row : *rows) {
                        names.push_back(std::get<std::string>(row[1]));
                      }
                      return absl::OkStatus();
                    }),
                IsOk());
    return names;
  }

  // Returns the position of the note of acme's called `name`.
  int64_t PositionOf(const std::string& name) {
    int64_t position = 0;
    EXPECT_THAT(
        database_->Read(
            absl::InfiniteFuture(),
            [&](SqlReader& reader) -> absl::Status {
              const auto rows = reader.Query(
                  "SELECT place FROM notes WHERE tenant = ? AND name = ?",
                  {std::string("acme"), name});
              if (!rows.ok()) return rows.status();
              position = std::get<int64_t>(rows->at(0).at(0));
              return absl::OkStatus();
            }),
        IsOk());
    return position;
  }

  std::vector<std::string> Find(const std::string& tenant,
                                std::vector<std::string> words) {
    return Ask({.table = Notes(),
                .tenant = tenant,
                .words = std::move(words),
                .limit = 100});
  }

  const SystemClock clock_;
  const std::string folder_ = testing::MakeFolder();
  std::unique_ptr<Database> database_;
};

TEST_F(TextIndex, DoesNotFindSeveralWordsByTheirPartsAlone) {
  Put("acme", "parts", "abcd bcde smit mith");
  Put("acme", "one", "abcde smit mith");
  Put("acme", "both", "smithson xabcdex");

  EXPECT_THAT(Find("acme", {"abcde", "smith"}), ElementsAre("both"));
}

TEST_F(TextIndex, FindsWordsInsideOthersTheNewestFirst) {
  Put("acme", "old", "john smithson", 1);
  Put("acme", "new", "anna smith", 3);
  Put("acme", "middle", "blacksmith", 2);

  EXPECT_THAT(Find("acme", {"smith"}), ElementsAre("new", "middle", "old"));
  EXPECT_THAT(Find("acme", {"smith", "ann"}), ElementsAre("new"));
  // A short word narrows what a longer one finds.
  EXPECT_THAT(Find("acme", {"smith", "jo"}), ElementsAre("old"));
  EXPECT_THAT(Find("acme", {"smithy"}), IsEmpty());
}

TEST_F(TextIndex, FindsNothingAcrossTheEndOfAWord) {
  Put("acme", "two", "abc bcd");

  EXPECT_THAT(Find("acme", {"abcd"}), IsEmpty());
  EXPECT_THAT(Find("acme", {"bcb"}), IsEmpty());
}

TEST_F(TextIndex, TellsRowsOfOneInstantApart) {
  for (const char* name : {"a", "b", "c"}) Put("acme", name, "same", 5);
  Put("acme", "later", "same", 6);

  EXPECT_THAT(Find("acme", {"same"}), ElementsAre("later", "c", "b", "a"));
}

TEST_F(TextIndex, KeepsTenantsApart) {
  Put("acme", "x", "smith");
  Put("rival", "x", "smith");
  Put("rival", "y", "smith");

  EXPECT_THAT(Find("acme", {"smith"}), ElementsAre("x"));
  EXPECT_THAT(Find("rival", {"smith"}), ElementsAre("y", "x"));
}

TEST_F(TextIndex, FollowsChangesAndDeletes) {
  Put("acme", "x", "smith");
  Put("acme", "y", "smith");

  Put("acme", "x", "jones");
  Remove("acme", "y");
  Remove("acme", "never there");

  EXPECT_THAT(Find("acme", {"smith"}), IsEmpty());
  EXPECT_THAT(Find("acme", {"jones"}), ElementsAre("x"));
}

TEST_F(TextIndex, AFailedWriteLeavesNothing) {
  Put("acme", "x", "smith");

  const absl::Status failed = database_->WriteAndWait(
      absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
        for (const char* name : {"x", "y"}) {
          const absl::Status put =
              writer.PutText({.table = Notes(),
                              .tenant = "acme",
                              .name = name,
                              .position = SearchPosition(absl::UnixEpoch()),
                              .text = "jones",
                              .others = {int64_t{0}}});
          if (!put.ok()) return put;
        }
        return absl::CancelledError("no");
      });
  Put("acme", "z", "miller");

  EXPECT_EQ(failed.code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(Find("acme", {"jones"}), IsEmpty());
  EXPECT_THAT(Find("acme", {"smith"}), ElementsAre("x"));
  EXPECT_THAT(Find("acme", {"miller"}), ElementsAre("z"));
}

TEST_F(TextIndex, NarrowsByOtherColumns) {
  Put("acme", "x", "smith", 1);
  Put("acme", "y", "smith", 2);
  TextQuery query{.table = Notes(),
                  .tenant = "acme",
                  .words = {"smith"},
                  .where = {"second = ?", {int64_t{1}}},
                  .limit = 10};

  EXPECT_THAT(Ask(query), ElementsAre("x"));
}

TEST_F(TextIndex, GoesOnAfterARow) {
  for (const char* name : {"a", "b", "c"}) Put("acme", name, "same", 5);
  TextQuery query{
      .table = Notes(), .tenant = "acme", .words = {"same"}, .limit = 1};
  std::vector<std::string> names;

  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(
        database_->Read(absl::InfiniteFuture(),
                        [&](SqlReader& reader) -> absl::Status {
                          const auto rows = reader.SearchText(query);
                          if (!rows.ok()) return rows.status();
                          for (const SqlRow& row : *rows) {
                            query.after_position = std::get<int64_t>(row[0]);
                            query.after_name = std::get<std::string>(row[1]);
                            names.push_back(query.after_name);
                          }
                          return absl::OkStatus();
                        }),
        IsOk());
  }

  EXPECT_THAT(names, ElementsAre("c", "b", "a"));
}

TEST_F(TextIndex, HoldsQuotesAndOperatorsForText) {
  Put("acme", "x", "o'neil\"s *near* (and) or not x-y");

  EXPECT_THAT(Find("acme", {"'neil\"s"}), ElementsAre("x"));
  EXPECT_THAT(Find("acme", {"*near*", "(and)", "x-y"}), ElementsAre("x"));
  EXPECT_THAT(Find("acme", {"near or"}), IsEmpty());
}

// Words that are in half of many notes, in few of the newest, in the oldest
// alone, and in none: pages of each are whole and in order.
TEST_F(TextIndex, A18_FindsCommonAndRareWordsAmongMany) {
  constexpr int kNotes = 1'500;
  ASSERT_THAT(database_->WriteAndWait(
                  absl::InfiniteFuture(),
                  [&](SqlWriter& writer) -> absl::Status {
                    for (int i = 0; i < kNotes; ++i) {
                      std::string words = i % 2 == 0 ? "common" : "other";
                      if (i % 90 == 0) absl::StrAppend(&words, " seldom");
                      if (i < 5) absl::StrAppend(&words, " ancient");
                      const absl::Status stored = writer.PutText(
                          {.table = Notes(),
                           .tenant = "acme",
                           .name = absl::StrCat("n", i),
                           .position = SearchPosition(absl::FromUnixSeconds(i)),
                           .text = words,
                           .others = {int64_t{i}}});
                      if (!stored.ok()) return stored;
                    }
                    return absl::OkStatus();
                  }),
              IsOk());

  for (const auto& [word, count] : std::map<std::string, size_t>{
           {"common", 750}, {"seldom", 17}, {"ancient", 5}, {"absent", 0}}) {
    SCOPED_TRACE(word);
    TextQuery query{
        .table = Notes(), .tenant = "acme", .words = {word}, .limit = 10};
    std::vector<std::string> found;
    for (;;) {
      const std::vector<std::string> page = Ask(query);
      ASSERT_EQ(page, Ask(query, /*scan=*/true));
      found.insert(found.end(), page.begin(), page.end());
      if (page.size() < 10) break;
      query.after_name = page.back();
      query.after_position = PositionOf(page.back());
    }
    EXPECT_EQ(found.size(), count);
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), count);
  }
}

// Random notes and queries: the index finds what a look at each row finds, page
// by page as well.
TEST_F(TextIndex, A18_AgreesWithALookAtEachRow) {
  std::mt19937 random(20240501);
  const auto word = [&random] {
    std::string out;
    for (auto length = 1 + random() % 6; length > 0; --length) {
      static constexpr const char* kLetters[] = {"a", "b", "-", "\u00E9", "\""};
      absl::StrAppend(&out, kLetters[random() % std::size(kLetters)]);
    }
    return out;
  };
  for (int i = 0; i < 600; ++i) {
    std::string words = word();
    for (auto more = random() % 4; more > 0; --more) {
      absl::StrAppend(&words, random() % 2 == 0 ? " " : "\n", word());
    }
    Put(random() % 2 == 0 ? "acme" : "rival", absl::StrCat("n", random() % 200),
        words, static_cast<int>(random() % 20));
    if (random() % 8 == 0) {
      Remove("acme", absl::StrCat("n", random() % 200));
    }
  }
  int found = 0;
  for (int i = 0; i < 500; ++i) {
    std::set<std::string> words = {word()};
    while (random() % 3 == 0) words.insert(word());
    const std::vector<std::string> list(words.begin(), words.end());
    if (std::ranges::none_of(list, IsIndexedWord)) continue;
    SCOPED_TRACE(absl::StrJoin(list, " | "));
    TextQuery query{.table = Notes(),
                    .tenant = "acme",
                    .words = list,
                    .limit = 1 + static_cast<int>(random() % 30)};

    const auto by_index = Ask(query);

    ASSERT_EQ(by_index, Ask(query, /*scan=*/true));
    found += static_cast<int>(by_index.size());
  }
  // The test would prove nothing if little were found.
  EXPECT_GT(found, 200);
}

}  // namespace
}  // namespace crm
