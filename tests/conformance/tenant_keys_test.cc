// Every key of a store begins with the tenant, so that an engine that spreads
// rows over servers by tenant can hold it. What does not is named here.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/status_macros.h"
#include "tests/conformance/services_under_test.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

using ::testing::IsSubsetOf;

// What belongs to a process or to a feed, and not to a tenant: such an engine
// keeps these tables in one place. Progress says how far a walk through all
// tenants has come.
const std::vector<std::string>& TablesOfNoTenant() {
  static const auto* const tables =
      new std::vector<std::string>{"audit_position",
                                   "column_fill",
                                   "consumer_attempt",
                                   "consumer_position",
                                   "feed_consumer",
                                   "feed_state",
                                   "lease",
                                   "lease_member",
                                   "partition_head",
                                   "schema_version",
                                   "search_progress"};
  return *tables;
}

// A partition of a feed is one stream of the events of many tenants: its
// numbers are unique in the partition whatever the tenant, consumers hold their
// position in it by them, and a number that two tenants had would be one event
// lost.
const std::vector<std::string>& KeysAcrossTenants() {
  static const auto* const keys = new std::vector<std::string>{"outbox_seq"};
  return *keys;
}

// What a store has that does not begin with the tenant.
struct Exceptions {
  std::set<std::string> tables;
  std::set<std::string> keys;
};

absl::StatusOr<std::vector<std::string>> Names(SqlReader& reader,
                                               absl::string_view sql,
                                               const std::string& of) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, {of}));
  std::vector<std::string> names;
  for (const SqlRow& row : rows) names.push_back(std::get<std::string>(row[0]));
  return names;
}

bool BeginsWithTenant(const std::vector<std::string>& columns) {
  return !columns.empty() && columns.front() == "tenant";
}

absl::Status FindExceptions(SqlReader& reader, Exceptions& found) {
  CRM_ASSIGN_OR_RETURN(
      const std::vector<std::string> tables,
      Names(reader,
            "SELECT name FROM pragma_table_list WHERE schema = ? AND "
            "type = 'table' AND name NOT LIKE 'sqlite_%'",
            "main"));
  for (const std::string& table : tables) {
    CRM_ASSIGN_OR_RETURN(
        const std::vector<std::string> columns,
        Names(reader,
              "SELECT name FROM pragma_table_info(?) WHERE name = 'tenant'",
              table));
    const auto& shared = TablesOfNoTenant();
    if (columns.empty() ||
        std::find(shared.begin(), shared.end(), table) != shared.end()) {
      found.tables.insert(table);
      continue;
    }
    CRM_ASSIGN_OR_RETURN(
        const std::vector<std::string> key,
        Names(reader,
              "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk",
              table));
    if (!BeginsWithTenant(key)) found.keys.insert(table);
    CRM_ASSIGN_OR_RETURN(
        const std::vector<std::string> indexes,
        Names(reader,
              "SELECT name FROM pragma_index_list(?) WHERE \"unique\" = 1 "
              "AND origin <> 'pk'",
              table));
    for (const std::string& index : indexes) {
      CRM_ASSIGN_OR_RETURN(
          const std::vector<std::string> parts,
          Names(reader, "SELECT name FROM pragma_index_info(?) ORDER BY seqno",
                index));
      if (!BeginsWithTenant(parts)) found.keys.insert(index);
    }
  }
  return absl::OkStatus();
}

TEST(TenantKeys, BeginEveryKeyOfEveryServiceButTheOnesNamed) {
  const TestAuthority authority;
  for (const ServiceUnderTest& item : ServicesUnderTest()) {
    ServiceHarness service(authority, item.name, item.make,
                           [](HostSettings& settings) {
                             settings.database.clear();
                             // Nobody is there, and nobody is needed.
                             settings.addresses["operational"] = "127.0.0.1:1";
                           });
    Exceptions found;
    EXPECT_THAT(
        service.host().database().Read(
            absl::InfiniteFuture(),
            [&](SqlReader& reader) { return FindExceptions(reader, found); }),
        IsOk());
    EXPECT_THAT(found.tables, IsSubsetOf(TablesOfNoTenant())) << item.name;
    EXPECT_THAT(found.keys, IsSubsetOf(KeysAcrossTenants())) << item.name;
    EXPECT_TRUE(found.keys.contains("outbox_seq")) << item.name;
  }
}

}  // namespace
}  // namespace crm::testing
