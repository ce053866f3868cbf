#include "services/analytical/handlers/customer_base.h"

#include <string>
#include <vector>

#include "services/analytical/domain/currency.h"
#include "services/analytical/domain/frameworks/retention_effect.h"
#include "services/analytical/handlers/asked_period.h"
#include "services/analytical/projections/customer_base.h"
#include "services/analytical/projections/measurements.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// Returns the currency that is asked for, or that all orders have up to the end
// of the question.
absl::StatusOr<std::string> CurrencyOf(SqlReader& reader,
                                       const MeasureQuestion& question,
                                       const std::string& requested) {
  CRM_ASSIGN_OR_RETURN(
      const std::vector<CurrencyUse> used,
      ReadCurrencies(reader, {.tenant = question.tenant,
                              .end_time = question.end + absl::Microseconds(1),
                              .segment = question.segment}));
  return ChooseCurrency(requested, used);
}

}  // namespace

absl::StatusOr<v1::CustomerBase> HandleMeasureCustomerBase(
    Analytics& analytics, const CallContext& call,
    const v1::MeasureCustomerBaseRequest& request) {
  CRM_ASSIGN_OR_RETURN(MeasureQuestion question, AskedPeriod(call, request));
  question.segment = request.segment();
  v1::CustomerBase base;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        base.Clear();
        CRM_ASSIGN_OR_RETURN(
            *base.mutable_currency_code(),
            CurrencyOf(reader, question, request.currency_code()));
        CRM_ASSIGN_OR_RETURN(*base.mutable_freshness(),
                             ReadFreshness(reader, question.tenant, call.now));
        if (base.currency_code().empty()) return absl::OkStatus();
        return FillCustomerBase(reader, question, base);
      }));
  return base;
}

absl::StatusOr<v1::RetentionEffect> HandleEstimateRetentionEffect(
    Analytics& analytics, const CallContext& call,
    const v1::EstimateRetentionEffectRequest& request) {
  CRM_ASSIGN_OR_RETURN(const MeasureQuestion question,
                       AskedPeriod(call, request));
  v1::RetentionEffect effect;
  RetentionFacts facts;
  CRM_RETURN_IF_ERROR(analytics.warehouse.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(
            *effect.mutable_currency_code(),
            CurrencyOf(reader, question, request.currency_code()));
        CRM_ASSIGN_OR_RETURN(facts, ReadRetentionFacts(reader, question,
                                                       effect.currency_code()));
        CRM_ASSIGN_OR_RETURN(*effect.mutable_freshness(),
                             ReadFreshness(reader, question.tenant, call.now));
        return absl::OkStatus();
      }));
  CRM_RETURN_IF_ERROR(FillRetentionEffect(facts, request, effect));
  return effect;
}

}  // namespace crm::analytical
