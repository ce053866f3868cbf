#include "services/analytical/domain/declared/proposition.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/analytical/domain/declared/metric.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using v1::Proposition;
using v1::ServeCost;

void CheckCosts(const Proposition& proposition,
                std::vector<FieldViolation>& violations) {
  if (ToNanos(proposition.cost_per_order()) < 0) {
    violations.push_back(
        {"proposition.cost_per_order", "must not be below nothing."});
  }
  if (ToNanos(proposition.cost_per_activity()) < 0) {
    violations.push_back(
        {"proposition.cost_per_activity", "must not be below nothing."});
  }
  if (proposition.has_cost_per_order() && proposition.has_cost_per_activity() &&
      proposition.cost_per_order().currency_code() !=
          proposition.cost_per_activity().currency_code()) {
    violations.push_back({"proposition.cost_per_activity.currency_code",
                          "must be that of cost_per_order."});
  }
}

}  // namespace

absl::Status PrepareProposition(const Proposition* /*before*/,
                                Proposition& after,
                                const RuleContext& /*context*/) {
  std::vector<FieldViolation> violations;
  std::set<std::string> ids;
  for (int i = 0; i < after.benefits_size(); ++i) {
    const Proposition::Benefit& benefit = after.benefits(i);
    const std::string at = absl::StrCat("proposition.benefits[", i, "]");
    if (!ids.insert(benefit.benefit_id()).second) {
      violations.push_back({absl::StrCat(at, ".benefit_id"),
                            "repeats the id of another benefit."});
    }
    CheckMetric(benefit.metric(), absl::StrCat(at, ".metric"), violations);
  }
  CheckCosts(after, violations);
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

v1::BenefitDelivery DeliveryOf(const Proposition::Benefit& benefit,
                               const v1::MetricValue& value) {
  v1::BenefitDelivery delivery;
  delivery.set_benefit_id(benefit.benefit_id());
  delivery.set_promised_millionths(benefit.promised_millionths());
  *delivery.mutable_value() = value;
  const bool fits =
      benefit.bound() == Proposition::AT_MOST
          ? value.value_millionths() <= benefit.promised_millionths()
          : value.value_millionths() >= benefit.promised_millionths();
  delivery.set_kept(value.has_value() && fits);
  return delivery;
}

absl::StatusOr<ServeCost> CostOf(ServeCost::Driver driver,
                                 std::optional<int64_t> count,
                                 const google::type::Money* unit_cost) {
  ServeCost cost;
  cost.set_driver(driver);
  cost.set_count(count.value_or(0));
  if (!count.has_value()) {
    cost.set_missing_reason("There are no facts of them to count.");
    return cost;
  }
  if (unit_cost == nullptr) {
    cost.set_missing_reason("The proposition does not say what one costs.");
    return cost;
  }
  CRM_ASSIGN_OR_RETURN(
      *cost.mutable_cost(),
      FromNanos(unit_cost->currency_code(), ToNanos(*unit_cost) * *count));
  cost.set_is_known(true);
  return cost;
}

}  // namespace crm::analytical
