// What the facts about a customer propose: to begin a run, or to take a step of
// the one that is open. Nothing but MoveJourney() takes a step; this only says
// which ones would be in order.
//
//   an order after the end of the last run   a run begins, and is activated
//   no order for so many days                the run moves on
//   the last stage                           loyal after two orders, else
//   churned
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_PROPOSALS_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_PROPOSALS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"

namespace crm::analytical {

// The rules, as data.
struct LifecycleRules {
  // For how long nothing happens before a run of the kind moves on.
  absl::Duration new_prospect = absl::Hours(24 * 30);
  absl::Duration switch_back = absl::Hours(24 * 60);
  absl::Duration win_back = absl::Hours(24 * 90);
  // How many orders in a run make a loyal customer.
  int64_t loyal_orders = 2;
};

// Which fact a proposal goes by.
enum class ProposalReason { kOrdered, kInactive };

// A step that the facts propose.
struct LifecycleProposal {
  // The run that would move; empty for one that would begin.
  std::string journey = {};
  v1::Lifecycle::Stage to = v1::Lifecycle::STAGE_UNSPECIFIED;
  v1::Lifecycle::Outcome outcome = v1::Lifecycle::OUTCOME_UNSPECIFIED;
  ProposalReason reason = ProposalReason::kOrdered;
  // When that was: of the order, or of the last thing that happened.
  absl::Time fact_time = absl::UnixEpoch();
};

// Returns the next step for a customer with these runs and orders, in any
// order, as of `as_of`; nothing if all may stay as it is. Later orders do not
// count.
std::optional<LifecycleProposal> ProposeNext(
    const std::vector<v1::LifecycleJourney>& journeys,
    const std::vector<absl::Time>& orders, const LifecycleRules& rules,
    absl::Time as_of);

// Takes all steps that are proposed as of `as_of`, at that instant. A run that
// begins has no name.
void TakeProposedSteps(absl::string_view customer,
                       const std::vector<absl::Time>& orders,
                       const LifecycleRules& rules, absl::Time as_of,
                       std::vector<v1::LifecycleJourney>& journeys);

// Returns the SHA-256, in hexadecimal, of what the runs of all customers say,
// whatever order they come in: customers, numbers, kinds, stages with their
// times, and outcomes. Names and ids are not among them, since those of a
// replay are others.
std::string HashJourneys(const std::vector<v1::LifecycleJourney>& journeys);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_PROPOSALS_H_
