#include "tests/support/postgres_server/sql_subset.h"

#include <re2/re2.h>

#include <memory>
#include <utility>

namespace crm::testing {
namespace {

struct Rule {
  std::unique_ptr<RE2> pattern;
  std::string why;
};

// How a statement may begin.
constexpr char kAllowed[] =
    R"((?i)^(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|BEGIN ISOLATION LEVEL|)"
    R"(COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT|)"
    R"(CREATE SCHEMA|CREATE TABLE|CREATE (UNIQUE )?INDEX|ALTER TABLE "?\w+"? ADD COLUMN|)"
    R"(ALTER TABLE "?\w+"? DROP COLUMN|)"
    // Contracting a store, which the relatives do another way.
    R"(ALTER TABLE "?\w+"? DROP CONSTRAINT|)"
    R"(DROP INDEX|DEALLOCATE ALL)\b)";

// What at least one of Citus, YugabyteDB and CockroachDB lacks, or does another
// way.
const std::vector<Rule>& Forbidden() {
  static const auto* const rules = [] {
    auto* all = new std::vector<Rule>();
    const auto add = [all](const char* pattern, const char* why) {
      RE2::Options options;
      options.set_case_sensitive(false);
      all->push_back({std::make_unique<RE2>(pattern, options), why});
    };
    add(R"(\bpg_(try_)?advisory)", "advisory locks");
    add(R"(\b(LISTEN|NOTIFY|UNLISTEN|pg_notify)\b)", "notifications");
    add(R"(\bLOCK\s+TABLE\b)", "table locks");
    add(R"(\b(xmin|xmax|cmin|cmax|ctid|tableoid)\b)", "system columns");
    add(R"(\b(txid_|pg_current_xact|pg_snapshot|pg_export_snapshot))",
        "transaction numbers");
    add(R"(\b(nextval|currval|setval|SEQUENCE|SERIAL|BIGSERIAL|GENERATED)\b)",
        "sequences");
    add(R"(\b(DEFERRABLE|INITIALLY DEFERRED|SET CONSTRAINTS)\b)",
        "deferrable constraints");
    add(R"(\b(REFERENCES|FOREIGN KEY)\b)",
        "foreign keys, which do not cross shards");
    add(R"(\b(TRIGGER|FUNCTION|PROCEDURE|RULE|EXTENSION)\b)",
        "server-side code");
    add(R"(\b(TEMP|TEMPORARY|UNLOGGED)\b)", "tables that belong to a session");
    add(R"(^\s*(SET|RESET|DISCARD|PREPARE|DECLARE|FETCH|COPY)\b)",
        "state of a session");
    add(R"(\bSKIP LOCKED\b|\bFOR (UPDATE|SHARE|NO KEY UPDATE|KEY SHARE)\b)",
        "row locks, which a serializable transaction does not need");
    add(R"(\bMERGE INTO\b|\bLATERAL\b|\bWITH RECURSIVE\b)",
        "forms of queries that not all of them take");
    add(R"(::)", "PostgreSQL's own casts; write CAST");
    add(R"(\bON CONFLICT ON CONSTRAINT\b)", "constraints by name");
    return all;
  }();
  return *rules;
}

// Returns the statement without what stands in literals and quoted names.
std::string WithoutLiterals(absl::string_view statement) {
  std::string text(statement);
  static const RE2* const literals = new RE2(R"('[^']*'|"[^"]*")");
  RE2::GlobalReplace(&text, *literals, "''");
  return text;
}

}  // namespace

std::vector<std::string> SubsetViolations(absl::string_view statement) {
  static const RE2* const allowed = new RE2(kAllowed);
  std::vector<std::string> violations;
  const std::string whole(statement);
  if (!RE2::PartialMatch(whole, *allowed)) {
    violations.push_back("it is no kind of statement that the subset has");
  }
  const std::string text = WithoutLiterals(statement);
  for (const Rule& rule : Forbidden()) {
    if (RE2::PartialMatch(text, *rule.pattern)) {
      violations.push_back("it uses " + rule.why);
    }
  }
  return violations;
}

}  // namespace crm::testing
