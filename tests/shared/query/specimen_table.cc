#include "tests/shared/query/specimen_table.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "shared/query/field_path.h"
#include "shared/query/field_value.h"
#include "shared/storage/postgres/postgres_database.h"
#include "shared/storage/sqlite/sqlite_database.h"
#include "tests/support/postgres_server/postgres_server.h"

namespace crm {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using query_test::Keeper;
using query_test::Specimen;

const std::vector<std::string>& SpecimenPaths() {
  static const auto* const kPaths = new std::vector<std::string>{
      "name",         "display_name", "nickname",
      "state",        "active",       "confirmed",
      "count",        "total",        "rank",
      "small",        "large",        "ratio",
      "score",        "digest",       "create_time",
      "wait",         "amount.units", "amount.currency_code",
      "amount.nanos", "parent.count", "labels.tier",
      "campaign",     "import_id",    "origin",
      "keeper"};
  return *kPaths;
}

const std::vector<std::string>& KeeperPaths() {
  static const auto* const kPaths = new std::vector<std::string>{
      "name", "display_name", "rank", "delete_time"};
  return *kPaths;
}

std::string ColumnName(absl::string_view path) {
  return absl::StrReplaceAll(path, {{".", "_"}});
}

SqlType TypeOf(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return SqlType::kText;
    case ColumnType::kInteger:
      return SqlType::kInteger;
    case ColumnType::kReal:
      return SqlType::kReal;
    case ColumnType::kBlob:
      return SqlType::kBlob;
  }
  return SqlType::kBlob;
}

FieldPath PathOf(const Descriptor* type, absl::string_view text) {
  return FindFieldPath(*type, text).value();
}

ColumnMap ColumnsOf(const Descriptor* type, absl::string_view table,
                    const std::vector<std::string>& paths) {
  ColumnMap columns;
  columns.set_table(table);
  for (const std::string& path : paths) {
    columns.Add(path,
                ColumnFor(PathOf(type, path), QuoteName(ColumnName(path))));
  }
  return columns;
}

SqlTable TableOf(const ColumnMap& columns) {
  SqlTable table{.name = columns.table()};
  table.columns.push_back({"tenant", SqlType::kText, false, {}});
  for (const std::string& path : columns.paths()) {
    const Column& column = *columns.Find(path);
    table.columns.push_back(
        {ColumnName(path), TypeOf(column.type), column.nullable, {}});
  }
  table.primary_key = {"tenant", "name"};
  return table;
}

std::unique_ptr<Database> OpenEmpty() {
  std::string folder = absl::StrCat(::testing::TempDir(), "specimens-XXXXXX");
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  if (testing::TestsRunOnPostgres()) {
    auto database =
        OpenPostgres({.uri = testing::SharedPostgres().Uri(folder)});
    EXPECT_TRUE(database.ok()) << database.status();
    return *std::move(database);
  }
  SqliteOptions options;
  options.path = absl::StrCat(folder, "/test.db");
  options.min_free_bytes = 0;
  options.min_free_fraction = 0;
  // Runs under a debugger or a sanitizer take longer than a service may.
  options.read_limit = absl::Minutes(1);
  auto database = OpenSqlite(options);
  EXPECT_TRUE(database.ok()) << database.status();
  return *std::move(database);
}

absl::Status InsertRow(SqlWriter& writer, const ColumnMap& columns,
                       const std::string& tenant, const Message& message) {
  std::vector<std::string> names = {"tenant"};
  std::vector<std::string> marks = {"?"};
  std::vector<SqlValue> values = {tenant};
  for (const std::string& path : columns.paths()) {
    names.push_back(columns.Find(path)->name);
    marks.push_back("?");
    values.push_back(
        ReadColumn(message, PathOf(message.GetDescriptor(), path)));
  }
  return writer
      .Execute(absl::StrCat("INSERT INTO ", columns.table(), " (",
                            absl::StrJoin(names, ", "), ") VALUES (",
                            absl::StrJoin(marks, ", "), ")"),
               values)
      .status();
}

