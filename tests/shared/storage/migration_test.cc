#include "shared/storage/migration.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr SqlDialect kDialect = {.integer = "BIGINT",
                                 .real = "DOUBLE",
                                 .text = "TEXT",
                                 .blob = "BYTES",
                                 .clustered_suffix = " CLUSTERED"};

SqlTable Leads() {
  return {.name = "leads",
          .columns = {{.name = "tenant", .type = SqlType::kText},
                      {.name = "name", .type = SqlType::kText},
                      {.name = "score",
                       .type = SqlType::kInteger,
                       .nullable = false,
                       .default_value = int64_t{-1}},
                      {.name = "delete_time", .type = SqlType::kInteger}},
          .primary_key = {"tenant", "name"},
          .clustered = true,
          .indexes = {{.name = "leads_by_score",
                       .columns = {"tenant", "score"},
                       .unique = true,
                       .live_only = true}}};
}

// What a store holds after it was migrated to `schema`.
PresentSchema Migrated(const SqlSchema& schema) {
  const auto plan = PlanMigration(schema, {}, kDialect);
  EXPECT_THAT(plan, IsOk());
  PresentSchema present;
  present.version = plan->version;
  present.tables["schema_version"] = {
      .columns = {{"id", {"BIGINT", false}},
                  {"version", {"BIGINT", true}},
                  {"min_reader", {"BIGINT", true}},
                  {"min_writer", {"BIGINT", true}},
                  {"checksum", {"TEXT", true}}},
      .primary_key = {"id"}};
  present.tables["leads"] = {.columns = {{"tenant", {"TEXT", false}},
                                         {"name", {"TEXT", false}},
                                         {"score", {"BIGINT", false}},
                                         {"delete_time", {"BIGINT", true}}},
                             .primary_key = {"tenant", "name"}};
  for (const SqlTable& table : schema.tables) {
    for (const SqlIndex& index : table.indexes) {
      present.indexes[index.name] = CreateIndexSql(table, index, kDialect);
    }
  }
  return present;
}

TEST(CreateTableSql, WritesColumnsKeyAndClustering) {
  EXPECT_EQ(CreateTableSql(Leads(), kDialect),
            "CREATE TABLE \"leads\" (\"tenant\" TEXT NOT NULL, "
            "\"name\" TEXT NOT NULL, \"score\" BIGINT NOT NULL DEFAULT -1, "
            "\"delete_time\" BIGINT, "
            "PRIMARY KEY (\"tenant\", \"name\")) CLUSTERED");
}

TEST(CreateTableSql, WritesDefaultsAsLiterals) {
  const struct {
    SqlValue value;
    std::string literal;
  } cases[] = {
      {std::monostate(), "NULL"},
      {int64_t{7}, "7"},
      {0.5, "0.5"},
      {"it's", "'it''s'"},
      {SqlBlob{"\x01\xFF"}, "x'01ff'"},
  };
  for (const auto& [value, literal] : cases) {
    const SqlTable table = {
        .name = "t",
        .columns = {{.name = "k"}, {.name = "c", .default_value = value}},
        .primary_key = {"k"}};
    EXPECT_THAT(CreateTableSql(table, kDialect),
                HasSubstr("DEFAULT " + literal + ", "));
  }
}

TEST(CreateIndexSql, HoldsOnlyTheRowsThatAreAskedFor) {
  SqlIndex index = {.name = "leads_by_email",
                    .columns = {"tenant", "email"},
                    .unique = true,
                    .live_only = true,
                    .where_not_empty = {"email"}};

  EXPECT_EQ(CreateIndexSql(Leads(), index, kDialect),
            "CREATE UNIQUE INDEX \"leads_by_email\" ON \"leads\" "
            "(\"tenant\", \"email\") WHERE \"delete_time\" IS NULL AND "
            "\"email\" <> ''");
}

TEST(PlanMigration, CreatesEverythingInAnEmptyStore) {
  const auto plan = PlanMigration({.tables = {Leads()}}, {}, kDialect);

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->statements,
              ElementsAre(HasSubstr("CREATE TABLE \"schema_version\""),
                          HasSubstr("CREATE TABLE \"leads\""),
                          HasSubstr("CREATE UNIQUE INDEX \"leads_by_score\"")));
  EXPECT_THAT(plan->added_columns, IsEmpty());
}

TEST(PlanMigration, DoesNothingInAStoreThatFits) {
  const SqlSchema schema = {.tables = {Leads()}};
  const PresentSchema present = Migrated(schema);

  const auto plan = PlanMigration(schema, present, kDialect);

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->statements, IsEmpty());
  EXPECT_EQ(plan->version, present.version);
}

TEST(PlanMigration, RebuildsAnIndexWhoseDefinitionChanged) {
  SqlSchema schema = {.tables = {Leads()}};
  const PresentSchema present = Migrated(schema);
  schema.tables[0].indexes[0].unique = false;

  const auto plan = PlanMigration(schema, present, kDialect);

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->statements,
              ElementsAre("DROP INDEX \"leads_by_score\"",
                          HasSubstr("CREATE INDEX \"leads_by_score\"")));
  EXPECT_NE(plan->version.checksum, present.version->checksum);
}

