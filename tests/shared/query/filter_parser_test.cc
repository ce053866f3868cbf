#include "shared/query/filter_parser.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "shared/query/filter.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

// Writes `node` with all its structure: `a = 1 b = 2` is `and(a=1,b=2)`.
std::string Describe(const FilterNode& node) {
  static constexpr const char* kComparators[] = {":",  "=", "!=", "<",
                                                 "<=", ">", ">="};
  if (node.kind == FilterNode::Kind::kRestriction) {
    const std::string path =
        absl::StrJoin(node.restriction.path, ".",
                      [](std::string* out, const FilterText& part) {
                        out->append(part.joined());
                      });
    const FilterText& value = node.restriction.value;
    // Wildcards show as %, so that escaped `*` can be told from them.
    return absl::StrCat(
        path, kComparators[static_cast<int>(node.restriction.comparator)],
        value.quoted ? "'" : "", absl::StrJoin(value.pieces, "%"),
        value.quoted ? "'" : "");
  }
  const char* name = node.kind == FilterNode::Kind::kAnd  ? "and"
                     : node.kind == FilterNode::Kind::kOr ? "or"
                                                          : "not";
  return absl::StrCat(
      name, "(",
      absl::StrJoin(node.children, ",",
                    [](std::string* out, const FilterNode& child) {
                      out->append(Describe(child));
                    }),
      ")");
}

absl::StatusOr<std::string> ParseAndDescribe(absl::string_view text) {
  const FilterSource source{text, "filter"};
  const absl::StatusOr<std::optional<FilterNode>> node = ParseFilter(source);
  if (!node.ok()) return node.status();
  return node->has_value() ? Describe(**node) : "";
}

struct ParseCase {
  const char* name;
  std::string text;
  std::string expected;
};

void PrintTo(const ParseCase& c, std::ostream* out) { *out << c.name; }

class ParseFilterStructure : public ::testing::TestWithParam<ParseCase> {};