template <typename T>
void InsertRows(Database& database, const ColumnMap& columns,
                const std::vector<T>& rows) {
  const absl::Status status =
      database.WriteAndWait(absl::InfiniteFuture(), [&](SqlWriter& writer) {
        absl::Status result;
        for (size_t i = 0; i < rows.size(); ++i) {
          // The other tenant's row of this name looks like another of ours.
          T other = rows[(i + 1) % rows.size()];
          other.set_name(rows[i].name());
          result.Update(
              InsertRow(writer, columns, SpecimenTable::kTenant, rows[i]));
          result.Update(
              InsertRow(writer, columns, SpecimenTable::kOtherTenant, other));
        }
        return result;
      });
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace

Specimen ParseSpecimen(absl::string_view text) {
  Specimen specimen;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text),
                                                            &specimen))
      << text;
  return specimen;
}

Specimen RandomSpecimen(int number, std::mt19937& random) {
  const auto below = [&random](uint32_t bound) {
    return static_cast<int>(random() % bound);
  };
  const auto maybe = [&below] { return below(2) == 0; };
  const auto text = [&below] {
    static constexpr absl::string_view kTexts[] = {
        "",
        "a",
        "A",
        "ab",
        "abc",
        "b",
        "ba",
        "bab",
        "a*b",
        "a_b",
        "a%b",
        "\xC3\xA9",
        "\xC3\xA9t\xC3\xA9",
        "null",
        "a\\b",
        "aab",
        "\xF4\x8F\xBF\xBF",
        absl::string_view("a\0b", 3)};
    return std::string(kTexts[below(std::size(kTexts))]);
  };
  const auto integer = [&below]() -> int64_t {
    static constexpr int64_t kIntegers[] = {
        0,
        0,
        1,
        2,
        -1,
        5,
        std::numeric_limits<int64_t>::max(),
        std::numeric_limits<int64_t>::min()};
    return kIntegers[below(std::size(kIntegers))];
  };
  const auto real = [&below] {
    static constexpr double kReals[] = {
        0,
        -0.0,
        0.1,
        1,
        -2.5,
        1e300,
        std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity()};
    return kReals[below(std::size(kReals))];
  };
  const auto small = [&below] { return below(4) - 1; };

  Specimen s;
  s.set_name(absl::StrCat("specimens/", number));
  s.set_display_name(text());
  if (maybe()) s.set_nickname(text());
  s.set_state(static_cast<Specimen::State>(small()));
  s.set_active(maybe());
  if (maybe()) s.set_confirmed(maybe());
  s.set_count(small());
  s.set_total(integer());
  if (maybe()) s.set_rank(integer());
  s.set_small(static_cast<uint32_t>(below(3)) * 2'000'000'000U);
  s.set_large(static_cast<uint64_t>(integer()));
  s.set_ratio(static_cast<float>(below(3)) / 10);
  s.set_score(real());
  if (maybe()) s.set_digest(text());
  if (maybe()) {
    s.mutable_create_time()->set_seconds(1'700'000'000 + small());
    s.mutable_create_time()->set_nanos(below(3) * 1500);
  }
  if (maybe()) {
    s.mutable_wait()->set_seconds(small());
    s.mutable_wait()->set_nanos(s.wait().seconds() < 0 ? -500 : 500);
  }
  if (maybe()) {
    s.mutable_amount()->set_units(small());
    s.mutable_amount()->set_currency_code(maybe() ? "EUR" : "");
    if (maybe()) s.mutable_amount()->set_nanos(small());
  }
  if (maybe()) s.mutable_parent()->set_count(small());
  for (int i = below(3); i > 0; --i) s.add_tags(text());
  for (int i = below(3); i > 0; --i) s.add_numbers(small());
  for (int i = below(3); i > 0; --i) {
    Specimen::Line& line = *s.add_lines();
    line.set_product(text());
    line.set_quantity(small());
    if (maybe()) line.mutable_price()->set_units(small());
  }
  if (maybe()) (*s.mutable_labels())["tier"] = text();
  if (maybe()) (*s.mutable_amounts())[7].set_units(small());
  if (maybe()) (*s.mutable_flags())[maybe()] = small();
  if (maybe()) {
    s.set_campaign(text());
  } else if (maybe()) {
    s.set_import_id(small());
  }
  // Some of these do not exist.
  if (maybe()) s.set_origin(absl::StrCat("specimens/", below(70)));
  if (maybe()) s.set_keeper(absl::StrCat("keepers/", below(25)));
  for (int i = below(3); i > 0; --i) {
    s.add_helpers(absl::StrCat("keepers/", below(25)));
  }
  return s;
}

Keeper RandomKeeper(int number, std::mt19937& random) {
  const auto below = [&random](uint32_t bound) {
    return static_cast<int>(random() % bound);
  };
  static constexpr const char* kTexts[] = {"", "a", "ab", "b", "a*b", "A"};
  Keeper k;
  k.set_name(absl::StrCat("keepers/", number));
  k.set_display_name(kTexts[below(std::size(kTexts))]);
  if (below(2) == 0) k.set_rank(below(3) - 1);
  if (below(2) == 0) {
    (*k.mutable_labels())["tier"] = kTexts[below(std::size(kTexts))];
  }
  for (int i = below(3); i > 0; --i) {
    k.add_tags(kTexts[below(std::size(kTexts))]);
  }
  if (below(5) == 0) k.mutable_delete_time()->set_seconds(1'700'000'000);
  return k;
}

SpecimenTable::SpecimenTable(const std::vector<SqlTable>& others)
    : SpecimenTable(OpenEmpty(), others) {}

SpecimenTable::SpecimenTable(std::unique_ptr<Database> database,
                             const std::vector<SqlTable>& others)
    : specimens_(
          ColumnsOf(Specimen::descriptor(), "specimens", SpecimenPaths())),
      keepers_(ColumnsOf(Keeper::descriptor(), "keepers", KeeperPaths())),
      specimen_target_{.type = "test/Specimen",
                       .message = Specimen::descriptor(),
                       .columns = &specimens_,
                       .soft_delete = false},
      keeper_target_{.type = "test/Keeper",
                     .message = Keeper::descriptor(),
                     .columns = &keepers_,
                     .soft_delete = true},
      database_(std::move(database)) {
  SqlSchema schema;
  schema.tables = others;
  schema.tables.push_back(TableOf(specimens_));
  schema.tables.push_back(TableOf(keepers_));
  const auto migrated = database_->Migrate(schema);
  EXPECT_TRUE(migrated.ok()) << migrated.status();
}

FindTarget SpecimenTable::targets() const {
  return [this](absl::string_view type) -> const ReferenceTarget* {
    if (type == specimen_target_.type) return &specimen_target_;
    if (type == keeper_target_.type) return &keeper_target_;
    return nullptr;
  };
}

void SpecimenTable::Insert(const std::vector<Specimen>& specimens) {
  InsertRows(*database_, specimens_, specimens);
}

void SpecimenTable::Insert(const std::vector<Keeper>& keepers) {
  InsertRows(*database_, keepers_, keepers);
}

std::vector<std::string> SpecimenTable::Names(const SqlFragment& where,
                                              absl::string_view order_by,
                                              int limit) {
  std::string sql = absl::StrCat("SELECT name FROM specimens WHERE tenant = ?",
                                 " AND (", where.text, ") ORDER BY ", order_by);
  if (limit >= 0) absl::StrAppend(&sql, " LIMIT ", limit);
  std::vector<SqlValue> params = {std::string(kTenant)};
  params.insert(params.end(), where.params.begin(), where.params.end());
  std::vector<std::string> names;
  const absl::Status status = database_->Read(
      absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
        const auto rows = reader.Query(sql, params);
        if (!rows.ok()) return rows.status();
        for (const SqlRow& row : *rows) {
          names.push_back(std::get<std::string>(row[0]));
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status << ": " << sql;
  return names;
}

}  // namespace crm
