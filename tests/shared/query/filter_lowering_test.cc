#include "shared/query/filter_lowering.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "shared/query/filter.h"
#include "specimen.pb.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using query_test::Specimen;
using ::testing::ElementsAre;

ColumnMap Columns() {
  ColumnMap columns;
  columns.Add("display_name", {"d", ColumnType::kText, false});
  columns.Add("nickname", {"n", ColumnType::kText, true});
  columns.Add("count", {"c", ColumnType::kInteger, false});
  columns.Add("rank", {"r", ColumnType::kInteger, true});
  columns.Add("large", {"l", ColumnType::kInteger, false});
  columns.Add("amount.units", {"u", ColumnType::kInteger, true});
  columns.Add("labels.tier", {"t", ColumnType::kText, true});
  columns.Add("amount", {"m", ColumnType::kBlob, true});
  // Not what a bool is encoded as.
  columns.Add("active", {"a", ColumnType::kText, false});
  return columns;
}

LoweredFilter Lower(absl::string_view text) {
  const absl::StatusOr<Filter> filter =
      Filter::Parse(text, Specimen::descriptor());
  EXPECT_THAT(filter, ::crm::testing::IsOk()) << text;
  return filter->Lower(Columns());
}

struct LowerCase {
  const char* name;
  const char* filter;
  const char* where;
  bool exact;
};

void PrintTo(const LowerCase& c, std::ostream* out) { *out << c.name; }

class LowerFilterText : public ::testing::TestWithParam<LowerCase> {};

TEST_P(LowerFilterText, IsAsExpected) {
  const LoweredFilter lowered = Lower(GetParam().filter);

  EXPECT_EQ(lowered.where.text, GetParam().where);
  EXPECT_EQ(lowered.exact, GetParam().exact);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LowerFilterText,
    ::testing::Values(
        LowerCase{"Empty", "", "1=1", true},
        LowerCase{"Equality", "count=1", "c = ?", true},
        LowerCase{"Inequality", "count!=1", "c <> ?", true},
        LowerCase{"InequalityWithNull", "rank!=1", "r IS NULL OR r <> ?", true},
        LowerCase{"NegatedOrderWithNull", "NOT rank<1", "r IS NULL OR r >= ?",
                  true},
        LowerCase{"PresenceWithPresence", "rank:*", "r IS NOT NULL", true},
        LowerCase{"NullTest", "rank=null", "r IS NULL", true},
        LowerCase{"PresenceByDefault", "count:*", "c <> ?", true},
        LowerCase{"AbsenceByDefault", "amount.units=null", "u IS NULL OR u = ?",
                  true},
        LowerCase{"MapKey", "labels:tier", "t IS NOT NULL", true},
        LowerCase{"Prefix", "nickname=ab*", "n >= ? AND n < ?", true},
        LowerCase{"NegatedPrefix", "nickname!=ab*",
                  "n IS NULL OR n < ? OR n >= ?", true},
        LowerCase{"Contained", "display_name=*b*", "d <> replace(d, ?, '')",
                  true},
        LowerCase{"NotContained", "nickname!=*b*",
                  "n IS NULL OR n = replace(n, ?, '')", true},
        LowerCase{"Suffix", "display_name=*b", "d <> replace(d, ?, '')", false},
        LowerCase{"NegatedSuffix", "display_name!=*b", "1=1", false},
        LowerCase{"PrefixAndSuffix", "display_name=a*b",
                  "d >= ? AND d < ? AND d <> replace(d, ?, '')", false},
        LowerCase{"AnyText", "nickname=*", "n IS NOT NULL", true},
        LowerCase{"UnsignedEquality", "large=1", "l = ?", true},
        LowerCase{"UnsignedOrder", "large>1", "1=1", false},
        LowerCase{"NoColumn", "total=1", "1=1", false},
        LowerCase{"WrongColumnType", "active=true", "1=1", false},
        LowerCase{"Message", "amount:*", "1=1", false},
        LowerCase{"Repeated", "tags:a", "1=1", false},
        LowerCase{"AndKeepsWhatLowers", "count=1 total=1", "c = ?", false},
        LowerCase{"OrNeedsAll", "count=1 OR total=1", "1=1", false},
        LowerCase{"And", "count=1 rank=1", "(c = ?) AND (r = ?)", true},
        LowerCase{"Nested", "count=1 OR (rank=1 rank!=2)",
                  "(c = ?) OR ((r = ?) AND (r IS NULL OR r <> ?))", true},
        LowerCase{"NegatedAnd", "NOT (count=1 rank>2)",
                  "(c <> ?) OR (r IS NULL OR r <= ?)", true},
        LowerCase{"NegatedOr", "NOT (count=1 OR total=1)", "c <> ?", false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(LowerFilter, KeepsParametersInTheOrderOfTheirPlaceholders) {
  const LoweredFilter lowered =
      Lower("count=1 OR nickname=ab* OR (rank=null amount.units:*)");

  EXPECT_EQ(lowered.where.text,
            "(c = ?) OR (n >= ? AND n < ?) OR ((r IS NULL) AND (u <> ?))");
  EXPECT_THAT(lowered.where.params,
              ElementsAre(SqlValue(int64_t{1}), SqlValue("ab"), SqlValue("ac"),
                          SqlValue(int64_t{0})));
}

TEST(LowerFilter, KeepsHostileTextOutOfTheStatement) {
  const LoweredFilter lowered = Lower("display_name=\"x'; DROP TABLE t; --\"");

  EXPECT_EQ(lowered.where.text, "d = ?");
  EXPECT_THAT(lowered.where.params,
              ElementsAre(SqlValue("x'; DROP TABLE t; --")));
}

}  // namespace
}  // namespace crm
