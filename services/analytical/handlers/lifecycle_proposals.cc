#include "services/analytical/handlers/lifecycle_proposals.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/domain/lifecycle/proposals.h"
#include "services/analytical/handlers/lifecycle_scan.h"
#include "services/analytical/projections/order_times.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"

namespace crm::analytical {
namespace {

using v1::LifecycleJourney;
using v1::ProposeLifecycleTransitionsRequest;
using v1::ProposeLifecycleTransitionsResponse;

constexpr int64_t kMaxOrders = 1'000'000;

// What must be the same when a page token comes back.
std::string TokenBinding(const CallContext& call,
                         const ProposeLifecycleTransitionsRequest& request) {
  return absl::StrJoin({call.principal.tenant, call.principal.subject,
                        std::string("ProposeLifecycleTransitions"),
                        absl::StrCat(request.as_of_time().seconds(), ".",
                                     request.as_of_time().nanos()),
                        absl::StrCat(request.new_prospect_days()),
                        absl::StrCat(request.switch_back_days()),
                        absl::StrCat(request.win_back_days())},
                       "\n");
}

LifecycleRules RulesOf(const ProposeLifecycleTransitionsRequest& request) {
  LifecycleRules rules;
  const auto set = [](int32_t days, absl::Duration& patience) {
    if (days > 0) patience = absl::Hours(24 * days);
  };
  set(request.new_prospect_days(), rules.new_prospect);
  set(request.switch_back_days(), rules.switch_back);
  set(request.win_back_days(), rules.win_back);
  return rules;
}

v1::LifecycleProposal ToMessage(const std::string& customer,
                                const LifecycleProposal& proposal) {
  v1::LifecycleProposal message;
  message.set_customer(customer);
  message.set_journey(proposal.journey);
  message.set_to_stage(proposal.to);
  message.set_outcome(proposal.outcome);
  message.set_reason(proposal.reason == ProposalReason::kOrdered
                         ? v1::LifecycleProposal::ORDERED
                         : v1::LifecycleProposal::INACTIVE);
  *message.mutable_fact_time() = ToTimestamp(proposal.fact_time);
  return message;
}

// What is known of a customer.
struct Facts {
  std::vector<LifecycleJourney> journeys;
  std::vector<absl::Time> orders;
};

}  // namespace

absl::StatusOr<ProposeLifecycleTransitionsResponse>
HandleProposeLifecycleTransitions(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const ProposeLifecycleTransitionsRequest& request) {
  CRM_ASSIGN_OR_RETURN(const int32_t page_size,
                       ResolvePageSize(request.page_size()));
  const std::string binding = TokenBinding(call, request);
  std::string after;
  if (!request.page_token().empty()) {
    CRM_ASSIGN_OR_RETURN(
        after, analytics.page_tokens.Decode(request.page_token(), binding));
  }
  const absl::Time as_of =
      request.has_as_of_time() ? FromTimestamp(request.as_of_time()) : call.now;

  std::map<std::string, Facts> facts;
  CRM_RETURN_IF_ERROR(VisitJourneys(
      view, call, /*customer=*/"", [&](const LifecycleJourney& journey) {
        if (journey.customer() <= after) return;
        facts[journey.customer()].journeys.push_back(journey);
      }));
  OrderTimes orders;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            orders, ReadOrderTimes(reader, {.tenant = call.principal.tenant,
                                            .after = after,
                                            .as_of = as_of,
                                            .most = kMaxOrders}));
        return absl::OkStatus();
      }));
  for (auto& [customer, times] : orders) {
    facts[customer].orders = std::move(times);
  }

  const LifecycleRules rules = RulesOf(request);
  ProposeLifecycleTransitionsResponse response;
  for (const auto& [customer, known] : facts) {
    const std::optional<LifecycleProposal> proposal =
        ProposeNext(known.journeys, known.orders, rules, as_of);
    if (!proposal.has_value()) continue;
    if (response.proposals_size() == page_size) {
      CRM_ASSIGN_OR_RETURN(
          *response.mutable_next_page_token(),
          analytics.page_tokens.Encode(
              response.proposals().rbegin()->customer(), binding));
      break;
    }
    *response.add_proposals() = ToMessage(customer, *proposal);
  }
  return response;
}

}  // namespace crm::analytical
