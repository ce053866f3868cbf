// The form in which e-mail addresses are kept and compared.
//
//   " Ada.Lovelace+crm@GoogleMail.com" ->
//       address   "Ada.Lovelace+crm@googlemail.com"
//       match_key "adalovelace@gmail.com"
//
// The address is what mail is sent to: its local part is kept, since only the
// receiving host knows what it means (RFC 5321, 2.4), its domain is ASCII in
// lower case. The match key is what duplicates are found by: the local part
// folded, and what a provider is known to ignore left out. Dots and tags are
// left out only for the providers in the table of the .cc file; elsewhere
// `a.b@` and `ab@` are two people. Pure, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_EMAIL_ADDRESS_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_EMAIL_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::operational {

// RFC 5321, 4.5.3.1: the longest path of 256 bytes has two angle brackets.
inline constexpr size_t kMaxEmailBytes = 254;
inline constexpr size_t kMaxLocalPartBytes = 64;

struct EmailAddress {
  std::string address;
  // Equal keys are evidence of one mailbox, equal addresses are proof.
  std::string match_key;
};

// Returns the address in `text`. Letters beyond ASCII are taken in both parts
// (RFC 6531); quoted local parts, comments, display names and hosts by numbers
// are not.
//
// Returns INVALID_ARGUMENT that blames `field` if it is no such address.
absl::StatusOr<EmailAddress> NormalizeEmail(absl::string_view text,
                                            absl::string_view field);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_EMAIL_ADDRESS_H_
