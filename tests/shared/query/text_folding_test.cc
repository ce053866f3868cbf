#include "shared/query/text_folding.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace crm {
namespace {

struct FoldCase {
  const char* name;
  const char* text;
  const char* folded;
};

void PrintTo(const FoldCase& c, std::ostream* out) { *out << c.name; }

class FoldTextTable : public ::testing::TestWithParam<FoldCase> {};

TEST_P(FoldTextTable, AsExpected) {
  EXPECT_EQ(FoldText(GetParam().text), GetParam().folded);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, FoldTextTable,
    ::testing::Values(
        FoldCase{"Empty", "", ""}, FoldCase{"Case", "SMITH", "smith"},
        FoldCase{"FullCase", "Stra\u00DFe", "strasse"},
        FoldCase{"Accents", "M\u00FCller \u00C9mile", "muller emile"},
        FoldCase{"AccentsApart", "Mu\u0308ller", "muller"},
        FoldCase{"Ligature", "\uFB01ls", "fils"},
        FoldCase{"Width", "\uFF21\uFF22\uFF23\uFF11", "abc1"},
        FoldCase{"MathematicalLetters", "\U0001D400\U0001D41B", "ab"},
        FoldCase{"RomanNumeral", "\u2163", "iv"},
        FoldCase{"CyrillicLookAlikes", "\u0421\u041E\u0420\u0410", "copa"},
        FoldCase{"CyrillicLowerCase", "\u0441\u043E\u0440\u0430", "copa"},
        FoldCase{"GreekLookAlikes", "\u0391\u03A4\u039F", "ato"},
        FoldCase{"OneLetterOfAnotherScript", "p\u0430ypal", "paypal"},
        FoldCase{"NoLookAlike", "\u0414\u0436", "\u0434\u0436"},
        FoldCase{"OtherScripts", "\u5C71\u7530", "\u5C71\u7530"},
        // A digit is not taken for the letter that it looks like.
        FoldCase{"Digits", "0123 l1 rn", "0123 l1 rn"},
        FoldCase{"Punctuation", "a.b@c-d'e +49", "a.b@c-d'e +49"},
        FoldCase{"Spaces", "  a \t\n b\u00A0c  ", "a b c"},
        FoldCase{"ControlCharacters",
                 "a\x01"
                 "b\u200Bc",
                 "a bc"},
        FoldCase{"NotUtf8",
                 "a\xFF"
                 "b",
                 "a\uFFFD"
                 "b"}),
    [](const auto& info) { return std::string(info.param.name); });

// Capital and small letters of a script fold alike, whatever they look like.
TEST(FoldText, FoldsCapitalsLikeSmallLetters) {
  EXPECT_EQ(FoldText("\u041C\u041E\u0421\u041A\u0412\u0410"),
            FoldText("\u043C\u043E\u0441\u043A\u0432\u0430"));
  EXPECT_EQ(FoldText("\u039D\u0399\u039A\u0397"),
            FoldText("\u03BD\u03B9\u03BA\u03B7"));
}

TEST(FoldText, FoldsAsciiAloneAsBesideOtherText) {
  for (char c = 0; c < 0x7F; ++c) {
    const std::string text = absl::StrCat("A", std::string(1, c), "Z");

    EXPECT_EQ(absl::StrCat(FoldText(text), "e"),
              FoldText(absl::StrCat(text, "\u00C9")))
        << int{c};
  }
}

TEST(FoldText, FoldsWhatIsFoldedToItself) {
  for (const char* text :
       {"M\u00FCller & \uFB01ls", "\u0421\u041E\u0420\u0410 \u2163",
        "\u0130stanbul", "\u1E9E", "\uAC00\uAC01"}) {
    const std::string folded = FoldText(text);

    EXPECT_EQ(FoldText(folded), folded);
  }
}

}  // namespace
}  // namespace crm
