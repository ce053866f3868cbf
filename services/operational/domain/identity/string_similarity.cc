#include "services/operational/domain/identity/string_similarity.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/query/utf8.h"

namespace crm::operational {
namespace {

constexpr double kPrefixScale = 0.1;
constexpr size_t kMaxPrefix = 4;
constexpr double kDateTypo = 0.9;
constexpr size_t kDateDigits = 8;
constexpr size_t kSoundexLength = 4;

// Returns the text's first characters, each with the bytes it has: two are
// equal if their bytes are. A byte that is no UTF-8 is a character of its own.
std::vector<absl::string_view> Characters(absl::string_view text) {
  std::vector<absl::string_view> characters;
  for (size_t begin = 0;
       begin < text.size() && characters.size() < kMaxComparedCharacters;) {
    size_t end = begin + 1;
    while (end < text.size() && IsUtf8Continuation(text[end])) ++end;
    characters.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return characters;
}

using Text = std::vector<absl::string_view>;

// Marks the characters that both have, at most half the longer text apart.
int MarkCommon(const Text& a, const Text& b, std::vector<bool>& in_a,
               std::vector<bool>& in_b) {
  const size_t longer = std::max(a.size(), b.size());
  const size_t window = longer / 2 > 0 ? longer / 2 - 1 : 0;
  int common = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t begin = i > window ? i - window : 0;
    const size_t end = std::min(b.size(), i + window + 1);
    for (size_t j = begin; j < end; ++j) {
      if (in_b[j] || a[i] != b[j]) continue;
      in_a[i] = in_b[j] = true;
      ++common;
      break;
    }
  }
  return common;
}

double Jaro(const Text& a, const Text& b) {
  std::vector<bool> in_a(a.size());
  std::vector<bool> in_b(b.size());
  const int common = MarkCommon(a, b, in_a, in_b);
  if (common == 0) return 0;
  int out_of_order = 0;
  for (size_t i = 0, j = 0; i < a.size(); ++i) {
    if (!in_a[i]) continue;
    while (!in_b[j]) ++j;
    if (a[i] != b[j++]) ++out_of_order;
  }
  const double c = common;
  return (c / static_cast<double>(a.size()) +
          c / static_cast<double>(b.size()) + (c - out_of_order / 2.0) / c) /
         3;
}

// Three rows of the table of distances between all prefixes are enough.
int EditDistance(const Text& a, const Text& b, bool transpositions) {
  std::vector<int> before_last(b.size() + 1);
  std::vector<int> last(b.size() + 1);
  std::vector<int> current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) current[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, current);
    current[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replaced});
      if (transpositions && i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
          a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
  }
  return current[b.size()];
}

double EditSimilarity(absl::string_view a, absl::string_view b,
                      bool transpositions) {
  if (a == b) return 1;
  const Text first = Characters(a);
  const Text second = Characters(b);
  const size_t longer = std::max(first.size(), second.size());
  return 1 - EditDistance(first, second, transpositions) /
                 static_cast<double>(longer);
}

bool IsDate(absl::string_view text) {
  return text.size() == kDateDigits &&
         absl::c_all_of(text, absl::ascii_isdigit);
}

// Whether it is a date, or one with a digit too many or too few.
bool IsNearlyDate(absl::string_view text) {
  return text.size() + 1 >= kDateDigits && text.size() <= kDateDigits + 1 &&
         absl::c_all_of(text, absl::ascii_isdigit);
}

bool AreSwapped(absl::string_view a, absl::string_view b) {
  return IsDate(a) && IsDate(b) &&
         absl::StrCat(a.substr(0, 4), a.substr(6, 2), a.substr(4, 2)) == b;
}

// The digit that a letter sounds like, '0' for a vowel, '-' for h and w, which
// do not part what stands around them.
char SoundOf(char letter) {
  static constexpr absl::string_view kSounds = "01230120022455012623010202";
  if (letter == 'h' || letter == 'w') return '-';
  return kSounds[static_cast<size_t>(letter - 'a')];
}

}  // namespace

double JaroWinklerSimilarity(absl::string_view a, absl::string_view b) {
  if (a == b) return 1;
  const Text first = Characters(a);
  const Text second = Characters(b);
  const double jaro = Jaro(first, second);
  size_t prefix = 0;
  while (prefix < std::min({kMaxPrefix, first.size(), second.size()}) &&
         first[prefix] == second[prefix]) {
    ++prefix;
  }
  return jaro + static_cast<double>(prefix) * kPrefixScale * (1 - jaro);
}

int LevenshteinDistance(absl::string_view a, absl::string_view b) {
  return EditDistance(Characters(a), Characters(b), /*transpositions=*/false);
}

int DamerauDistance(absl::string_view a, absl::string_view b) {
  return EditDistance(Characters(a), Characters(b), /*transpositions=*/true);
}

double LevenshteinSimilarity(absl::string_view a, absl::string_view b) {
  return EditSimilarity(a, b, /*transpositions=*/false);
}

double DamerauSimilarity(absl::string_view a, absl::string_view b) {
  return EditSimilarity(a, b, /*transpositions=*/true);
}

double DateSimilarity(absl::string_view a, absl::string_view b) {
  const std::string first = absl::StrReplaceAll(a, {{"-", ""}});
  const std::string second = absl::StrReplaceAll(b, {{"-", ""}});
  if (!IsNearlyDate(first) || !IsNearlyDate(second)) return a == b ? 1 : 0;
  if (first == second) return 1;
  return AreSwapped(first, second) || DamerauDistance(first, second) == 1
             ? kDateTypo
             : 0;
}

std::string Soundex(absl::string_view word) {
  std::string code;
  char last = '0';
  for (const char c : word) {
    const char letter = absl::ascii_tolower(static_cast<unsigned char>(c));
    if (!absl::ascii_islower(static_cast<unsigned char>(letter))) continue;
    const char sound = SoundOf(letter);
    if (code.empty()) {
      code.push_back(absl::ascii_toupper(static_cast<unsigned char>(letter)));
    } else if (sound != '0' && sound != '-' && sound != last) {
      code.push_back(sound);
      if (code.size() == kSoundexLength) break;
    }
    if (sound != '-') last = sound;
  }
  if (!code.empty()) code.resize(kSoundexLength, '0');
  return code;
}

}  // namespace crm::operational
