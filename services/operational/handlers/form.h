// Makes leads of the forms that visitors fill in.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_FORM_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_FORM_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/form_submission.pb.h"
#include "crm/operational/v1/form_submission_transitions.pb.h"
#include "shared/resource/timer_table.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The timer that gives up a submission which nobody confirmed, by its name.
inline constexpr char kFormExpiry[] = "form_expiry";

// Takes a new submission in: checks its values as those of the lead that it
// would become, and makes that lead if there is nothing to wait for.
absl::Status SettleFormSubmission(Transaction& transaction,
                                  const v1::FormSubmission* before,
                                  v1::FormSubmission& after,
                                  const Settlement& settlement);

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::FormSubmission> HandleConfirmFormSubmission(
    Transaction& transaction, const CallContext& call,
    const v1::ConfirmFormSubmissionRequest& request);

absl::StatusOr<v1::FormSubmission> HandleApplyFormSubmission(
    Transaction& transaction, const CallContext& call,
    const v1::ApplyFormSubmissionRequest& request);

// Gives up the submission of the timer, unless it was confirmed.
absl::Status ExpireFormSubmission(Transaction& transaction, const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_FORM_H_
