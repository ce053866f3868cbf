// The rules of users, teams and roles that need no caller.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_ACCESS_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_ACCESS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/token_revocation.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The most teams above one another.
inline constexpr int kMaxTeamDepth = 20;

// How long a revocation counts: no token is taken for longer than an hour after
// it was issued, and two minutes more for clocks that differ.
inline constexpr absl::Duration kRevocationLife = absl::Minutes(62);

// For how long one that counts no more is kept.
inline constexpr absl::Duration kRevocationRetention = absl::Hours(7 * 24);

// Completes a user, who keeps each role once.
absl::Status PrepareUser(const v1::User* before, v1::User& after,
                         const RuleContext& context);

// Checks a new team above a team. Returns FAILED_PRECONDITION: TEAM_CIRCLE if
// the team would lie under itself, TEAM_TOO_DEEP if more than kMaxTeamDepth
// would be above it.
absl::Status PrepareTeam(const v1::Team* before, v1::Team& after,
                         const RuleContext& context);

// Completes a revocation: it ends kRevocationLife after it is made. Returns
// INVALID_ARGUMENT if it names neither subject nor session.
absl::Status PrepareTokenRevocation(const v1::TokenRevocation* before,
                                    v1::TokenRevocation& after,
                                    const RuleContext& context);

// Returns when a revocation is deleted: kRevocationRetention after its end.
absl::Time EndOfTokenRevocation(const v1::TokenRevocation& revocation);

// Returns `user` with all sessions ended that began before `now`.
v1::User RevokeSessions(v1::User user, absl::Time now);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_ACCESS_H_
