#include "services/operational/domain/follower.h"

#include "absl/strings/str_cat.h"

namespace crm::operational {

absl::Status PrepareFollower(const v1::Follower* /*before*/,
                             v1::Follower& after,
                             const RuleContext& /*context*/) {
  after.set_follow_key(absl::StrCat(after.resource(), " ", after.owner()));
  return absl::OkStatus();
}

}  // namespace crm::operational
