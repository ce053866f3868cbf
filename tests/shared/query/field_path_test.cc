#include "shared/query/field_path.h"

#include "gmock/gmock.h"
#include "specimen.pb.h"

namespace crm {
namespace {

using query_test::Specimen;

FieldPath PathOf(absl::string_view text) {
  return FindFieldPath(*Specimen::descriptor(), text).value();
}

TEST(FindFieldPath, FindsNestedFieldsAndMapKeys) {
  EXPECT_EQ(PathOf("displayName").text(), "display_name");
  EXPECT_EQ(PathOf("parent.amount.units").text(), "parent.amount.units");
  EXPECT_EQ(PathOf("labels.tier").text(), "labels.tier");
  EXPECT_EQ(PathOf("labels.tier").field_text(), "labels");
  EXPECT_EQ(PathOf("amounts.7.units").text(), "amounts.7.units");
}

TEST(FindFieldPath, FindsNothingElse) {
  for (const char* text :
       {"", ".", "x", "amount.x", "count.x", "amount.", "labels.tier.x"}) {
    EXPECT_FALSE(FindFieldPath(*Specimen::descriptor(), text).has_value())
        << text;
  }
}

TEST(FieldPath, KeepsKeysWithDotsApartFromFields) {
  FieldPath path = PathOf("labels");
  path.steps.back().map_key = "a.b";

  EXPECT_EQ(path.text(), "labels.\"a.b\"");
}

TEST(ColumnFor, KnowsTypeAndNull) {
  EXPECT_EQ(ColumnFor(PathOf("count"), "c"),
            (Column{"c", ColumnType::kInteger, false}));
  EXPECT_EQ(ColumnFor(PathOf("rank"), "r"),
            (Column{"r", ColumnType::kInteger, true}));
  EXPECT_EQ(ColumnFor(PathOf("amount.units"), "u"),
            (Column{"u", ColumnType::kInteger, true}));
  EXPECT_EQ(ColumnFor(PathOf("score"), "s"),
            (Column{"s", ColumnType::kReal, true}));
  EXPECT_EQ(ColumnFor(PathOf("labels.tier"), "t"),
            (Column{"t", ColumnType::kText, true}));
}

}  // namespace
}  // namespace crm
