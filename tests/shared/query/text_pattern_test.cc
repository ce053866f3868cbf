#include "shared/query/text_pattern.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"

namespace crm {
namespace {

// Returns the pattern that `text` is, without escapes.
TextPattern Pattern(const char* text) {
  return TextPattern(absl::StrSplit(text, '*'));
}

TEST(TextPattern, MatchesTheWholeText) {
  EXPECT_TRUE(Pattern("a*").Matches("a"));
  EXPECT_TRUE(Pattern("a*").Matches("abc"));
  EXPECT_FALSE(Pattern("a*").Matches("ba"));
  EXPECT_TRUE(Pattern("*a").Matches("ba"));
  EXPECT_FALSE(Pattern("*a").Matches("ab"));
  EXPECT_TRUE(Pattern("*").Matches(""));
  EXPECT_TRUE(Pattern("a*c").Matches("abc"));
  EXPECT_TRUE(Pattern("*b*").Matches("abc"));
}

TEST(TextPattern, UsesNoCharacterTwice) {
  EXPECT_FALSE(Pattern("ab*ba").Matches("aba"));
  EXPECT_TRUE(Pattern("ab*ba").Matches("abba"));
  EXPECT_FALSE(Pattern("*ab*b").Matches("ab"));
  EXPECT_FALSE(Pattern("*aa*aa*").Matches("aaa"));
  EXPECT_TRUE(Pattern("*ab*b").Matches("abb"));
}

TEST(TextPattern, FindsPiecesInOrder) {
  EXPECT_TRUE(Pattern("*a*b*a").Matches("xaxbxa"));
  EXPECT_FALSE(Pattern("*a*b*c*").Matches("cba"));
}

// A pattern that makes a backtracking matcher take exponential time.
TEST(TextPattern, TakesLittleTimeForManyWildcards) {
  std::vector<std::string> pieces(1000, "a");
  pieces.push_back("b");

  EXPECT_FALSE(TextPattern(pieces).Matches(std::string(100'000, 'a')));
}

TEST(AfterPrefix, RaisesTheLastCharacter) {
  EXPECT_EQ(AfterPrefix("ab"), "ac");
  EXPECT_EQ(AfterPrefix("a\x7F"), "a\xC2\x80");
  EXPECT_EQ(AfterPrefix("\xC3\xA9"), "\xC3\xAA");
  EXPECT_EQ(AfterPrefix("\xDF\xBF"), "\xE0\xA0\x80");
}

TEST(AfterPrefix, SkipsSurrogates) {
  EXPECT_EQ(AfterPrefix("\xED\x9F\xBF"), "\xEE\x80\x80");
}

TEST(AfterPrefix, RaisesTheCharacterBeforeTheLastCodePoint) {
  EXPECT_EQ(AfterPrefix("a\xF4\x8F\xBF\xBF"), "b");
  EXPECT_EQ(AfterPrefix("\xF4\x8F\xBF\xBF"), std::nullopt);
  EXPECT_EQ(AfterPrefix(""), std::nullopt);
}

}  // namespace
}  // namespace crm
