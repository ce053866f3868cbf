// The rules of opportunities: their way through the stages of a pipeline, with
// the history of it, and who is credited.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_OPPORTUNITY_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_OPPORTUNITY_H_

#include "absl/status/status.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// The most stages that an opportunity may come into, again and again.
inline constexpr int kMaxStageStays = 500;

// Completes and checks an opportunity. What the method changed, `stage`,
// `state` or `approved_stage`, says which rules apply:
//
// * a new one takes the default pipeline where it names none, and comes into
// the
//   first stage: PIPELINE_NOT_ACTIVE if its pipeline is not in use;
// * a change of the stage goes by CheckMove() of domain/pipeline.h;
// * what is won comes into the stage that is won, what is lost into the first
//   lost one, what is reopened into the open one that it was in last;
// * into a stage comes only what has the fields that it requires
//   (STAGE_FIELDS_MISSING), and the approval that it needs
//   (STAGE_NOT_APPROVED), which is then used up. Losing asks for neither;
// * an approval is given by somebody else than the owner (OWN_APPROVAL), for a
//   stage that needs one (STAGE_NEEDS_NO_APPROVAL).
//
// Each stay in a stage is written into the history, whose times add up to the
// age: STAGE_HISTORY_FULL beyond kMaxStageStays. All of these are
// FAILED_PRECONDITION. INVALID_ARGUMENT says that an amount is negative, the
// recurring amount is in another currency, or that shares do not add up to all
// or name a user twice.
absl::Status PrepareOpportunity(const v1::Opportunity* before,
                                v1::Opportunity& after,
                                const RuleContext& context);

// Says on which day an opportunity was won or lost: on `day`, or today in UTC
// where that is null. Returns INVALID_ARGUMENT for a day more than one after
// today: further on it is today nowhere.
absl::Status CloseOn(const google::type::Date* day, absl::Time now,
                     v1::Opportunity& opportunity);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_OPPORTUNITY_H_
