// Who makes a call: what a verified credential says, and nothing else.

#ifndef CRM_SHARED_CALL_PRINCIPAL_H_
#define CRM_SHARED_CALL_PRINCIPAL_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace crm {

// The caller, as verified.
struct Principal {
  // The tenant whose data the call may see.
  std::string tenant;
  // The subject of the credential, as `user:ada` or `system:analytical`.
  std::string subject;
  // The roles that were granted.
  std::vector<std::string> roles;
  // Whether this is one of the suite's own processes.
  bool system = false;
  // The customer whose rows alone a customer's own credential reaches, as
  // `customers/ada`; empty for everybody else.
  std::string customer = {};
  // The session that the credential belongs to; empty if it names none.
  std::string session_id = {};
  // When the credential was issued; the infinite past if it does not say so.
  absl::Time issue_time = absl::InfinitePast();
};

}  // namespace crm

#endif  // CRM_SHARED_CALL_PRINCIPAL_H_
