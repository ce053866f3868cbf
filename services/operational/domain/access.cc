#include "services/operational/domain/access.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm::operational {

absl::Status PrepareUser(const v1::User* /*before*/, v1::User& after,
                         const RuleContext& /*context*/) {
  after.set_email(absl::AsciiStrToLower(after.email()));
  auto& roles = *after.mutable_roles();
  std::sort(roles.begin(), roles.end());
  roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
  return absl::OkStatus();
}

absl::Status PrepareTeam(const v1::Team* before, v1::Team& after,
                         const RuleContext& context) {
  if (before != nullptr && before->parent_team() == after.parent_team()) {
    return absl::OkStatus();
  }
  std::string name = after.parent_team();
  for (int depth = 0; !name.empty(); ++depth) {
    if (name == after.name()) {
      return FailedPrecondition(
          "TEAM_CIRCLE",
          absl::StrCat("Team '", after.name(),
                       "' would lie under itself; choose another parent."),
          after.name());
    }
    if (depth == kMaxTeamDepth) {
      return FailedPrecondition(
          "TEAM_TOO_DEEP",
          absl::StrCat("Team '", after.name(), "' would have more than ",
                       kMaxTeamDepth,
                       " teams above it; choose another parent."),
          after.name());
    }
    const auto* parent = context.Find<v1::Team>(name);
    if (parent == nullptr) break;
    name = parent->parent_team();
  }
  return absl::OkStatus();
}

absl::Status PrepareTokenRevocation(const v1::TokenRevocation* before,
                                    v1::TokenRevocation& after,
                                    const RuleContext& context) {
  if (after.subject().empty() && after.session_id().empty()) {
    return BadField("token_revocation.subject",
                    "is required where no session_id is given.");
  }
  if (before == nullptr) {
    *after.mutable_expire_time() = ToTimestamp(context.now + kRevocationLife);
  }
  return absl::OkStatus();
}

absl::Time EndOfTokenRevocation(const v1::TokenRevocation& revocation) {
  return FromTimestamp(revocation.expire_time()) + kRevocationRetention;
}

v1::User RevokeSessions(v1::User user, absl::Time now) {
  *user.mutable_sessions_revoke_time() = ToTimestamp(now);
  return user;
}

}  // namespace crm::operational
