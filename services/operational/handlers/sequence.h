// Takes enrolled resources through their sequences.
//
// Each step is the effect of a durable timer that goes with the enrollment: the
// activity and the state of the enrollment are one commit, so each step is
// taken once.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_SEQUENCE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_SEQUENCE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/sequence_enrollment.pb.h"
#include "shared/resource/catalog.h"
#include "shared/resource/inner_calls.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The kind of the timers.
inline constexpr char kSequenceTimer[] = "sequence-step";

// How often a step is tried before the enrollment has failed.
inline constexpr int kMaxStepTries = 6;

// Notes with a new enrollment which roles its creator acts with.
absl::Status SettleSequenceEnrollment(Transaction& transaction,
                                      const v1::SequenceEnrollment* before,
                                      v1::SequenceEnrollment& after,
                                      const Settlement& settlement);

// Takes the next step of the enrollment that the timer is of.
absl::StatusOr<TimerCommit> TakeSequenceStep(const InnerCalls& calls,
                                             const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_SEQUENCE_H_
