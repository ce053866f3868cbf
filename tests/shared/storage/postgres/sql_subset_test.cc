#include "tests/support/postgres_server/sql_subset.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

TEST(SubsetViolations, AreNoneForWhatAllEnginesHave) {
  for (const char* statement :
       {"SELECT version FROM leads WHERE tenant = $1 AND name = $2",
        "INSERT INTO ordering_head (tenant, ordering_key, v) VALUES ($1, $2, 1)"
        " ON CONFLICT (tenant, ordering_key) DO UPDATE SET v = "
        "ordering_head.v + 1 RETURNING v",
        "BEGIN ISOLATION LEVEL SERIALIZABLE", "ROLLBACK TO SAVEPOINT body",
        "SELECT 'LISTEN ::', \"ctid\" FROM t",
        "ALTER TABLE \"leads\" ADD COLUMN \"stage\" TEXT"}) {
    EXPECT_THAT(SubsetViolations(statement), IsEmpty()) << statement;
  }
}

TEST(SubsetViolations, NameWhatSomeEngineLacks) {
  for (const char* statement :
       {"SELECT pg_advisory_xact_lock($1)", "LISTEN events",
        "LOCK TABLE leads IN EXCLUSIVE MODE", "SELECT xmin FROM leads",
        "SELECT nextval('s')", "CREATE TABLE t (id BIGSERIAL PRIMARY KEY)",
        "CREATE TABLE t (id BIGINT REFERENCES u (id))",
        "CREATE TEMP TABLE t (id BIGINT)", "SET search_path = 'x'",
        "SELECT id FROM leads FOR UPDATE SKIP LOCKED", "SELECT id::text FROM t",
        "WITH RECURSIVE n(i) AS (SELECT 1) SELECT i FROM n", "TRUNCATE leads",
        "CREATE TRIGGER t BEFORE UPDATE ON leads"}) {
    EXPECT_THAT(SubsetViolations(statement), Not(IsEmpty())) << statement;
  }
}

}  // namespace
}  // namespace crm::testing
