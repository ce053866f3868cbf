#include "shared/tabular/json_record.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ReadJsonLine, ReadsLineAfterLine) {
  absl::string_view content = "\n{\"a\":1}\r\n\n{\"b\":2}";
  const auto first = ReadJsonLine(content, false);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->text, "{\"a\":1}\r");
  content.remove_prefix(first->size);
  EXPECT_FALSE(ReadJsonLine(content, false).has_value());
  const auto last = ReadJsonLine(content, true);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->text, "{\"b\":2}");
  EXPECT_EQ(last->size, content.size());
  EXPECT_FALSE(ReadJsonLine("\r\n", true).has_value());
}

TEST(JsonColumns, GivesValuesAsText) {
  EXPECT_THAT(
      JsonColumns(R"({"a": "x", "n": 12, "f": 0.1, "b": true, "z": null,
                      "o": {"p": "q"}, "l": ["u", 2]})"),
      IsOkAndHolds(ElementsAre(
          Pair("a", "x"), Pair("b", "true"), Pair("f", "0.1"), Pair("l", "u;2"),
          Pair("n", "12"), Pair("o.p", "q"), Pair("z", ""))));
}

TEST(JsonColumns, RefusesWhatIsNoObject) {
  for (const char* text : {"", "[]", "1", "{", "{\"a\":1} x", "nonsense"}) {
    EXPECT_THAT(JsonColumns(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "MALFORMED_ROW"))
        << text;
  }
}

}  // namespace
}  // namespace crm
