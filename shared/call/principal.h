// Who makes a call: what a verified credential says, and nothing else.

#ifndef CRM_SHARED_CALL_PRINCIPAL_H_
#define CRM_SHARED_CALL_PRINCIPAL_H_

#include <string>
#include <vector>

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
};

}  // namespace crm

#endif  // CRM_SHARED_CALL_PRINCIPAL_H_
