// The form in which phone numbers are kept and compared: E.164.
//
//   "(415) 555-0100 ext. 12" in US -> e164 "+14155550100", extension "12"
//
// Numbering plans are those of libphonenumber. They are as old as the library
// on the machine, so a number of a length that its country has is taken, and
// whether it lies in a range known to be in use is told apart. Thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_PHONE_NUMBER_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_PHONE_NUMBER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::operational {

inline constexpr size_t kMaxPhoneBytes = 64;

struct PhoneNumber {
  // A plus sign and at most 15 digits. Also what duplicates are found by.
  std::string e164;
  // The digits to dial after the answer, or empty. Several people may share a
  // number and differ in this.
  std::string extension;
  // Whether the number lies in a range that its country has given out.
  bool known_range = false;
};

// Returns the number in `text`, read as it is dialled in `region`, a country
// code of two letters (ISO 3166), unless it says its country itself. Without a
// region it has to: by a plus sign, by 00, or by having 11 digits or more.
//
// Returns INVALID_ARGUMENT that blames `field` if it is no number, or of a
// length that its country has not; that names the region if there is no such.
absl::StatusOr<PhoneNumber> NormalizePhone(absl::string_view text,
                                           absl::string_view region,
                                           absl::string_view field);

// Whether `region` is a country code that NormalizePhone() takes.
bool IsPhoneRegion(absl::string_view region);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_PHONE_NUMBER_H_
