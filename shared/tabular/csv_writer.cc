#include "shared/tabular/csv_writer.h"

#include <csv.h>

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace crm {
namespace {

// What formulas begin with, in the widths that spreadsheets know; and what some
// of them skip before one.
constexpr absl::string_view kFormulaStarts[] = {
    "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};

// Whether `text` is a number with a sign, as phone numbers are too.
bool IsSignedNumber(absl::string_view text) {
  if (text.front() != '+' && text.front() != '-') return false;
  text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  const auto is_digit = [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  };
  return point > 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<long>(point),
                     is_digit) &&
         std::all_of(
             text.begin() + static_cast<long>(std::min(point + 1, text.size())),
             text.end(), is_digit);
}

}  // namespace

void AppendCsvRecord(const std::vector<std::string>& fields, char delimiter,
                     std::string& out) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out.push_back(delimiter);
    const std::string& field = fields[i];
    // Each character may be a quote, which is doubled.
    const size_t begin = out.size();
    out.resize(begin + 2 * field.size() + 2);
    out.resize(begin + csv_write(out.data() + begin, out.size() - begin,
                                 field.data(), field.size()));
  }
  out.append("\r\n");
}

std::string WithoutFormula(absl::string_view text) {
  const bool begins_as_one = std::any_of(
      std::begin(kFormulaStarts), std::end(kFormulaStarts),
      [&](absl::string_view start) { return absl::StartsWith(text, start); });
  if (!begins_as_one || IsSignedNumber(text)) return std::string(text);
  return absl::StrCat("'", text);
}

}  // namespace crm
