// Models of customer lifetime value and their scores as the messages that
// callers get.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_CLV_MESSAGES_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_CLV_MESSAGES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "services/analytical/domain/clv/maximum_likelihood.h"
#include "services/analytical/domain/clv/purchase_forecast.h"
#include "services/analytical/domain/clv/purchase_history.h"
#include "services/analytical/domain/clv/purchase_summary.h"

namespace crm::analytical {

inline constexpr double kDaysPerWeek = 7;
// As the package `lifetimes` has it, whose published figures go by it.
inline constexpr double kWeeksPerMonth = 4.345;
// The horizon if a request names no other.
inline constexpr int32_t kDefaultHorizonMonths = 12;

// Returns the fit with its parameters named in their order.
v1::ClvFit ToClvFit(const LikelihoodFit& fit,
                    absl::Span<const absl::string_view> symbols);

// Returns the amount of `units`, rounded to whole nanos; OUT_OF_RANGE
// (AMOUNT_OUT_OF_RANGE) if it does not fit a Money.
absl::StatusOr<google::type::Money> MoneyOf(absl::string_view currency,
                                            double units);

// What the fits say of a customer; what they do not tell is unset.
struct LifetimeValue {
  std::optional<PurchaseForecast> forecast = std::nullopt;
  // In units of the currency.
  std::optional<double> expected_value = std::nullopt;
};

// Returns the score but for its tier, which is UNKNOWN. Errors as MoneyOf().
absl::StatusOr<v1::ClvScore> ToClvScore(const PurchaseHistory& history,
                                        const PurchaseSummary& summary,
                                        const LifetimeValue& value,
                                        absl::string_view currency);

// Gives the scores that have a lifetime value their tiers: by the boundaries of
// `model`, or else by those that are found, which are set in it. Returns
// INVALID_ARGUMENT if the model's boundaries fall, or are in another currency.
absl::Status SetTiers(v1::ClvModel& model, std::vector<v1::ClvScore>& scores);

// Returns the SHA-256 of the histories, in hex.
std::string Fingerprint(const std::vector<PurchaseHistory>& histories);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_CLV_CLV_MESSAGES_H_