TEST_P(ParseFilterStructure, IsAsExpected) {
  EXPECT_THAT(ParseAndDescribe(GetParam().text),
              ::crm::testing::IsOkAndHolds(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ParseFilterStructure,
    ::testing::Values(
        ParseCase{"Empty", "", ""}, ParseCase{"Blank", " \t\r\n ", ""},
        ParseCase{"OrBindsTighterThanAnd", "a=1 AND b=2 OR c=3",
                  "and(a=1,or(b=2,c=3))"},
        ParseCase{"OrFirst", "a=1 OR b=2 AND c=3", "and(or(a=1,b=2),c=3)"},
        ParseCase{"SequenceMeansAnd", "a=1 b=2 OR c=3 d=4",
                  "and(a=1,or(b=2,c=3),d=4)"},
        ParseCase{"ParenthesesGroup", "(a=1 AND b=2) OR c=3",
                  "or(and(a=1,b=2),c=3)"},
        ParseCase{"ParenthesesVanish", "((a=1))", "a=1"},
        ParseCase{"NotBindsTightest", "NOT a=1 OR b=2", "or(not(a=1),b=2)"},
        ParseCase{"MinusIsNot", "-a=1 -(b=2)", "and(not(a=1),not(b=2))"},
        ParseCase{"NotParenthesis", "NOT(a=1)", "not(a=1)"},
        ParseCase{"DoubleNegation", "NOT -a=1", "not(not(a=1))"},
        ParseCase{"Comparators", "a=1 b!=1 c<1 d<=1 e>1 f>=1 g:1",
                  "and(a=1,b!=1,c<1,d<=1,e>1,f>=1,g:1)"},
        ParseCase{"SpacesAroundComparators", "a = 1 b\t!=\n1", "and(a=1,b!=1)"},
        ParseCase{"Path", "a.b.c=1", "a.b.c=1"},
        ParseCase{"QuotedPathPart", "labels.\"x y.z\":1", "labels.x y.z:1"},
        ParseCase{"KeywordAsField", "a.AND=1", "a.AND=1"},
        ParseCase{"KeywordAsValue", "a=AND AND b=NOT", "and(a=AND,b=NOT)"},
        ParseCase{"NegativeValue", "a=-5 b>-2.5e3", "and(a=-5,b>-2.5e3)"},
        ParseCase{"BareTime", "t>2024-05-01T10:00:00.5+02:00",
                  "t>2024-05-01T10:00:00.5+02:00"},
        ParseCase{"BareName", "n=customers/42 (m=a@b.c)",
                  "and(n=customers/42,m=a@b.c)"},
        ParseCase{"BareUtf8", "n=\xC3\xA9t\xC3\xA9", "n=\xC3\xA9t\xC3\xA9"},
        ParseCase{"Wildcards", "n=*a*b", "n=%a%b"},
        ParseCase{"QuotedWildcard", "n=\"a*\"", "n='a%'"},
        ParseCase{"EscapedWildcard", "n=\"a\\*b*\"", "n='a*b%'"},
        ParseCase{"SingleQuotes", "n='a \"b\" c'", "n='a \"b\" c'"},
        ParseCase{"Escapes", "n=\"\\\"\\'\\\\\\n\\t\\r\\u00e9\\u20AC\"",
                  "n='\"'\\\n\t\r\xC3\xA9\xE2\x82\xAC'"},
        ParseCase{"EmptyString", "n=\"\"", "n=''"}),
    [](const auto& info) { return std::string(info.param.name); });

class ParseFilterError : public ::testing::TestWithParam<ParseCase> {};

TEST_P(ParseFilterError, NamesTheProblemAndTheColumn) {
  const absl::StatusOr<std::string> result = ParseAndDescribe(GetParam().text);

  ASSERT_THAT(result,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(result.status()),
              ElementsAre(FieldViolation{"filter", GetParam().expected}));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ParseFilterError,
    ::testing::Values(
        ParseCase{"BareWord", "acme",
                  "A comparator and a value, as in '= x', must follow 'acme' "
                  "at column 1."},
        ParseCase{"BareString", "a=1 \"x y\"",
                  "A comparator and a value, as in '= x', must follow 'x y' "
                  "at column 5."},
        ParseCase{"LowerCaseKeyword", "a=1 and b=2",
                  "Write AND in upper case at column 5."},
        ParseCase{"Function", "a=1 f(x)",
                  "Function calls are not supported at column 6."},
        ParseCase{"FunctionAsValue", "a=now()",
                  "Function calls are not supported at column 6."},
        ParseCase{"QualifiedFunction", "math.abs(a)",
                  "Function calls are not supported at column 9."},
        ParseCase{"ValueGroup", "a=(1 2)",
                  "A parenthesis cannot be a value; repeat the field at "
                  "column 3."},
        ParseCase{"MissingValue", "a=", "A value is missing at column 3."},
        ParseCase{"MissingValueInParenthesis", "(a=)",
                  "A value is missing at column 4."},
        ParseCase{"MissingField", "=1",
                  "A restriction is missing at column 1."},
        ParseCase{"MissingPart", "a.=1",
                  "A field name is missing at column 3."},
        ParseCase{"TrailingAnd", "a=1 AND",
                  "A restriction is missing at column 8."},
        ParseCase{"LeadingAnd", "AND a=1",
                  "A restriction is missing at column 1."},
        ParseCase{"TwoOperators", "a=1 AND OR b=2",
                  "A restriction is missing at column 9."},
        ParseCase{"EmptyParenthesis", "()",
                  "A restriction is missing at column 2."},
        ParseCase{"Unopened", "a=1)",
                  "Nothing opens the parenthesis at column 4."},
        ParseCase{"Unclosed", "b=2 (a=1",
                  "Nothing closes the parenthesis at column 5."},
        ParseCase{"UnendedString", "a=\"x",
                  "A string without its closing quote at column 3."},
        ParseCase{"StringEndsInEscape", "a=\"x\\",
                  "An unknown escape in a string at column 5."},
        ParseCase{"UnknownEscape", "a=\"\\q\"",
                  "An unknown escape in a string at column 4."},
        ParseCase{"ShortUnicodeEscape", "a=\"\\u12\"",
                  "An unknown escape in a string at column 4."},
        ParseCase{"Surrogate", "a=\"\\ud800\"",
                  "An unknown escape in a string at column 4."},
        ParseCase{"EscapedZero", "a=\"\\u0000\"",
                  "An unknown escape in a string at column 4."},
        ParseCase{"Zero", std::string("a=\"x\0y\"", 7),
                  "A zero character is not allowed at column 5."},
        ParseCase{"BadUtf8", "a=\"\xC3\xA9\xFF\"",
                  "The text is not valid UTF-8 at column 5."},
        ParseCase{"ColumnCountsCharacters", "a=\"\xC3\xA9\xC3\xA9\" ?",
                  "A comparator and a value, as in '= x', must follow '?' at "
                  "column 8."},
        ParseCase{"ControlCharacter", "a=1 \x01",
                  "Unexpected '\\001' at column 5."},
        ParseCase{"LoneExclamation", "a!1", "Unexpected '!' at column 2."},
        ParseCase{"DoubleEquals", "a==1", "Unexpected '=' at column 3."},
        ParseCase{"ChainedComparators", "a=1=2",
                  "A space is missing after the value at column 4."},
        ParseCase{"GluedStrings", "a=\"x\"\"y\"",
                  "A space is missing after the value at column 6."}),
    [](const auto& info) { return std::string(info.param.name); });

std::string Repeat(absl::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) absl::StrAppend(&out, text);
  return out;
}

TEST(ParseFilter, AcceptsWhatIsJustWithinTheLimits) {
  const size_t depth = kMaxFilterDepth;
  const size_t nodes = kMaxFilterNodes;
  EXPECT_THAT(ParseAndDescribe(Repeat("(", depth) + "a=1" + Repeat(")", depth)),
              IsOk());
  EXPECT_THAT(ParseAndDescribe(Repeat("-", depth) + "a=1"), IsOk());
  EXPECT_THAT(ParseAndDescribe(Repeat("a=1 ", nodes)), IsOk());
  EXPECT_THAT(
      ParseAndDescribe("a" + Repeat(".a", kMaxFilterPathParts - 1) + "=1"),
      IsOk());
  EXPECT_THAT(ParseAndDescribe("a=" + std::string(kMaxFilterBytes - 2, 'x')),
              IsOk());
}

TEST(ParseFilter, RefusesWhatIsBeyondTheLimits) {
  const std::vector<std::string> hostile = {
      Repeat("(", kMaxFilterDepth + 1) + "a=1" +
          Repeat(")", kMaxFilterDepth + 1),
      Repeat("-", kMaxFilterDepth + 1) + "a=1",
      Repeat("NOT (", kMaxFilterDepth / 2 + 1) + "a=1" +
          Repeat(")", kMaxFilterDepth / 2 + 1),
      Repeat("(", 4000),
      Repeat("-", 4000),
      Repeat("NOT ", 1000) + "a=1",
      Repeat("-(", 2000),
      Repeat("a=1 ", kMaxFilterNodes + 1),
      Repeat("a=1 OR ", 500) + "a=1",
      "a" + Repeat(".a", kMaxFilterPathParts) + "=1",
      "a=" + std::string(kMaxFilterBytes - 1, 'x'),
      std::string(5 * 1024, ' '),
      std::string(5 * 1024, '\xFF')};
  for (const std::string& text : hostile) {
    EXPECT_THAT(ParseAndDescribe(text),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"))
        << text.substr(0, 40);
  }
}

// Every prefix and every one-byte change of a good filter is parsed or refused,
// never anything else.
TEST(ParseFilter, SurvivesDamagedText) {
  const std::string good =
      "NOT (a.b=\"x\\u00e9*\" OR -c:*) AND t >= 2024-05-01T10:00:00Z d!='\\*'";
  for (size_t i = 0; i < good.size(); ++i) {
    ParseAndDescribe(good.substr(0, i)).IgnoreError();
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = good;
      damaged[i] = static_cast<char>(byte);
      const absl::StatusOr<std::string> result = ParseAndDescribe(damaged);
      if (!result.ok()) {
        ASSERT_THAT(result, StatusIs(absl::StatusCode::kInvalidArgument,
                                     "BAD_REQUEST"));
      }
    }
  }
}

}  // namespace
}  // namespace crm
