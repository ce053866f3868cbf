// How PostgreSQL carries out what it is sent for a search, which no answer
// shows.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/connection.h"
#include "shared/storage/postgres/postgres_database.h"
#include "shared/storage/text_query.h"
#include "tests/support/matchers.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const SqlTable& Notes() {
  static const auto* const kTable =
      new SqlTable{.name = "notes",
                   .columns = {{"tenant", SqlType::kText, false, {}},
                               {"name", SqlType::kText, false, {}},
                               {"place", SqlType::kInteger, false, {}},
                               {"words", SqlType::kText, false, {}}},
                   .primary_key = {"tenant", "name"},
                   .clustered = true,
                   .indexes = {{.name = "by_notes_place",
                                .columns = {"tenant", "place", "name"}}},
                   .text_index = SqlTextIndex{.name = "notes_text",
                                              .text_column = "words",
                                              .position_column = "place"}};
  return *kTable;
}

// Returns the plan of `query` that sorts only where no index has the order.
absl::StatusOr<std::string> PlanOf(const std::string& uri,
                                   const SqlFragment& query) {
  CRM_ASSIGN_OR_RETURN(const auto connection,
                       PostgresConnection::Open({uri, ""}));
  // A small table would be read whole, and sorted.
  for (const char* costly : {"sort", "seqscan", "bitmapscan"}) {
    connection->Send(absl::StrCat("SET enable_", costly, " = off"));
  }
  connection->Send(absl::StrCat("EXPLAIN ", query.text), query.params);
  CRM_ASSIGN_OR_RETURN(
      const auto reply,
      connection->Finish({.until = std::chrono::steady_clock::now() +
                                   std::chrono::seconds(30)}));
  return absl::StrJoin(reply.rows, "\n", [](std::string* out, const auto& row) {
    absl::StrAppend(out, std::get<std::string>(row[0]));
  });
}

TEST(TextIndexPlan, TheNewestRowsAreReadInTheOrderOfTheirIndex) {
  const std::string uri = SharedPostgres().Uri("text index plan");
  const auto database = OpenPostgres({.uri = uri});
  ASSERT_THAT(database, IsOk());
  SqlSchema schema;
  schema.tables = {Notes()};
  ASSERT_THAT((*database)->Migrate(schema), IsOk());
  const TextQuery query = {.table = Notes(),
                           .tenant = "acme",
                           .words = {"smith"},
                           .where = {"1=1", {}},
                           .limit = 20};

  const auto plan = PlanOf(uri, ScanText(query, 500));

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(*plan, HasSubstr("Backward using by_notes_place"));
  EXPECT_THAT(*plan, Not(HasSubstr("Sort")));
}

}  // namespace
}  // namespace crm::testing
