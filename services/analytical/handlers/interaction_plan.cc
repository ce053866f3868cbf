#include "services/analytical/handlers/interaction_plan.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "services/analytical/domain/declared/interaction_plan.h"
#include "services/analytical/handlers/customer_place.h"
#include "services/analytical/handlers/own_measurements.h"
#include "services/analytical/handlers/score_blocks.h"
#include "services/analytical/handlers/score_cursor.h"
#include "services/analytical/projections/customer_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "services/analytical/projections/touchpoints.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"

namespace crm::analytical {
namespace {

using v1::DueInteraction;
using v1::InteractionPlan;
using v1::PlanInteractionsResponse;

// What the warehouse tells for a page.
struct PageFacts {
  std::vector<CustomerFact> customers;
  std::map<std::string, LastMeeting> meetings;
  v1::Freshness freshness;
};

absl::StatusOr<PageFacts> ReadPage(SqlReader& reader, const CallContext& call,
                                   const std::string& after, int64_t most,
                                   absl::Time as_of) {
  const std::string& tenant = call.principal.tenant;
  PageFacts page;
  CRM_ASSIGN_OR_RETURN(
      page.customers,
      ReadCustomers(
          reader,
          {.tenant = tenant, .segment = {}, .start = as_of, .end = as_of},
          after, most));
  if (!page.customers.empty()) {
    CRM_ASSIGN_OR_RETURN(
        page.meetings,
        ReadLastMeetings(reader, tenant, page.customers.front().customer,
                         page.customers.back().customer, as_of));
  }
  CRM_ASSIGN_OR_RETURN(page.freshness, ReadFreshness(reader, tenant, call.now));
  return page;
}

// Returns what is due of a customer, or nothing.
std::optional<DueInteraction> DueOf(const InteractionPlan& plan,
                                    const CustomerFact& customer,
                                    const PageFacts& page, absl::Time as_of) {
  DueInteraction due;
  absl::Time since = customer.create_time;
  const auto last = page.meetings.find(customer.customer);
  if (last != page.meetings.end()) {
    since = last->second.time;
    due.set_last_activity(last->second.activity);
    *due.mutable_last_time() = ToTimestamp(since);
  }
  const absl::Time due_time = DueTime(plan, since);
  if (due_time > as_of) return std::nullopt;
  due.set_customer(customer.customer);
  *due.mutable_due_time() = ToTimestamp(due_time);
  due.set_activity_kind(plan.activity_kind());
  due.set_channel(plan.channel());
  return due;
}

}  // namespace

absl::StatusOr<PlanInteractionsResponse> HandlePlanInteractions(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const v1::PlanInteractionsRequest& request) {
  const absl::Time as_of =
      request.has_as_of_time() ? FromTimestamp(request.as_of_time()) : call.now;
  if (as_of > call.now) {
    return BadField("as_of_time", "must not be in the future.");
  }
  CRM_ASSIGN_OR_RETURN(const InteractionPlan plan,
                       view.GetLive<InteractionPlan>(request.name()));
  CRM_ASSIGN_OR_RETURN(const int32_t page_size,
                       ResolvePageSize(request.page_size()));
  CRM_ASSIGN_OR_RETURN(const std::optional<v1::ClvModel> model,
                       NewestClvModel(view, call, as_of));
  const std::string uid = model.has_value() ? model->uid() : "";
  const std::string binding =
      absl::StrJoin({call.principal.tenant, call.principal.subject,
                     std::string("PlanInteractions"), plan.uid(), plan.etag(),
                     uid, request.as_of_time().SerializeAsString()},
                    "\n");
  CRM_ASSIGN_OR_RETURN(
      const CustomerPlace place,
      ReadCustomerPlace(analytics.page_tokens, request.page_token(), binding));
  PageFacts page;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            page, ReadPage(reader, call, place.customer, page_size + 1, as_of));
        return absl::OkStatus();
      }));
  const bool more = static_cast<int32_t>(page.customers.size()) > page_size;
  if (more) page.customers.pop_back();

  PlanInteractionsResponse response;
  *response.mutable_freshness() = page.freshness;
  if (model.has_value()) response.set_clv_model(model->name());
  ScoreCursor tiers(view.reader(), {kClvScoreBlocks, view.tenant(), uid},
                    place.score);
  for (const CustomerFact& customer : page.customers) {
    CRM_ASSIGN_OR_RETURN(const auto tier, tiers.TierOf(customer.customer));
    if (tier != plan.value_tier()) continue;
    const auto due = DueOf(plan, customer, page, as_of);
    if (due.has_value()) *response.add_interactions() = *due;
  }
  if (more) {
    CRM_ASSIGN_OR_RETURN(
        *response.mutable_next_page_token(),
        WriteCustomerPlace(analytics.page_tokens,
                           {tiers.position(), page.customers.back().customer},
                           binding));
  }
  return response;
}

}  // namespace crm::analytical
