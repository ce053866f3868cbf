// How much two texts are alike, and how they sound.
//
// Texts are UTF-8, already folded (NameKey), and compared by character. Only
// the first kMaxComparedCharacters of each count, so that a comparison costs a
// bounded time. The measures are small and standard; Debian 12 has no C++
// library of them. Pure functions, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_STRING_SIMILARITY_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_STRING_SIMILARITY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace crm::operational {

inline constexpr size_t kMaxComparedCharacters = 128;

// Returns the measure of Winkler (1990, "String Comparator Metrics and Enhanced
// Decision Rules in the Fellegi-Sunter Model of Record Linkage"): that of Jaro,
// and a tenth of what lacks for each of up to four common first characters.
// From 0 (nothing in common) to 1 (equal).
//
//   ("martha", "marhta") -> 0.961
double JaroWinklerSimilarity(absl::string_view a, absl::string_view b);

// Returns the least number of characters to insert, delete or replace
// (Levenshtein 1966).
int LevenshteinDistance(absl::string_view a, absl::string_view b);

// The same, where two neighbours in the wrong order are one error and no
// character is touched twice (optimal string alignment; Damerau 1964).
int DamerauDistance(absl::string_view a, absl::string_view b);

// Returns 1 less the distance's share of the longer text; 1 for two empty ones.
double LevenshteinSimilarity(absl::string_view a, absl::string_view b);
double DamerauSimilarity(absl::string_view a, absl::string_view b);

// Returns 1 for equal dates, 0.9 if one digit is wrong, lacks or is too many,
// or two neighbours are swapped or day and month are, else 0. Dates have the
// form YYYYMMDD or YYYY-MM-DD; other texts are alike only if they are equal.
double DateSimilarity(absl::string_view a, absl::string_view b);

// Returns the American Soundex code of a word (Russell 1918; Knuth, The Art of
// Computer Programming 3, 6), or "" for one without Latin letters.
//
//   "robert" -> "R163"
std::string Soundex(absl::string_view word);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_STRING_SIMILARITY_H_
