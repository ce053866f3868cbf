#include "services/analytical/domain/declared/stakeholder_link.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm::analytical {

using v1::StakeholderLink;

absl::Status PrepareStakeholderLink(const StakeholderLink* before,
                                    StakeholderLink& after,
                                    const RuleContext& /*context*/) {
  if (before != nullptr && before->state() == StakeholderLink::REVOKED) {
    return FailedPrecondition(
        "LINK_REVOKED",
        absl::StrCat("'", after.name(),
                     "' is revoked and does not change any more. Make another "
                     "one."),
        after.name());
  }
  if (after.from_party() == after.party()) {
    return BadField("stakeholder_link.party", "must not be from_party.");
  }
  return absl::OkStatus();
}

void Revoke(absl::string_view reason, StakeholderLink& link) {
  link.set_revoke_reason(std::string(reason));
  link.set_revoked_viewer(link.viewer());
  link.clear_viewer();
}

}  // namespace crm::analytical
