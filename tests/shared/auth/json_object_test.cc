#include "shared/auth/json_object.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace crm {
namespace {

// {"a":{"a":...{}}} with `depth` objects.
std::string Nested(int depth) {
  std::string text = "{}";
  for (int i = 1; i < depth; ++i) text = absl::StrCat("{\"a\":", text, "}");
  return text;
}

TEST(ParseJsonObject, ReadsAnObject) {
  const auto object = ParseJsonObject(R"( {"a": [1, {"a": "x"}], "b": null} )");

  ASSERT_TRUE(object.has_value());
  EXPECT_EQ((*object)["a"][1]["a"], "x");
}

TEST(ParseJsonObject, RefusesRepeatedNamesAtAnyDepth) {
  EXPECT_FALSE(ParseJsonObject(R"({"a":1,"a":1})").has_value());
  EXPECT_FALSE(ParseJsonObject(R"({"a":1,"\u0061":2})").has_value());
  EXPECT_FALSE(ParseJsonObject(R"({"x":[{"a":1,"b":{},"a":2}]})").has_value());
  EXPECT_TRUE(ParseJsonObject(R"({"a":{"a":1},"b":{"a":1}})").has_value());
}

TEST(ParseJsonObject, RefusesOneLevelTooDeep) {
  EXPECT_TRUE(ParseJsonObject(Nested(kMaxJsonDepth)).has_value());
  EXPECT_FALSE(ParseJsonObject(Nested(kMaxJsonDepth + 1)).has_value());
  EXPECT_FALSE(ParseJsonObject(std::string(50'000, '[')).has_value());
}

TEST(ParseJsonObject, RefusesWhatIsNoObject) {
  for (const absl::string_view bad :
       {"", "1", "[]", "\"a\"", "null", "{", "{}{}", "{\"a\":1,}", "{a:1}",
        "{'a':1}", "{\"a\":\"\xff\"}", "{\"a\":\"\n\"}", "{\"a\":01}", "{} x",
        "// c\n{}"}) {
    EXPECT_FALSE(ParseJsonObject(bad).has_value()) << bad;
  }
  EXPECT_FALSE(ParseJsonObject(absl::string_view("{}\0", 3)).has_value());
}

TEST(FindString, FindsTextOnly) {
  const auto object = ParseJsonObject(R"({"text":"x","number":1,"none":null})");

  EXPECT_EQ(FindString(*object, "text"), "x");
  EXPECT_EQ(FindString(*object, "number"), std::nullopt);
  EXPECT_EQ(FindString(*object, "none"), std::nullopt);
  EXPECT_EQ(FindString(*object, "absent"), std::nullopt);
}

}  // namespace
}  // namespace crm
