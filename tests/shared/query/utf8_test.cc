#include "shared/query/utf8.h"

#include <string>

#include "gmock/gmock.h"

namespace crm {
namespace {

TEST(Utf8, GivesBackEveryCharacter) {
  for (uint32_t code_point = 0; code_point <= kLastCodePoint; ++code_point) {
    if (IsSurrogate(code_point)) continue;
    std::string text = "x";
    AppendUtf8(code_point, text);
    ASSERT_EQ(FindInvalidUtf8(text), absl::string_view::npos) << code_point;

    absl::string_view rest = text;
    ASSERT_EQ(PopUtf8(rest), code_point);
    ASSERT_EQ(rest, "x");
  }
}

TEST(FindInvalidUtf8, FindsWhatIsNotUtf8) {
  for (const std::string& bad :
       {std::string("\x80"), std::string("\xC0\x80"), std::string("\xC3"),
        std::string("\xE0\x80\x80"), std::string("\xE2\x82"),
        std::string("\xED\xA0\x80"), std::string("\xF0\x80\x80\x80"),
        std::string("\xF4\x90\x80\x80"), std::string("\xF5\x80\x80\x80"),
        std::string("\xFF"), std::string("\xC3x")}) {
    EXPECT_EQ(FindInvalidUtf8("ab" + bad), 2U);
  }
}

}  // namespace
}  // namespace crm
