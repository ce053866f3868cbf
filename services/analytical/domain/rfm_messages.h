// RFM scores and bands as the messages that callers get.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_RFM_MESSAGES_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_RFM_MESSAGES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/rfm_snapshot.pb.h"
#include "crm/profile/v1/scores_slice.pb.h"
#include "services/analytical/domain/rfm.h"

namespace crm::analytical {

// Each returns OUT_OF_RANGE (AMOUNT_OUT_OF_RANGE) if an amount does not fit a
// Money.

// Returns the bands for the scores 2 to 5: the most whole days, the least
// orders and the least nanos that reach them. Example: the recency thresholds
// 115, 181, 297.4, 482 -> 481, 297, 180, 114 days.
absl::StatusOr<v1::RfmBands> ToBands(const RfmThresholds& thresholds,
                                     absl::string_view currency);

absl::StatusOr<v1::RfmScore> ToRfmScore(const CustomerScore& score,
                                        absl::string_view currency);

absl::StatusOr<profile::v1::ScoresSlice> ToScoresSlice(
    const CustomerScore& score, absl::string_view currency, absl::Time as_of);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_RFM_MESSAGES_H_
