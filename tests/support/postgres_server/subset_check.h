// Holds all statements that a test program sent to the shared PostgreSQL server
// against the common subset.

#ifndef CRM_TESTS_SUPPORT_POSTGRES_SERVER_SUBSET_CHECK_H_
#define CRM_TESTS_SUPPORT_POSTGRES_SERVER_SUBSET_CHECK_H_

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/postgres_server/postgres_server.h"
#include "tests/support/postgres_server/sql_subset.h"

namespace crm::testing {

// Looks after all tests, where they ran on PostgreSQL. For
// AddGlobalTestEnvironment().
class SubsetCheck final : public ::testing::Environment {
 public:
  void TearDown() override {
    if (!TestsRunOnPostgres()) return;
    const std::set<std::string> statements = SharedPostgres().Statements();
    EXPECT_FALSE(statements.empty());
    for (const std::string& statement : statements) {
      for (const std::string& violation : SubsetViolations(statement)) {
        ADD_FAILURE() << violation << ": " << statement;
      }
    }
  }
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_POSTGRES_SERVER_SUBSET_CHECK_H_
