// The form in which web domains and sites are kept and compared.
//
//   "https://www.Müller.example/shop?x=1" -> host "www.xn--mller-kva.example",
//                                            match_key "xn--mller-kva.example"
//
// Domains beyond ASCII become their A-labels by UTS 46, non-transitional, as
// browsers do it (libidn2). Everything here is pure, and so thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_WEB_DOMAIN_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_WEB_DOMAIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::operational {

// The longest address of a site that is looked at, in bytes.
inline constexpr size_t kMaxWebAddressBytes = 2048;
// DNS: the longest name, written with dots.
inline constexpr size_t kMaxDomainBytes = 253;

struct WebDomain {
  // The host as DNS knows it: A-labels, lower case, no dot at the end.
  std::string host;
  // The same without a `www.` in front: equal for sites that are one.
  std::string match_key;
  // The name as people read it, folded with look-alike letters mapped. Two
  // domains that share it look the same and may well have different owners: it
  // warns, and never identifies.
  std::string look_alike_key;
};

// Returns the ASCII form of `domain`, which is UTF-8. At least two labels, and
// the last is not a number.
//
// Returns INVALID_ARGUMENT that blames `field` if it is no domain.
absl::StatusOr<std::string> ToAsciiDomain(absl::string_view domain,
                                          absl::string_view field);

// Returns the domain that `text` names: a domain, or the http(s) address of a
// site, of which scheme, port, path, query and fragment are left out.
//
// Returns INVALID_ARGUMENT that blames `field` if it is neither, names an
// address by numbers, or has a user's name before the host.
absl::StatusOr<WebDomain> NormalizeWebDomain(absl::string_view text,
                                             absl::string_view field);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_WEB_DOMAIN_H_
