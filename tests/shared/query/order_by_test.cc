#include "shared/query/order_by.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "shared/query/field_path.h"
#include "shared/query/field_value.h"
#include "tests/shared/query/specimen_table.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using query_test::Specimen;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ColumnMap Columns() {
  ColumnMap columns;
  columns.Add("count", {"c", ColumnType::kInteger, false});
  columns.Add("order_time", {"o", ColumnType::kInteger, true});
  columns.Add("amount.units", {"u", ColumnType::kInteger, false});
  return columns;
}

TEST(ParseOrderBy, ReadsFieldsAndDirections) {
  EXPECT_THAT(
      ParseOrderBy("  count ,order_time   desc, amount.units asc", Columns()),
      IsOkAndHolds(ElementsAre(OrderTerm{"count", "c", false, false},
                               OrderTerm{"order_time", "o", true, true},
                               OrderTerm{"amount.units", "u", false, false})));
}

TEST(ParseOrderBy, AcceptsCamelCase) {
  EXPECT_THAT(
      ParseOrderBy("orderTime", Columns()),
      IsOkAndHolds(ElementsAre(OrderTerm{"order_time", "o", false, true})));
}

TEST(ParseOrderBy, IsEmptyForBlankText) {
  EXPECT_THAT(ParseOrderBy(" ", Columns()), IsOkAndHolds(IsEmpty()));
}

TEST(ParseOrderBy, A16_RefusesFieldsOfOtherResources) {
  ColumnMap columns;
  columns.Add("customer", {"c_customer", ColumnType::kText, false});

  EXPECT_THAT(
      FieldViolations(ParseOrderBy("customer.segment", columns).status()),
      ElementsAre(FieldViolation{
          "order_by",
          "Field 'customer.segment' is one of another resource; lists are "
          "ordered by their own fields: customer."}));
}

TEST(ParseOrderBy, RefusesWhatIsNoOrder) {
  for (const char* text :
       {"colour", "count up", "count DESC", "count desc desc", "count,",
        ",count", ",", "count,count desc", "order_time,orderTime", "-count",
        "count;DROP TABLE t", "\"count\"", "count\xFF"}) {
    EXPECT_THAT(ParseOrderBy(text, Columns()),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"))
        << text;
  }
  EXPECT_THAT(ParseOrderBy(std::string(5000, ','), Columns()),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(ParseOrderBy, NamesTheFieldsThatCanBeOrderedBy) {
  EXPECT_THAT(
      FieldViolations(ParseOrderBy("colour", Columns()).status()),
      ElementsAre(FieldViolation{
          "order_by",
          "Field 'colour' does not exist or cannot be ordered by; these can: "
          "amount.units, count, order_time."}));
}

TEST(ParseOrderBy, QuotesBadUtf8InAFormThatCanBeSent) {
  EXPECT_THAT(FieldViolations(ParseOrderBy("a\xFF\xC3", Columns()).status()),
              ElementsAre(FieldViolation{
                  "order_by",
                  "Field 'a\\377\\303' does not exist or cannot be ordered by; "
                  "these can: amount.units, count, order_time."}));
}

TEST(OrderByText, EndsWithTheNameAndPlacesNull) {
  const auto terms = ParseOrderBy("count, order_time desc", Columns());
  ASSERT_THAT(terms, IsOk());

  EXPECT_EQ(OrderByText(TotalOrder(*terms, "name")),
            "c, o DESC NULLS LAST, name DESC");
  EXPECT_EQ(OrderByText(TotalOrder({}, "name")), "name");
}

TEST(TotalOrder, AddsNoSecondName) {
  const std::vector<OrderTerm> terms = {{"name", "name", true, false}};

  EXPECT_EQ(TotalOrder(terms, "name"), terms);
}

TEST(RowsAfter, IsARangeOfTheIndexWhereAllGoOneWay) {
  const std::vector<OrderTerm> up = {{"a", "a", false, true},
                                     {"name", "name", false, false}};
  const std::vector<OrderTerm> down = {{"a", "a", true, false},
                                       {"name", "name", true, false}};
  const std::vector<SqlValue> last = {int64_t{1}, std::string("n")};

  EXPECT_EQ(RowsAfter(up, last), (SqlFragment{"(a, name) > (?, ?)", last}));
  EXPECT_EQ(RowsAfter(down, last), (SqlFragment{"(a, name) < (?, ?)", last}));
}

TEST(RowsAfter, SpellsOutMixedDirections) {
  const std::vector<OrderTerm> terms = {{"a", "a", false, false},
                                        {"b", "b", true, true},
                                        {"name", "name", false, false}};

  EXPECT_EQ(
      RowsAfter(terms, {int64_t{1}, int64_t{2}, std::string("n")}),
      (SqlFragment{
          "a >= ? AND (a > ? OR (b < ? OR b IS NULL OR (b = ? AND (name "
          "> ?))))",
          {int64_t{1}, int64_t{1}, int64_t{2}, int64_t{2}, std::string("n")}}));
}

// Pages through random rows in random orders must give what one list gives.
TEST(RowsAfter, PagesWithoutGapOrRepeat) {
  std::mt19937 random(7);
  SpecimenTable table;
  std::vector<Specimen> rows;
  for (int i = 0; i < 80; ++i) {
    rows.push_back(RandomSpecimen(i, random));
    table.Insert(rows.back());
  }
  const std::vector<std::string> paths = table.columns().paths();
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> order = paths;
    std::shuffle(order.begin(), order.end(), random);
    order.resize(random() % 4);
    for (std::string& path : order) {
      if (random() % 2 == 0) path += " desc";
    }
    SCOPED_TRACE(absl::StrJoin(order, ", "));
    const auto parsed =
        ParseOrderBy(absl::StrJoin(order, ", "), table.columns());
    ASSERT_THAT(parsed, IsOk());
    const std::vector<OrderTerm> terms = TotalOrder(*parsed, "\"name\"");
    const std::string text = OrderByText(terms);
    const std::vector<std::string> all = table.Names({"1=1", {}}, text);
    ASSERT_EQ(all.size(), rows.size());

    for (size_t i = 0; i < all.size(); ++i) {
      const auto row = std::ranges::find(rows, all[i], &Specimen::name);
      std::vector<SqlValue> last;
      for (const OrderTerm& term : terms) {
        last.push_back(ReadColumn(
            *row, *FindFieldPath(*Specimen::descriptor(), term.path)));
      }
      const std::vector<std::string> page =
          table.Names(RowsAfter(terms, last), text, 7);
      const auto next = all.begin() + static_cast<ptrdiff_t>(i) + 1;
      const std::vector<std::string> expected(
          next, next + std::min<ptrdiff_t>(7, all.end() - next));
      ASSERT_EQ(page, expected) << "after " << all[i] << " by " << text;
    }
  }
}

}  // namespace
}  // namespace crm
