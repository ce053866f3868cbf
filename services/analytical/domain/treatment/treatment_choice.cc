#include "services/analytical/domain/treatment/treatment_choice.h"

#include <optional>
#include <tuple>
#include <utility>

namespace crm::analytical {
namespace {

using v1::Treatment;
using v1::TreatmentAssignment;
using v1::TreatmentReason;

TreatmentReason MakeReason(const char* condition, std::string asked,
                           std::string found) {
  TreatmentReason reason;
  reason.set_condition(condition);
  reason.set_asked(std::move(asked));
  reason.set_found(std::move(found));
  return reason;
}

// Returns the conditions of `treatment`, all of which hold; nothing if one does
// not.
std::optional<std::vector<TreatmentReason>> Fit(
    const Treatment& treatment, const TreatmentAssignment& customer) {
  std::vector<TreatmentReason> reasons;
  if (!treatment.needs_group().empty()) {
    reasons.push_back(MakeReason("needs_group", treatment.needs_group(),
                                 customer.needs_group()));
  }
  if (treatment.value_tier() != v1::ClvScore::VALUE_TIER_UNSPECIFIED) {
    reasons.push_back(MakeReason(
        "value_tier", v1::ClvScore::ValueTier_Name(treatment.value_tier()),
        v1::ClvScore::ValueTier_Name(customer.value_tier())));
  }
  if (treatment.stage() != v1::Lifecycle::STAGE_UNSPECIFIED) {
    reasons.push_back(MakeReason("stage",
                                 v1::Lifecycle::Stage_Name(treatment.stage()),
                                 v1::Lifecycle::Stage_Name(customer.stage())));
  }
  for (const TreatmentReason& reason : reasons) {
    if (reason.asked() != reason.found()) return std::nullopt;
  }
  return reasons;
}

}  // namespace

void ChooseTreatment(const std::vector<Treatment>& treatments,
                     TreatmentAssignment& assignment) {
  const Treatment* chosen = nullptr;
  std::vector<TreatmentReason> why;
  int32_t count = 0;
  for (const Treatment& treatment : treatments) {
    auto reasons = Fit(treatment, assignment);
    if (!reasons.has_value()) continue;
    ++count;
    const bool is_better =
        chosen == nullptr ||
        std::make_tuple(-treatment.priority(), -std::ssize(*reasons),
                        treatment.name()) < std::make_tuple(-chosen->priority(),
                                                            -std::ssize(why),
                                                            chosen->name());
    if (!is_better) continue;
    chosen = &treatment;
    why = *std::move(reasons);
  }
  assignment.set_fitting_count(count);
  if (chosen == nullptr) return;
  assignment.set_treatment(chosen->name());
  assignment.set_treatment_etag(chosen->etag());
  for (TreatmentReason& reason : why) {
    *assignment.add_reasons() = std::move(reason);
  }
}

std::string AssignDay(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

}  // namespace crm::analytical
