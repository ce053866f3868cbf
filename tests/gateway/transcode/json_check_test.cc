#include "gateway/transcode/json_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/order.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Status Check(absl::string_view json) {
  return CheckJson(json, *operational::v1::Order::descriptor());
}

std::string Repeat(absl::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) absl::StrAppend(&result, text);
  return result;
}

TEST(CheckJson, AcceptsWhatRfc8259Knows) {
  for (const char* json :
       {"{}", " {\n\t\"orderNumber\" : null }\r\n",
        R"({"orderNumber":"a\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"})",
        R"({"lines":[{"unitPrice":{"units":"-0"}},{}],"etag":"x"})",
        R"({"lines":[-0.5e+10, 1E3, 0, true, false, [], {}]})",
        R"({"create_time":"2017-01-01T00:00:00Z"})"}) {
    SCOPED_TRACE(json);
    EXPECT_THAT(Check(json), IsOk());
  }
}

TEST(CheckJson, RefusesWhatProtobufWouldTake) {
  for (const char* json : {"{'etag':'x'}",
                           "{etag:\"x\"}",
                           "{\"etag\":\"x\",}",
                           "{\"lines\":[1,]}",
                           "{\"etag\":'x'}",
                           "{\"etag\":\"x\"} {}",
                           "{\"etag\":\"x\"}x",
                           "{\"etag\":\"a\\u0000b\"}",
                           "{\"etag\":\"\\ud800\"}",
                           "{\"etag\":\"\\udc00\\ud800\"}",
                           "{\"etag\":\"\\ud800\\u0041\"}",
                           "{\"etag\":\"\x01\"}",
                           "{\"etag\":\"\xff\"}",
                           "{\"etag\":\"\\x41\"}",
                           "{\"etag\":01}",
                           "{\"etag\":1.}",
                           "{\"etag\":.5}",
                           "{\"etag\":+1}",
                           "{\"etag\":1e}",
                           "{\"etag\":NaN}",
                           "{\"etag\":Infinity}",
                           "{\"etag\":undefined}",
                           "{\"etag\":tru}",
                           "{\"etag\"}",
                           "{\"etag\":}",
                           "{\"etag\" \"x\"}",
                           "{,}",
                           "{",
                           "}",
                           "",
                           "  ",
                           "[]",
                           "1",
                           "\"x\"",
                           "null",
                           "{\"etag\":\"x",
                           "// c\n{}",
                           "{/**/}",
                           "\xEF\xBB\xBF{}"}) {
    SCOPED_TRACE(json);
    EXPECT_THAT(Check(json),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_JSON"));
  }
}

TEST(CheckJson, TellsLineAndColumn) {
  EXPECT_THAT(Check("{\n  \"etag\": oops}").message(),
              HasSubstr("line 2, column 11"));
}

TEST(CheckJson, ListsUnknownAndRepeatedKeysByTheirPath) {
  const absl::Status status = CheckJson(
      R"({"nope":{"a":1}, "lines":[{}, {"unitPrice":{"cents":1}}],
          "createTime":"x", "create_time":"y"})",
      *operational::v1::Order::descriptor(), "order");

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      FieldViolations(status),
      ElementsAre(
          ::testing::Field(&FieldViolation::field, "order.nope"),
          ::testing::Field(&FieldViolation::field,
                           "order.lines[1].unit_price.cents"),
          ::testing::Field(&FieldViolation::field, "order.create_time")));
}

TEST(CheckJson, TakesAnyKeyOfAMapButNoneTwice) {
  EXPECT_THAT(Check(R"({"labels":{"a_b":"1","aB":"2"}})"), IsOk());
  EXPECT_THAT(Check(R"({"labels":{"a":"1","\u0061":"2"}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(CheckJson, HoldsItsDepth) {
  const auto nested = [](int depth) {
    return absl::StrCat("{\"lines\":", Repeat("[", depth - 1),
                        Repeat("]", depth - 1), "}");
  };

  EXPECT_THAT(Check(nested(kMaxJsonDepth)), IsOk());
  EXPECT_THAT(Check(nested(kMaxJsonDepth + 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_JSON"));
  EXPECT_THAT(Check("{\"lines\":" + Repeat("[", 500'000)),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_JSON"));
}

TEST(CheckJson, HoldsItsTokens) {
  // The key and its array are two tokens.
  const auto list = [](int values) {
    return absl::StrCat("{\"lines\":[1", Repeat(",1", values - 1), "]}");
  };

  EXPECT_THAT(Check(list(kMaxJsonTokens - 2)), IsOk());
  EXPECT_THAT(Check(list(kMaxJsonTokens - 1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_JSON"));
}

}  // namespace
}  // namespace crm::gateway
