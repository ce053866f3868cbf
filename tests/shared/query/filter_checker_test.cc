#include "shared/query/filter_checker.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "shared/query/column_map.h"
#include "shared/query/filter.h"
#include "shared/query/reference.h"
#include "specimen.pb.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using query_test::Specimen;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::StatusOr<Filter> Parse(absl::string_view text) {
  return Filter::Parse(text, Specimen::descriptor());
}

struct CheckCase {
  const char* name;
  const char* text;
  const char* expected;
};

void PrintTo(const CheckCase& c, std::ostream* out) { *out << c.name; }

class CheckFilterError : public ::testing::TestWithParam<CheckCase> {};

TEST_P(CheckFilterError, NamesTheProblemAndTheColumn) {
  const absl::StatusOr<Filter> filter = Parse(GetParam().text);

  ASSERT_THAT(filter,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(filter.status()),
              ElementsAre(FieldViolation{"filter", GetParam().expected}));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CheckFilterError,
    ::testing::Values(
        CheckCase{"UnknownField", "count=1 colour=red",
                  "There is no field 'colour' in Specimen at column 9."},
        CheckCase{"UnknownNestedField", "amount.cents=1",
                  "There is no field 'cents' in amount at column 8."},
        CheckCase{"FieldOfAValue", "count.x=1",
                  "Field 'count' is not a message and has no field 'x' at "
                  "column 7."},
        CheckCase{"FieldOfAMapValue", "labels.tier.x=1",
                  "Field 'labels.tier' is not a message and has no field 'x' "
                  "at column 13."},
        CheckCase{"FractionOfAnInteger", "count=2.5",
                  "Field 'count' needs a whole number of 64 bits, as -25 at "
                  "column 7."},
        CheckCase{"IntegerTooLarge", "total=9223372036854775808",
                  "Field 'total' needs a whole number of 64 bits, as -25 at "
                  "column 7."},
        CheckCase{"NegativeUnsigned", "large=-1",
                  "Field 'large' needs a whole number of 64 bits that is not "
                  "negative at column 7."},
        CheckCase{"HexadecimalNumber", "score=0x10",
                  "Field 'score' needs a number, as 2.5 at column 7."},
        CheckCase{"NotANumber", "score=nan",
                  "Field 'score' needs a number, as 2.5 at column 7."},
        CheckCase{"InfiniteNumber", "score=1e999",
                  "Field 'score' needs a number, as 2.5 at column 7."},
        CheckCase{"Bool", "active=1",
                  "Field 'active' needs true or false at column 8."},
        CheckCase{"Enum", "state=open",
                  "Field 'state' needs one of STATE_UNSPECIFIED, OPEN, CLOSED, "
                  "LOST at column 7."},
        CheckCase{"Timestamp", "create_time>yesterday",
                  "Field 'create_time' needs a time of RFC 3339, as "
                  "2024-05-01T10:00:00Z at column 13."},
        CheckCase{"InfiniteTimestamp", "create_time<infinite-future",
                  "Field 'create_time' needs a time of RFC 3339, as "
                  "2024-05-01T10:00:00Z at column 13."},
        CheckCase{"TimestampWithoutZone", "create_time>2024-05-01T10:00:00",
                  "Field 'create_time' needs a time of RFC 3339, as "
                  "2024-05-01T10:00:00Z at column 13."},
        CheckCase{"Duration", "wait>20",
                  "Field 'wait' needs a duration in seconds, as 20s or 1.5s at "
                  "column 6."},
        CheckCase{"DurationTooLong", "wait>315576000001s",
                  "Field 'wait' needs a duration in seconds, as 20s or 1.5s at "
                  "column 6."},
        CheckCase{"Bytes", "digest=abc",
                  "Field 'digest' cannot be compared to a value, only tested "
                  "by ':*' at column 8."},
        CheckCase{"Message", "amount=5",
                  "Field 'amount' cannot be compared to a value, only tested "
                  "by ':*' at column 8."},
        CheckCase{"MessageHasUnknown", "amount:cents",
                  "There is no field 'cents' in amount at column 8."},
        CheckCase{"OrderOfBool", "active>false",
                  "Field 'active' has no order; use '=' or '!=' at column 7."},
        CheckCase{"OrderOfEnum", "state<OPEN",
                  "Field 'state' has no order; use '=' or '!=' at column 6."},
        CheckCase{"OrderOfNull", "rank>null",
                  "null has no order; use '=' or '!=' at column 5."},
        CheckCase{"EqualsOnRepeated", "tags=a",
                  "Field 'tags' is repeated or a map; use ':' at column 5."},
        CheckCase{"EqualsThroughRepeated", "lines.product=a",
                  "Field 'lines.product' is repeated or a map; use ':' at "
                  "column 14."},
        CheckCase{"EqualsOnMap", "labels=a",
                  "Field 'labels' is repeated or a map; use ':' at column 7."},
        CheckCase{"KeyWithWildcard", "labels:a*",
                  "A map key cannot have wildcards at column 8."},
        CheckCase{"WildcardInANumber", "count=1*",
                  "'*' is a wildcard only for strings and with '=', '!=' and "
                  "':' at column 7."},
        CheckCase{"OrderedWildcard", "display_name<a*",
                  "'*' is a wildcard only for strings and with '=', '!=' and "
                  "':' at column 14."}),
    [](const auto& info) { return std::string(info.param.name); });

