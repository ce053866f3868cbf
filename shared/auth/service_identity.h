// Who a process of the suite is, as its certificate says (SPIFFE).
//
//   spiffe://crm/ns/prod/sa/operational  ->  {"prod", "operational"}

#ifndef CRM_SHARED_AUTH_SERVICE_IDENTITY_H_
#define CRM_SHARED_AUTH_SERVICE_IDENTITY_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace crm {

// A service in a namespace: one installation of the suite.
struct ServiceIdentity {
  std::string space;
  std::string service;

  friend bool operator==(const ServiceIdentity&,
                         const ServiceIdentity&) = default;
};

// Returns the identity as the URI that a certificate carries.
std::string FormatSpiffeId(const ServiceIdentity& identity);

// Returns the identity that `uri` stands for; nothing for anything but exactly
// such a URI, whose names are 1 to 63 of a-z, 0-9 and '-'.
std::optional<ServiceIdentity> ParseSpiffeId(absl::string_view uri);

}  // namespace crm

#endif  // CRM_SHARED_AUTH_SERVICE_IDENTITY_H_
