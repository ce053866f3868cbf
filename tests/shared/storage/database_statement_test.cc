// What every engine keeps of the statements of a body; the rest of the contract
// is in database_contract_test.cc.

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "shared/base/status_macros.h"
#include "tests/shared/storage/database_contract.h"
#include "tests/shared/storage/engines.h"
#include "tests/shared/storage/held_writer.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;

absl::Status InsertItem(SqlWriter& writer, int64_t id,
                        const std::string& email = "") {
  return writer
      .Execute("INSERT INTO items (id, email) VALUES (?, ?)", {id, email})
      .status();
}

TEST_P(DatabaseContract, PostsStatementsThatOthersOfTheBodySee) {
  const absl::Status status =
      database_->WriteAndWait(Soon(), [](SqlWriter& writer) -> absl::Status {
        for (int64_t id = 0; id < 3; ++id) {
          CRM_RETURN_IF_ERROR(
              writer.Post("INSERT INTO items (id) VALUES (?)", {id}));
        }
        CRM_ASSIGN_OR_RETURN(
            const SqlRows rows,
            writer.Query("SELECT id FROM items ORDER BY id", {}));
        EXPECT_THAT(rows, ElementsAre(SqlRow{int64_t{0}}, SqlRow{int64_t{1}},
                                      SqlRow{int64_t{2}}));
        return absl::OkStatus();
      });

  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(CountItems(), 3);
}

TEST_P(DatabaseContract, FailsABodyByWhatItPosted) {
  ASSERT_THAT(Insert(1, ""), IsOk());
  HeldWriter held(*database_);
  std::vector<absl::Status> outcomes(3);
  for (int64_t id = 0; id < 3; ++id) {
    database_->Write(
        Soon(),
        [id](SqlWriter& writer) {
          return writer.Post("INSERT INTO items (id) VALUES (?)", {id});
        },
        [&outcomes, id](absl::Status status) {
          outcomes[static_cast<size_t>(id)] = status;
        });
  }
  held.Release();
  ASSERT_THAT(database_->Close(), IsOk());

  EXPECT_THAT(outcomes[0], IsOk());
  EXPECT_THAT(outcomes[1],
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VIOLATION"));
  EXPECT_THAT(outcomes[2], IsOk());
  Reopen();
  EXPECT_EQ(CountItems(), 3);
}

TEST_P(DatabaseContract, LetsABodyLookForWhatItsStatementMet) {
  ASSERT_THAT(Insert(1, "a@x"), IsOk());
  HeldWriter held(*database_);
  std::vector<std::string> holders;
  std::atomic<int> succeeded = 0;
  const auto done = [&succeeded](absl::Status status) {
    succeeded += status.ok();
  };
  database_->Write(
      Soon(), [](SqlWriter& writer) { return InsertItem(writer, 7, "b@x"); },
      done);
  for (const char* email : {"a@x", "b@x"}) {
    database_->Write(
        Soon(),
        [&holders, email](SqlWriter& writer) -> absl::Status {
          const absl::Status taken = InsertItem(writer, 8, email);
          const auto rows = writer.Query("SELECT id FROM items WHERE email = ?",
                                         {std::string(email)});
          if (rows.ok() && !rows->empty()) {
            holders.push_back(
                absl::StrCat(email, " ", std::get<int64_t>((*rows)[0][0])));
          }
          return taken;
        },
        done);
  }
  held.Release();
  ASSERT_THAT(database_->Close(), IsOk());

  EXPECT_THAT(holders, ElementsAre("a@x 1", "b@x 7"));
  EXPECT_EQ(succeeded, 1);
}

TEST_P(DatabaseContract, RefusesAStatementThatGetsTooFewValues) {
  EXPECT_THAT(database_->WriteAndWait(
                  Soon(),
                  [](SqlWriter& writer) {
                    return writer
                        .Execute("INSERT INTO items (id, email) VALUES (?, ?)",
                                 {int64_t{1}})
                        .status();
                  }),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
  EXPECT_EQ(CountItems(), 0);
}

TEST_P(DatabaseContract, OrdersTextByItsBytesAndNullFirst) {
  const std::vector<std::string> texts = {
      std::string("a\0", 2), "a\1", "a\2", "a\3", "a\4", "a", "B", "é", "z"};
  ASSERT_THAT(database_->WriteAndWait(
                  Soon(),
                  [&](SqlWriter& writer) {
                    int64_t id = 0;
                    for (const std::string& text : texts) {
                      CRM_RETURN_IF_ERROR(InsertItem(writer, ++id, text));
                    }
                    return writer.Post("INSERT INTO items (id) VALUES (100)",
                                       {});
                  }),
              IsOk());
  SqlRows rows;
  SqlRows found;
  ASSERT_THAT(
      database_->Read(
          Soon(),
          [&](SqlReader& reader) -> absl::Status {
            CRM_ASSIGN_OR_RETURN(
                rows, reader.Query("SELECT email FROM items ORDER BY email "
                                   "NULLS FIRST",
                                   {}));
            CRM_ASSIGN_OR_RETURN(
                found, reader.Query("SELECT email FROM items WHERE email <> "
                                    "replace(email, ?, '')",
                                    {std::string("\2")}));
            return absl::OkStatus();
          }),
      IsOk());

  std::vector<std::string> sorted = texts;
  std::sort(sorted.begin(), sorted.end());
  ASSERT_EQ(rows.size(), sorted.size() + 1);
  EXPECT_EQ(rows[0], SqlRow{std::monostate()});
  for (size_t i = 0; i < sorted.size(); ++i) {
    EXPECT_EQ(rows[i + 1], SqlRow{sorted[i]});
  }
  EXPECT_THAT(found, ElementsAre(SqlRow{"a\2"}));
}
}  // namespace
}  // namespace crm::testing
