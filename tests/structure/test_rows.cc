#include "tests/structure/test_rows.h"

#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "re2/re2.h"

namespace crm::structure {
namespace {

constexpr char kHeader[] =
    "# Which tests show which row of the capability list, and which fault (F)\n"
    "# is survived. Made from their names by 'ninja rows'; a test compares it\n"
    "# with them.\n";

struct NamedTest {
  std::string path;
  std::string name;
};

// Adds the tests of `file`, found by `pattern`, whose groups make up the name.
void AddTests(const SourceFile& file, const RE2& pattern,
              std::vector<NamedTest>* tests) {
  re2::StringPiece rest(file.text);
  std::string suite;
  std::string name;
  if (pattern.NumberOfCapturingGroups() == 1) {
    while (RE2::FindAndConsume(&rest, pattern, &name)) {
      tests->push_back({file.path, name});
    }
    return;
  }
  while (RE2::FindAndConsume(&rest, pattern, &suite, &name)) {
    tests->push_back({file.path, absl::StrCat(suite, ".", name)});
  }
}

std::vector<NamedTest> TestsIn(const SourceFile& file) {
  static const auto* const kGoogleTest =
      new RE2(R"((?m)^(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\))");
  static const auto* const kNodeTest =
      new RE2(R"re((?m)^\s*(?:await )?(?:test|it)\(\s*['"`]([^'"`]+)['"`])re");
  std::vector<NamedTest> tests;
  if (!absl::StartsWith(file.path, "tests/")) return tests;
  if (absl::EndsWith(file.path, ".cc")) AddTests(file, *kGoogleTest, &tests);
  if (absl::EndsWith(file.path, ".mjs")) AddTests(file, *kNodeTest, &tests);
  return tests;
}

bool IsNumber(absl::string_view part) {
  return part.size() == 2 && absl::ascii_isdigit(part[0]) &&
         absl::ascii_isdigit(part[1]);
}

// Families whose rows are written with a dash; PAIN is what users of other
// systems suffer from.
bool IsDashedFamily(absl::string_view part) {
  static const auto* const families = new std::set<std::string, std::less<>>{
      "AN", "CO", "CY", "GX", "ID", "OP", "PE",
      "PF", "QC", "VB", "VM", "VP", "VS", "PAIN"};
  return families->count(part) > 0;
}

// Families whose rows are a letter and a number.
bool IsRowOfOneLetter(absl::string_view part) {
  return part.size() == 3 && absl::StrContains("ABCDEFK", part.substr(0, 1)) &&
         IsNumber(part.substr(1));
}

}  // namespace

std::vector<std::string> RowsOf(absl::string_view test_name) {
  const std::vector<std::string> parts =
      absl::StrSplit(test_name, absl::ByAnyChar("_-. ,:;()/"));
  std::vector<std::string> rows;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (IsRowOfOneLetter(parts[i])) {
      rows.push_back(parts[i]);
    } else if (i + 1 < parts.size() && IsDashedFamily(parts[i]) &&
               IsNumber(parts[i + 1])) {
      rows.push_back(absl::StrCat(parts[i], "-", parts[i + 1]));
    }
  }
  return rows;
}

std::string RowsText(const std::vector<SourceFile>& files) {
  std::set<std::string> lines;
  for (const SourceFile& file : files) {
    for (const NamedTest& test : TestsIn(file)) {
      for (const std::string& row : RowsOf(test.name)) {
        lines.insert(absl::StrCat(row, " ", test.path, " ", test.name, "\n"));
      }
    }
  }
  std::string text = kHeader;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace crm::structure
