#include "tests/shared/query/specimen_table.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "shared/query/field_path.h"
#include "shared/query/field_value.h"

namespace crm {
namespace {

using query_test::Specimen;

constexpr absl::string_view kColumnPaths[] = {
    "name",         "display_name", "nickname",
    "state",        "active",       "confirmed",
    "count",        "total",        "rank",
    "small",        "large",        "ratio",
    "score",        "digest",       "create_time",
    "wait",         "amount.units", "amount.currency_code",
    "amount.nanos", "parent.count", "labels.tier",
    "campaign",     "import_id"};

std::string ColumnName(absl::string_view path) {
  return absl::StrCat("\"", absl::StrReplaceAll(path, {{".", "_"}}), "\"");
}

std::string ColumnSqlType(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return "TEXT";
    case ColumnType::kInteger:
      return "INTEGER";
    case ColumnType::kReal:
      return "REAL";
    case ColumnType::kBlob:
      return "BLOB";
  }
  return "";
}

FieldPath PathOf(absl::string_view text) {
  return FindFieldPath(*Specimen::descriptor(), text).value();
}

void Bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  int result = SQLITE_OK;
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    result = sqlite3_bind_int64(statement, index, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    result = sqlite3_bind_double(statement, index, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    result =
        sqlite3_bind_text(statement, index, text->data(),
                          static_cast<int>(text->size()), SQLITE_TRANSIENT);
  } else if (const auto* blob = std::get_if<SqlBlob>(&value)) {
    // A null pointer would bind NULL, which empty bytes are not.
    result = sqlite3_bind_blob(statement, index, blob->bytes.c_str(),
                               static_cast<int>(blob->bytes.size()),
                               SQLITE_TRANSIENT);
  }
  ASSERT_EQ(result, SQLITE_OK);
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
  return s;
}

SpecimenTable::SpecimenTable() {
  EXPECT_EQ(sqlite3_open(":memory:", &database_), SQLITE_OK);
  std::vector<std::string> definitions;
  for (const absl::string_view text : kColumnPaths) {
    const Column column = ColumnFor(PathOf(text), ColumnName(text));
    definitions.push_back(absl::StrCat(column.name, " ",
                                       ColumnSqlType(column.type),
                                       column.nullable ? "" : " NOT NULL"));
    columns_.Add(text, column);
  }
  Run(absl::StrCat("CREATE TABLE specimens (", absl::StrJoin(definitions, ", "),
                   ")"),
      {});
}

SpecimenTable::~SpecimenTable() { sqlite3_close(database_); }

void SpecimenTable::Insert(const Specimen& specimen) {
  std::vector<SqlValue> values;
  std::vector<std::string> marks;
  for (const absl::string_view text : kColumnPaths) {
    values.push_back(ReadColumn(specimen, PathOf(text)));
    marks.push_back("?");
  }
  Run(absl::StrCat("INSERT INTO specimens VALUES (", absl::StrJoin(marks, ", "),
                   ")"),
      values);
}

std::vector<std::string> SpecimenTable::Names(const SqlFragment& where,
                                              absl::string_view order_by,
                                              int limit) {
  return Run(absl::StrCat("SELECT name FROM specimens WHERE (", where.text,
                          ") ORDER BY ", order_by, " LIMIT ", limit),
             where.params);
}

std::vector<std::string> SpecimenTable::Run(
    const std::string& sql, const std::vector<SqlValue>& params) {
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(
      sqlite3_prepare_v2(database_, sql.data(), static_cast<int>(sql.size()),
                         &statement, nullptr),
      SQLITE_OK)
      << sqlite3_errmsg(database_) << ": " << sql;
  EXPECT_EQ(sqlite3_bind_parameter_count(statement),
            static_cast<int>(params.size()))
      << sql;
  for (size_t i = 0; i < params.size(); ++i) {
    Bind(statement, static_cast<int>(i) + 1, params[i]);
  }
  std::vector<std::string> names;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    names.emplace_back(
        reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  }
  EXPECT_EQ(sqlite3_finalize(statement), SQLITE_OK)
      << sqlite3_errmsg(database_) << ": " << sql;
  return names;
}

}  // namespace crm