TEST(PlanMigration, F40_LeavesWhatANewerProgramMade) {
  const SqlSchema schema = {.tables = {Leads()}};
  PresentSchema present = Migrated(schema);
  present.version->version = 2;
  present.tables["leads"].columns["stage"] = {"TEXT", true};
  present.indexes["leads_by_score"] = "CREATE INDEX of the newer program";

  const auto plan = PlanMigration(schema, present, kDialect);

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->statements, IsEmpty());
  EXPECT_EQ(plan->version, present.version);
}

TEST(PlanMigration, F40_RefusesAStoreThatOlderProgramsMustNotUse) {
  const SqlSchema schema = {.tables = {Leads()}};
  const SchemaVersion refused[] = {
      {.version = 2, .min_reader = 1, .min_writer = 2},
      {.version = 2, .min_reader = 2, .min_writer = 1}};
  for (const SchemaVersion& version : refused) {
    PresentSchema present = Migrated(schema);
    present.version = version;
    EXPECT_THAT(
        PlanMigration(schema, present, kDialect),
        StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
  }
}

TEST(PlanMigration, NamesWhatCannotBeMigrated) {
  const struct {
    std::string name;
    void (*change)(SqlTable&);
    std::string subject;
  } cases[] = {
      {"type", [](SqlTable& t) { t.columns[2].type = SqlType::kReal; },
       "'leads.score'"},
      {"nullable to not", [](SqlTable& t) { t.columns[3].nullable = false; },
       "'leads.delete_time'"},
      {"not nullable to nullable",
       [](SqlTable& t) { t.columns[2].nullable = true; }, "'leads.score'"},
      {"key order",
       [](SqlTable& t) {
         t.primary_key = {"name", "tenant"};
       },
       "'leads'"},
      {"shorter key", [](SqlTable& t) { t.primary_key = {"tenant"}; },
       "'leads'"},
      {"new column without default",
       [](SqlTable& t) {
         t.columns.push_back({.name = "stage", .nullable = false});
       },
       "'leads.stage'"},
  };
  for (const auto& [name, change, subject] : cases) {
    SqlSchema schema = {.tables = {Leads()}};
    const PresentSchema present = Migrated(schema);
    change(schema.tables[0]);

    const auto plan = PlanMigration(schema, present, kDialect);

    EXPECT_THAT(plan, StatusIs(absl::StatusCode::kFailedPrecondition,
                               "SCHEMA_CONFLICT"))
        << name;
    EXPECT_THAT(plan.status().message(), HasSubstr(subject)) << name;
  }
}

TEST(ValidateSchema, NamesWhatContradictsItself) {
  const struct {
    std::string name;
    void (*change)(SqlSchema&);
    std::string what;
  } cases[] = {
      {"upper case", [](SqlSchema& s) { s.tables[0].name = "Leads"; },
       "'Leads'"},
      {"injection",
       [](SqlSchema& s) { s.tables[0].columns[0].name = "a\" TEXT"; },
       "'a\" TEXT'"},
      {"digit first", [](SqlSchema& s) { s.tables[0].name = "1st"; }, "'1st'"},
      {"reserved", [](SqlSchema& s) { s.tables[0].name = "schema_version"; },
       "'schema_version' exists twice"},
      {"table twice", [](SqlSchema& s) { s.tables.push_back(Leads()); },
       "'leads' exists twice"},
      {"column twice",
       [](SqlSchema& s) { s.tables[0].columns.push_back({.name = "name"}); },
       "'leads.name' exists twice"},
      {"no key", [](SqlSchema& s) { s.tables[0].primary_key.clear(); },
       "no primary key"},
      {"key of nothing",
       [](SqlSchema& s) { s.tables[0].primary_key = {"uid"}; }, "'uid'"},
      {"index of nothing",
       [](SqlSchema& s) { s.tables[0].indexes[0].columns = {"uid"}; }, "'uid'"},
      {"empty index",
       [](SqlSchema& s) { s.tables[0].indexes[0].columns.clear(); },
       "no columns"},
      {"live without delete_time",
       [](SqlSchema& s) { s.tables[0].columns.pop_back(); }, "'delete_time'"},
      {"writer beyond version", [](SqlSchema& s) { s.min_writer = 2; },
       "min_writer"},
  };
  ASSERT_THAT(ValidateSchema({.tables = {Leads()}}), IsOk());
  for (const auto& [name, change, what] : cases) {
    SqlSchema schema = {.tables = {Leads()}};
    change(schema);

    const absl::Status status = ValidateSchema(schema);

    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kInvalidArgument, "SCHEMA_INVALID"))
        << name;
    EXPECT_THAT(status.message(), HasSubstr(what)) << name;
  }
}

}  // namespace
}  // namespace crm::testing
