#include "services/analytical/domain/lifecycle/proposals.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/analytical/domain/lifecycle/journey.h"
#include "services/analytical/domain/lifecycle/stages.h"
#include "shared/base/clock.h"
#include "shared/base/digest.h"

namespace crm::analytical {
namespace {

using v1::Lifecycle;
using v1::LifecycleJourney;

absl::Duration PatienceWith(Lifecycle::EntryKind kind,
                            const LifecycleRules& rules) {
  if (kind == Lifecycle::SWITCH_BACK) return rules.switch_back;
  if (kind == Lifecycle::WIN_BACK) return rules.win_back;
  return rules.new_prospect;
}

// The newest of the runs but for `except`, or null.
const LifecycleJourney* Newest(const std::vector<LifecycleJourney>& journeys,
                               const LifecycleJourney* except) {
  const LifecycleJourney* newest = nullptr;
  for (const LifecycleJourney& journey : journeys) {
    if (&journey == except) continue;
    if (newest == nullptr || journey.run() > newest->run()) newest = &journey;
  }
  return newest;
}

absl::Time EnteredLast(const LifecycleJourney& journey) {
  return FromTimestamp(journey.stage_history().rbegin()->enter_time());
}

// The orders that belong to the run after `previous`, in their order.
std::vector<absl::Time> OrdersOfRun(const std::vector<absl::Time>& orders,
                                    const LifecycleJourney* previous,
                                    absl::Time as_of) {
  const absl::Time after =
      previous == nullptr ? absl::InfinitePast() : EnteredLast(*previous);
  std::vector<absl::Time> own;
  for (const absl::Time order : orders) {
    if (order > after && order <= as_of) own.push_back(order);
  }
  absl::c_sort(own);
  return own;
}

}  // namespace

std::optional<LifecycleProposal> ProposeNext(
    const std::vector<LifecycleJourney>& journeys,
    const std::vector<absl::Time>& orders, const LifecycleRules& rules,
    absl::Time as_of) {
  const LifecycleJourney* newest = Newest(journeys, nullptr);
  const bool is_open =
      newest != nullptr && newest->stage() != Lifecycle::TERMINATED;
  const LifecycleJourney* previous =
      is_open ? Newest(journeys, newest) : newest;
  const std::vector<absl::Time> own = OrdersOfRun(orders, previous, as_of);
  if (!is_open) {
    if (own.empty()) return std::nullopt;
    return LifecycleProposal{.to = Lifecycle::VIRGIN, .fact_time = own.front()};
  }
  if (newest->stage() == Lifecycle::VIRGIN) {
    if (own.empty()) return std::nullopt;
    return LifecycleProposal{.journey = newest->name(),
                             .to = Lifecycle::ACTIVATED,
                             .fact_time = own.front()};
  }
  absl::Time last = EnteredLast(*newest);
  if (!own.empty()) last = std::max(last, own.back());
  if (as_of - last < PatienceWith(newest->entry_kind(), rules)) {
    return std::nullopt;
  }
  LifecycleProposal proposal{
      .journey = newest->name(),
      .to = NextStages(newest->entry_kind(), newest->stage()).front(),
      .reason = ProposalReason::kInactive,
      .fact_time = last};
  if (proposal.to == Lifecycle::TERMINATED) {
    proposal.outcome = std::ssize(own) >= rules.loyal_orders
                           ? Lifecycle::COMPLETED_LOYAL
                           : Lifecycle::CHURNED;
  }
  return proposal;
}

void TakeProposedSteps(absl::string_view customer,
                       const std::vector<absl::Time>& orders,
                       const LifecycleRules& rules, absl::Time as_of,
                       std::vector<LifecycleJourney>& journeys) {
  while (const auto proposal = ProposeNext(journeys, orders, rules, as_of)) {
    if (proposal->to == Lifecycle::VIRGIN) {
      LifecycleJourney journey;
      journey.set_customer(std::string(customer));
      journey.set_run(NextRun(journeys));
      RuleContext context;
      context.now = as_of;
      if (!PrepareLifecycleJourney(nullptr, journey, context).ok()) return;
      journeys.push_back(std::move(journey));
      continue;
    }
    LifecycleJourney& newest = *absl::c_max_element(
        journeys,
        [](const auto& a, const auto& b) { return a.run() < b.run(); });
    const LifecycleMove move{
        .to = proposal->to, .outcome = proposal->outcome, .time = as_of};
    if (!MoveJourney(journeys, move, newest).ok()) return;
  }
}

std::string HashJourneys(const std::vector<LifecycleJourney>& journeys) {
  std::vector<const LifecycleJourney*> ordered;
  for (const LifecycleJourney& journey : journeys) {
    ordered.push_back(&journey);
  }
  absl::c_sort(ordered, [](const auto* a, const auto* b) {
    if (a->customer() != b->customer()) return a->customer() < b->customer();
    return a->run() < b->run();
  });
  std::string bytes;
  for (const LifecycleJourney* journey : ordered) {
    absl::StrAppend(&bytes, journey->customer().size(), ":",
                    journey->customer(), ",", journey->run(), ",",
                    journey->entry_kind(), ",", journey->outcome());
    for (const v1::LifecycleStep& step : journey->stage_history()) {
      absl::StrAppend(&bytes, ",", step.stage(), "@",
                      absl::ToUnixMicros(FromTimestamp(step.enter_time())));
    }
    bytes += "\n";
  }
  return absl::BytesToHexString(Sha256(bytes));
}

}  // namespace crm::analytical
