#include "services/analytical/domain/treatment/treatment_outcomes.h"

#include <iterator>
#include <utility>

#include "shared/base/clock.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

constexpr int64_t kMillionths = 1'000'000;

}  // namespace

void TreatmentOutcomes::AddAssignment(
    const v1::TreatmentAssignment& assignment) {
  const absl::Time time = FromTimestamp(assignment.assign_time());
  assignments_[assignment.customer()][time] = assignment.treatment();
  if (!IsMeasured(time)) return;
  Arm& arm = arms_[assignment.treatment()];
  ++arm.assignments;
  if (time + question_.patience > question_.now) ++arm.pending;
  arm.customers.insert(assignment.customer());
}

void TreatmentOutcomes::AddOrder(const OutcomeOrder& order) {
  const auto customer = assignments_.find(order.customer);
  if (customer == assignments_.end()) return;
  const auto after = customer->second.upper_bound(order.time);
  if (after == customer->second.begin()) return;
  const auto& [time, treatment] = *std::prev(after);
  if (!IsMeasured(time) || order.time >= time + question_.patience) return;
  Arm& arm = arms_[treatment];
  ++arm.orders;
  arm.ordering.insert(order.customer);
  arm.revenue[order.currency] += order.amount;
}

absl::StatusOr<std::vector<v1::TreatmentArm>> TreatmentOutcomes::Arms() const {
  std::vector<v1::TreatmentArm> arms;
  for (const auto& [treatment, arm] : arms_) {
    v1::TreatmentArm& message = arms.emplace_back();
    message.set_treatment(treatment);
    message.set_assignment_count(arm.assignments);
    message.set_pending_count(arm.pending);
    message.set_customer_count(std::ssize(arm.customers));
    message.set_ordering_customer_count(std::ssize(arm.ordering));
    message.set_order_count(arm.orders);
    for (const auto& [currency, amount] : arm.revenue) {
      CRM_ASSIGN_OR_RETURN(*message.add_revenue(), FromNanos(currency, amount));
    }
    message.set_conversion_millionths(static_cast<int32_t>(
        std::ssize(arm.ordering) * kMillionths / std::ssize(arm.customers)));
  }
  return arms;
}

}  // namespace crm::analytical