// Specimens and keepers can be reached, crates cannot.
absl::StatusOr<Filter> ParseWithTargets(absl::string_view text) {
  static const auto* const kColumns = new ColumnMap;
  static const auto* const kSpecimens = new ReferenceTarget{
      "test/Specimen", Specimen::descriptor(), kColumns, false};
  static const auto* const kKeepers = new ReferenceTarget{
      "test/Keeper", query_test::Keeper::descriptor(), kColumns, true};
  return Filter::Parse(text, Specimen::descriptor(), "filter",
                       [](absl::string_view type) -> const ReferenceTarget* {
                         return type == "test/Specimen" ? kSpecimens
                                : type == "test/Keeper" ? kKeepers
                                                        : nullptr;
                       });
}

class CheckReferenceError : public ::testing::TestWithParam<CheckCase> {};

TEST_P(CheckReferenceError, A16_NamesTheProblemAndTheColumn) {
  const absl::StatusOr<Filter> filter = ParseWithTargets(GetParam().text);

  ASSERT_THAT(filter,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(filter.status()),
              ElementsAre(FieldViolation{"filter", GetParam().expected}));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CheckReferenceError,
    ::testing::Values(
        CheckCase{"OtherService", "crate.size=1",
                  "Field 'crate' names a test/Crate, whose fields cannot be "
                  "reached from here at column 7."},
        CheckCase{"SecondHop", "keeper.specimen.count=1",
                  "Field 'keeper.specimen' would be the second reference to "
                  "follow, and only one can be at column 17."},
        CheckCase{"UnknownField", "keeper.colour=red",
                  "There is no field 'colour' in Keeper at column 8."},
        CheckCase{"WrongType", "keeper.rank=high",
                  "Field 'rank' needs a whole number of 64 bits, as -25 at "
                  "column 13."},
        CheckCase{"RepeatedReference", "helpers.rank=1",
                  "Field 'helpers.rank' is repeated or a map; use ':' at "
                  "column 13."},
        CheckCase{"RepeatedField", "keeper.tags=a",
                  "Field 'keeper.tags' is repeated or a map; use ':' at "
                  "column 12."},
        CheckCase{"NoReference", "display_name.rank=1",
                  "Field 'display_name' is not a message and has no field "
                  "'rank' at column 14."}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(CheckFilter, FollowsNoReferenceWithoutTargets) {
  EXPECT_THAT(
      FieldViolations(Parse("keeper.rank=1").status()),
      ElementsAre(FieldViolation{"filter",
                                 "Field 'keeper' names a test/Keeper, whose "
                                 "fields cannot be reached from here at column "
                                 "8."}));
}

TEST(Filter, ListsTheTypesThatItsReferencesLeadTo) {
  const absl::StatusOr<Filter> filter = ParseWithTargets(
      "keeper.labels.tier=a NOT origin.count=1 helpers.rank:2 keeper=x");

  ASSERT_THAT(filter, IsOk());
  EXPECT_THAT(filter->referenced_types(),
              ElementsAre("test/Keeper", "test/Specimen"));
  EXPECT_THAT(
      filter->field_paths(),
      ElementsAre("helpers.rank", "keeper", "keeper.labels", "origin.count"));
}

TEST(CheckFilter, CutsAndEscapesWhatItQuotes) {
  const std::string name(300, 'x');

  EXPECT_THAT(
      FieldViolations(Parse(absl::StrCat(name, "=1")).status()),
      ElementsAre(FieldViolation{
          "filter", absl::StrCat("There is no field '", std::string(64, 'x'),
                                 "...' in Specimen at column 1.")}));
  EXPECT_THAT(
      FieldViolations(Parse("\"a\\nb\"=1").status()),
      ElementsAre(FieldViolation{
          "filter", "There is no field 'a\\nb' in Specimen at column 1."}));
}

TEST(CheckFilter, NamesTheFieldOfTheRequest) {
  const absl::StatusOr<Filter> filter =
      Filter::Parse("x=1", Specimen::descriptor(), "segment.filter");

  EXPECT_THAT(
      FieldViolations(filter.status()),
      ElementsAre(FieldViolation{
          "segment.filter", "There is no field 'x' in Specimen at column 1."}));
}

TEST(Filter, ListsTheFieldsItReads) {
  const absl::StatusOr<Filter> filter = Parse(
      "displayName=a OR NOT (labels.tier=b labels:x) amount.units>1 "
      "lines.product:x amounts.7.units:* amount:nanos display_name=null");

  ASSERT_THAT(filter, IsOk());
  EXPECT_THAT(filter->field_paths(),
              ElementsAre("amount.nanos", "amount.units", "amounts",
                          "display_name", "labels", "lines.product"));
  EXPECT_FALSE(filter->empty());
}

TEST(Filter, IsEmptyForBlankText) {
  const absl::StatusOr<Filter> filter = Parse("  ");

  ASSERT_THAT(filter, IsOk());
  EXPECT_TRUE(filter->empty());
  EXPECT_THAT(filter->field_paths(), IsEmpty());
  EXPECT_TRUE(filter->Matches(Specimen()));
  EXPECT_TRUE(Filter().Matches(Specimen()));
}

}  // namespace
}  // namespace crm
