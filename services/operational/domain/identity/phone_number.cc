#include "services/operational/domain/identity/phone_number.h"

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"
#include "shared/query/utf8.h"

namespace crm::operational {
namespace {

using ::i18n::phonenumbers::PhoneNumberUtil;

// The library's name for no region.
constexpr char kUnknownRegion[] = "ZZ";
// Fewer digits without a plus sign may be a number within some country.
constexpr int64_t kMinDigitsWithoutPlus = 11;
// E.164, 6.1.
constexpr size_t kMaxE164Bytes = 16;

constexpr char kNoNumber[] =
    "must be a phone number with its country code, such as '+14155550100'.";

// Says the country of a number of no region in the one way the library takes.
std::string WithPlus(absl::string_view text) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "00")) return absl::StrCat("+", rest);
  const absl::string_view number = text.substr(0, text.find_first_of("xX;,#"));
  const auto digits =
      std::count_if(number.begin(), number.end(),
                    [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (absl::StrContains(text, '+') || digits < kMinDigitsWithoutPlus) {
    return std::string(text);
  }
  return absl::StrCat("+", text);
}

// Whether a number in E.164 is read as itself. After a zero to be left out, as
// in "+49 (0)0 123", there may be another, which would be left out later.
bool IsReadAsItself(const PhoneNumberUtil& plans, const std::string& e164) {
  i18n::phonenumbers::PhoneNumber parsed;
  if (plans.Parse(e164, kUnknownRegion, &parsed) !=
      PhoneNumberUtil::NO_PARSING_ERROR) {
    return false;
  }
  std::string again;
  plans.Format(parsed, PhoneNumberUtil::E164, &again);
  return again == e164 && plans.IsPossibleNumberWithReason(parsed) ==
                              PhoneNumberUtil::IS_POSSIBLE;
}

}  // namespace

absl::StatusOr<PhoneNumber> NormalizePhone(absl::string_view text,
                                           absl::string_view region,
                                           absl::string_view field) {
  const absl::string_view trimmed = absl::StripAsciiWhitespace(text);
  if (trimmed.size() > kMaxPhoneBytes ||
      FindInvalidUtf8(trimmed) != absl::string_view::npos ||
      absl::StrContains(trimmed, '\0')) {
    return BadField(field, kNoNumber);
  }
  const PhoneNumberUtil& plans = *PhoneNumberUtil::GetInstance();
  const std::string country = absl::AsciiStrToUpper(region);
  if (!country.empty() && !IsPhoneRegion(country)) {
    return BadField(field,
                    "needs a region of two letters, such as 'US', to be read "
                    "in.");
  }
  i18n::phonenumbers::PhoneNumber parsed;
  const auto error =
      country.empty() ? plans.Parse(WithPlus(trimmed), kUnknownRegion, &parsed)
                      : plans.Parse(std::string(trimmed), country, &parsed);
  if (error != PhoneNumberUtil::NO_PARSING_ERROR ||
      plans.IsPossibleNumberWithReason(parsed) !=
          PhoneNumberUtil::IS_POSSIBLE) {
    return BadField(field, kNoNumber);
  }
  PhoneNumber number;
  plans.Format(parsed, PhoneNumberUtil::E164, &number.e164);
  // Some plans have numbers longer than the standard lets them be.
  if (number.e164.size() > kMaxE164Bytes ||
      !IsReadAsItself(plans, number.e164)) {
    return BadField(field, kNoNumber);
  }
  number.extension = parsed.extension();
  number.known_range = plans.IsValidNumber(parsed);
  return number;
}

bool IsPhoneRegion(absl::string_view region) {
  return PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(
             absl::AsciiStrToUpper(region)) != 0;
}

}  // namespace crm::operational
