#include "services/analytical/handlers/customer_views.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/handlers/customer_place.h"
#include "services/analytical/handlers/own_measurements.h"
#include "services/analytical/handlers/score_blocks.h"
#include "services/analytical/handlers/score_cursor.h"
#include "services/analytical/projections/customer_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"

namespace crm::analytical {
namespace {

using Request = v1::DifferentiateCustomersRequest;
using Response = v1::DifferentiateCustomersResponse;

}  // namespace

absl::StatusOr<v1::CustomerIdentification> HandleIdentifyCustomer(
    Analytics& analytics, const CallContext& call,
    const v1::IdentifyCustomerRequest& request) {
  std::optional<CustomerFact> customer;
  v1::CustomerIdentification identification;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            customer,
            FindCustomer(reader, call.principal.tenant, request.customer()));
        CRM_ASSIGN_OR_RETURN(
            *identification.mutable_freshness(),
            ReadFreshness(reader, call.principal.tenant, call.now));
        return absl::OkStatus();
      }));
  if (!customer.has_value()) {
    return NotFound("RESOURCE_NOT_FOUND",
                    absl::StrCat("The warehouse has no customer '",
                                 request.customer(), "'."));
  }
  identification.set_customer(customer->customer);
  identification.set_completeness_millionths(KnownWeight(customer->known));
  for (const IdentifyingAttribute& attribute : IdentifyingAttributes()) {
    auto& added = *identification.add_attributes();
    added.set_attribute_id(std::string(attribute.field));
    added.set_weight_millionths(attribute.weight);
    added.set_known(IsKnown(customer->known, attribute.field));
  }
  return identification;
}

absl::StatusOr<Response> HandleDifferentiateCustomers(Analytics& analytics,
                                                      const ReadView& view,
                                                      const CallContext& call,
                                                      const Request& request) {
  const absl::Time end =
      request.has_as_of_time() ? FromTimestamp(request.as_of_time()) : call.now;
  if (end > call.now) {
    return BadField("as_of_time", "must not be in the future.");
  }
  CRM_ASSIGN_OR_RETURN(const int32_t page_size,
                       ResolvePageSize(request.page_size()));
  CRM_ASSIGN_OR_RETURN(const std::optional<v1::ClvModel> model,
                       ChooseClvModel(view, call, request.clv_model(), end));
  const std::string uid = model.has_value() ? model->uid() : "";
  const std::string binding = absl::StrJoin(
      {call.principal.tenant, call.principal.subject,
       std::string("DifferentiateCustomers"), uid, request.clv_model(),
       request.as_of_time().SerializeAsString()},
      "\n");
  CRM_ASSIGN_OR_RETURN(
      const CustomerPlace place,
      ReadCustomerPlace(analytics.page_tokens, request.page_token(), binding));

  Response response;
  std::vector<CustomerFact> customers;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(customers,
                             ReadCustomers(reader,
                                           {.tenant = call.principal.tenant,
                                            .segment = {},
                                            .start = end,
                                            .end = end},
                                           place.customer, page_size + 1));
        CRM_ASSIGN_OR_RETURN(
            const v1::Freshness freshness,
            ReadFreshness(reader, call.principal.tenant, call.now));
        if (freshness.has_newest_event_time()) {
          *response.mutable_needs_time() = freshness.newest_event_time();
        }
        return absl::OkStatus();
      }));
  const bool more = static_cast<int32_t>(customers.size()) > page_size;
  if (more) customers.pop_back();
  ScoreCursor scores(view.reader(), {kClvScoreBlocks, view.tenant(), uid},
                     place.score);
  for (const CustomerFact& customer : customers) {
    auto& added = *response.add_customers();
    added.set_customer(customer.customer);
    added.set_needs_group(customer.segment);
    added.set_needs_unknown(customer.segment.empty());
    CRM_ASSIGN_OR_RETURN(const auto tier, scores.TierOf(customer.customer));
    added.set_value_tier(tier);
  }
  if (model.has_value()) {
    response.set_clv_model(model->name());
    *response.mutable_value_boundaries() = model->value_boundaries();
    *response.mutable_value_time() = model->as_of_time();
  }
  if (more) {
    CRM_ASSIGN_OR_RETURN(
        *response.mutable_next_page_token(),
        WriteCustomerPlace(analytics.page_tokens,
                           {scores.position(), customers.back().customer},
                           binding));
  }
  return response;
}

}  // namespace crm::analytical
