// Who may be shown a profile from the cache, which holds all of a customer, and
// who is answered by the owners alone, which show each caller what he may see.

#ifndef CRM_GATEWAY_LOCAL_PROFILE_ACCESS_H_
#define CRM_GATEWAY_LOCAL_PROFILE_ACCESS_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "shared/auth/roles.h"
#include "shared/base/clock.h"
#include "shared/call/principal.h"

namespace crm::gateway {

// For how long an owner's word is taken that a caller is still let in.
inline constexpr absl::Duration kAdmissionTime = absl::Seconds(4);

// The gateway knows the built-in roles; users, teams and the tenant's own roles
// are known to the services. Loop thread only.
class ProfileAccess {
 public:
  // Both outlive this. `all_audited` says that reads of everybody are written
  // down, not only of those who may read the audit trail.
  ProfileAccess(const RoleTable& roles, const Clock& clock,
                bool all_audited = false)
      : roles_(roles), clock_(clock), all_audited_(all_audited) {}

  // Returns whether built-in roles of the token show all rows and fields that
  // profiles are made of.
  bool SeesAll(const Principal& principal) const;

  // Returns whether an owner has let the caller in a moment ago. Never so where
  // his reads are written down, which is for an owner to do.
  bool Admitted(const Principal& principal) const;

  // Says that one just has.
  void Admit(const Principal& principal);

 private:
  // Callers beyond this many make the others be forgotten.
  static constexpr size_t kMaxCallers = 10'000;

  bool Audited(const Principal& principal) const;

  const RoleTable& roles_;
  const Clock& clock_;
  const bool all_audited_;
  std::map<std::string, absl::Duration> admitted_until_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_PROFILE_ACCESS_H_
