#include "shared/storage/statement_cache.h"

#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::testing::ElementsAre;

// Stands in for an engine's statement: writes its number where it is told.
struct Statement {
  int number;
  std::vector<int>* destroyed;

  friend bool operator==(const Statement&, const Statement&) = default;
};

void Destroy(Statement statement) {
  statement.destroyed->push_back(statement.number);
}

TEST(StatementCache, GivesUpTheLeastRecentlyUsed) {
  std::vector<int> destroyed;
  StatementCache<Statement> cache(2, Destroy);
  cache.Add("SELECT 1", {1, &destroyed});
  cache.Add("SELECT 2", {2, &destroyed});
  ASSERT_TRUE(cache.Find("SELECT 1").has_value());

  cache.Add("SELECT 3", {3, &destroyed});

  EXPECT_THAT(destroyed, ElementsAre(2));
  EXPECT_EQ(cache.Find("SELECT 2"), std::nullopt);
  EXPECT_EQ(cache.Find("SELECT 1")->number, 1);
  EXPECT_EQ(cache.Find("SELECT 3")->number, 3);
}

TEST(StatementCache, DestroysEachStatementOnce) {
  std::vector<int> destroyed;
  {
    StatementCache<Statement> cache(2, Destroy);
    cache.Add("SELECT 1", {1, &destroyed});
    cache.Clear();
    EXPECT_EQ(cache.Find("SELECT 1"), std::nullopt);
    cache.Add("SELECT 2", {2, &destroyed});
  }

  EXPECT_THAT(destroyed, ElementsAre(1, 2));
}

}  // namespace
}  // namespace crm
