#include "shared/query/field_value.h"

#include <limits>

#include "gmock/gmock.h"
#include "tests/shared/query/specimen_table.h"

namespace crm {
namespace {

using query_test::Specimen;

FieldPath PathOf(absl::string_view text) {
  return FindFieldPath(*Specimen::descriptor(), text).value();
}

SqlValue Read(absl::string_view path, absl::string_view specimen) {
  return ReadColumn(ParseSpecimen(specimen), PathOf(path));
}

TEST(ReadColumn, EncodesEveryType) {
  EXPECT_EQ(Read("display_name", "display_name: 'x'"), SqlValue("x"));
  EXPECT_EQ(Read("display_name", ""), SqlValue(""));
  EXPECT_EQ(Read("nickname", ""), SqlValue());
  EXPECT_EQ(Read("state", "state: LOST"), SqlValue(int64_t{-1}));
  EXPECT_EQ(Read("active", "active: true"), SqlValue(int64_t{1}));
  EXPECT_EQ(Read("small", "small: 4294967295"), SqlValue(int64_t{4294967295}));
  EXPECT_EQ(Read("large", "large: 18446744073709551615"),
            SqlValue(int64_t{-1}));
  EXPECT_EQ(Read("score", "score: 2.5"), SqlValue(2.5));
  EXPECT_EQ(Read("score", "score: nan"), SqlValue());
  EXPECT_EQ(Read("digest", "digest: 'x'"), SqlValue(SqlBlob{"x"}));
  EXPECT_EQ(Read("amount.units", ""), SqlValue());
  EXPECT_EQ(Read("amount.units", "amount {}"), SqlValue(int64_t{0}));
  EXPECT_EQ(Read("labels.tier", "labels { key: 'tier' value: 'x' }"),
            SqlValue("x"));
  EXPECT_EQ(Read("labels.tier", ""), SqlValue());
  EXPECT_EQ(Read("amount", "amount {}"), SqlValue());
}

TEST(ReadColumn, RoundsTimesDownToMicroseconds) {
  EXPECT_EQ(Read("create_time", "create_time { seconds: 1 nanos: 1999 }"),
            SqlValue(int64_t{1'000'001}));
  EXPECT_EQ(Read("create_time", "create_time { seconds: -1 nanos: 1999 }"),
            SqlValue(int64_t{-999'999}));
  EXPECT_EQ(Read("wait", "wait { seconds: -1 nanos: -1 }"),
            SqlValue(int64_t{-1'000'001}));
  EXPECT_EQ(Read("wait", ""), SqlValue());
}

TEST(ReadColumn, SurvivesTimesOutOfRange) {
  Specimen specimen;
  specimen.mutable_create_time()->set_seconds(
      std::numeric_limits<int64_t>::max());
  specimen.mutable_create_time()->set_nanos(
      std::numeric_limits<int32_t>::min());

  EXPECT_GT(std::get<int64_t>(ReadColumn(specimen, PathOf("create_time"))),
            int64_t{253'402'300'800'000'000});
}

}  // namespace
}  // namespace crm
