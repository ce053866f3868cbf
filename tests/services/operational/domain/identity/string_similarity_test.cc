#include "services/operational/domain/identity/string_similarity.h"

#include <string>

#include "gtest/gtest.h"

namespace crm::operational {
namespace {

struct Likeness {
  const char* a;
  const char* b;
  double expected;
};

// Figures of Winkler (1990) and (1994), table 1.
TEST(JaroWinklerSimilarity, GivesThePublishedFigures) {
  constexpr Likeness kCases[] = {
      {"martha", "marhta", 0.961},
      {"dwayne", "duane", 0.840},
      {"dixon", "dicksonx", 0.813},
      {"shackleford", "shackelford", 0.982},
      {"jones", "johnson", 0.832},
      {"massey", "massie", 0.933},
      {"abroms", "abrams", 0.922},
      {"itman", "smith", 0.467},
      {"", "", 1},
      {"", "ada", 0},
      {"ada", "ada", 1},
      {"abc", "xyz", 0},
  };
  for (const Likeness& test : kCases) {
    SCOPED_TRACE(test.a);
    EXPECT_NEAR(JaroWinklerSimilarity(test.a, test.b), test.expected, 0.0006);
  }
}

struct Distance {
  const char* a;
  const char* b;
  int levenshtein;
  int damerau;
};

TEST(EditDistance, CountsErrors) {
  constexpr Distance kCases[] = {
      {"kitten", "sitting", 3, 3},
      {"", "ada", 3, 3},
      {"ada", "ada", 0, 0},
      {"ab", "ba", 2, 1},
      // No character is touched twice: the true Damerau distance is 2.
      {"ca", "abc", 3, 3},
      {"19810412", "19810421", 2, 1},
      // Two characters of two bytes each.
      {"\xC3\xBC\xC3\xA4", "\xC3\xA4\xC3\xBC", 2, 1},
  };
  for (const Distance& test : kCases) {
    SCOPED_TRACE(test.a);
    EXPECT_EQ(LevenshteinDistance(test.a, test.b), test.levenshtein);
    EXPECT_EQ(LevenshteinDistance(test.b, test.a), test.levenshtein);
    EXPECT_EQ(DamerauDistance(test.a, test.b), test.damerau);
    EXPECT_EQ(DamerauDistance(test.b, test.a), test.damerau);
  }
}

TEST(EditSimilarity, IsAShareOfTheLongerText) {
  EXPECT_DOUBLE_EQ(LevenshteinSimilarity("kitten", "sitting"), 1 - 3.0 / 7);
  EXPECT_DOUBLE_EQ(DamerauSimilarity("ab", "ba"), 0.5);
  EXPECT_DOUBLE_EQ(LevenshteinSimilarity("", ""), 1);
  EXPECT_DOUBLE_EQ(LevenshteinSimilarity("ada", ""), 0);
}

TEST(StringSimilarity, LooksAtABoundedPartOfLongTexts) {
  const std::string a(1'000'000, 'a');
  const std::string b(1'000'000, 'b');

  EXPECT_EQ(LevenshteinDistance(a, b),
            static_cast<int>(kMaxComparedCharacters));
  EXPECT_EQ(JaroWinklerSimilarity(a, b), 0);
}

TEST(DateSimilarity, TellsSlipsFromOtherDates) {
  constexpr Likeness kCases[] = {
      {"19810412", "1981-04-12", 1}, {"1981-04-12", "1981-12-04", 0.9},
      {"19810412", "19810413", 0.9}, {"19810412", "18910412", 0.9},
      {"19810412", "19820413", 0},   {"1981", "1982", 0},
      {"19810412", "1981041", 0.9},  {"198110412", "19810412", 0.9},
      {"19810412", "198104", 0},     {"198110412", "1981-12-04", 0},
      {"unknown", "unknown", 1},     {"19810412", "", 0},
  };
  for (const Likeness& test : kCases) {
    SCOPED_TRACE(test.b);
    EXPECT_DOUBLE_EQ(DateSimilarity(test.a, test.b), test.expected);
  }
}

// Examples of Knuth and of the National Archives.
TEST(Soundex, GivesThePublishedCodes) {
  constexpr const char* kCases[][2] = {
      {"robert", "R163"},
      {"Rupert", "R163"},
      {"rubin", "R150"},
      {"ashcraft", "A261"},
      {"tymczak", "T522"},
      {"pfister", "P236"},
      {"honeyman", "H555"},
      {"euler", "E460"},
      {"lee", "L000"},
      {"o brien", "O165"},
      {"", ""},
      {"123", ""},
      {"\xE5\xB1\xB1", ""},
      {"gutierrez", "G362"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Soundex(test[0]), test[1]) << test[0];
  }
}

}  // namespace
}  // namespace crm::operational
