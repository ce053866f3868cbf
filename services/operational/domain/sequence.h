// The rules of sequences, and how an enrolled resource goes through one.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_SEQUENCE_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_SEQUENCE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "crm/operational/v1/sequence.pb.h"
#include "crm/operational/v1/sequence_enrollment.pb.h"
#include "google/protobuf/message.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Checks a sequence against its type. Returns INVALID_ARGUMENT with all that is
// wrong, and FAILED_PRECONDITION (SEQUENCE_STEPS_FIXED) for other steps than it
// has.
absl::Status PrepareSequence(const v1::Sequence* before, v1::Sequence& after,
                             const RuleContext& context);

// Completes an enrollment: its key, who acts, and when its first step is due; a
// step that was due while it was paused is due when it goes on.
//
// Returns INVALID_ARGUMENT for a target of another type, FAILED_PRECONDITION
// (SEQUENCE_RETIRED) for a sequence that is not in use any more.
absl::Status PrepareSequenceEnrollment(const v1::SequenceEnrollment* before,
                                       v1::SequenceEnrollment& after,
                                       const RuleContext& context);

// Returns when the next step is due; InfiniteFuture() for none.
absl::Time NextSequenceStep(const v1::SequenceEnrollment& enrollment);

// Whether no further step is needed for `target`.
bool IsExited(const v1::Sequence& sequence,
              const google::protobuf::Message& target,
              const FindCustomField& find_custom);

// Notes that the next step made `activity`: what follows is due after its wait,
// or it is COMPLETED. `calendar` is the sequence's, null without one. Returns
// what AddBusinessTime returns.
absl::Status AdvanceEnrollment(const v1::Sequence& sequence,
                               const v1::BusinessCalendar* calendar,
                               absl::Time now, absl::string_view activity,
                               v1::SequenceEnrollment& enrollment);

// Ends an enrollment, EXITED or FAILED, for a reason.
void EndEnrollment(v1::SequenceEnrollment::State state,
                   absl::string_view reason, absl::string_view message,
                   absl::Time now, v1::SequenceEnrollment& enrollment);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_SEQUENCE_H_
