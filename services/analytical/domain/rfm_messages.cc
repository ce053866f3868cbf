#include "services/analytical/domain/rfm_messages.h"

#include "shared/base/clock.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using absl::int128;

constexpr int kFifths = 5;

// The least whole number that reaches a threshold, and the greatest one that
// does not. Thresholds are never negative: the measures are not, and 1 is
// added.
int128 LeastReaching(int128 threshold) {
  return (threshold + kFifths - 1) / kFifths;
}
int128 MostBelow(int128 threshold) { return LeastReaching(threshold) - 1; }

// Sets the fields that both messages of a score have.
template <typename Message>
absl::Status FillScore(const CustomerScore& score, absl::string_view currency,
                       Message& message) {
  CRM_ASSIGN_OR_RETURN(*message.mutable_monetary(),
                       FromNanos(currency, score.monetary));
  message.set_recency_days(score.recency_days);
  message.set_frequency(score.frequency);
  message.set_recency_score(score.recency_score);
  message.set_frequency_score(score.frequency_score);
  message.set_monetary_score(score.monetary_score);
  message.set_rfm_cell(RfmCell(score));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::RfmBands> ToBands(const RfmThresholds& thresholds,
                                     absl::string_view currency) {
  v1::RfmBands bands;
  for (size_t i = thresholds.recency.size(); i-- > 0;) {
    bands.add_recency_days(
        static_cast<int64_t>(MostBelow(thresholds.recency[i])));
  }
  for (const int128 threshold : thresholds.frequency) {
    bands.add_frequency(static_cast<int64_t>(LeastReaching(threshold)));
  }
  for (const int128 threshold : thresholds.monetary) {
    CRM_ASSIGN_OR_RETURN(*bands.add_monetary(),
                         FromNanos(currency, LeastReaching(threshold)));
  }
  return bands;
}

absl::StatusOr<v1::RfmScore> ToRfmScore(const CustomerScore& score,
                                        absl::string_view currency) {
  v1::RfmScore message;
  CRM_RETURN_IF_ERROR(FillScore(score, currency, message));
  message.set_customer(score.customer);
  return message;
}

absl::StatusOr<profile::v1::ScoresSlice> ToScoresSlice(
    const CustomerScore& score, absl::string_view currency, absl::Time as_of) {
  profile::v1::ScoresSlice message;
  CRM_RETURN_IF_ERROR(FillScore(score, currency, message));
  *message.mutable_as_of_time() = ToTimestamp(as_of);
  return message;
}

}  // namespace crm::analytical
