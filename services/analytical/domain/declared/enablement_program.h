// The rules of enablement programs.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_ENABLEMENT_PROGRAM_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_ENABLEMENT_PROGRAM_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/enablement_program.pb.h"
#include "crm/analytical/v1/enablement_program_transitions.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::analytical {

// Sets the default of the group size, and refuses what is there twice,
// trainings that are not those of the program, and surveys that close before
// they open: INVALID_ARGUMENT with a violation for each. From its activation on
// a program keeps its surveys, as what was answered is not to change its
// meaning: FAILED_PRECONDITION (SURVEYS_FIXED). New ones may be added.
absl::Status PrepareEnablementProgram(const v1::EnablementProgram* before,
                                      v1::EnablementProgram& after,
                                      const RuleContext& context);

// Returns the team with which the answer of `subject` is counted. Errors as
// the method AnswerSurvey says, and INVALID_ARGUMENT for a survey that there is
// not, or more points than its best answer has.
absl::StatusOr<std::string> TeamOfAnswer(const v1::EnablementProgram& program,
                                         const std::string& subject,
                                         const v1::AnswerSurveyRequest& request,
                                         absl::Time now);

// Whether the last day of the survey is over.
bool IsClosed(const v1::EnablementProgram::Survey& survey, absl::Time now);

// Adds how far each team has come with the trainings, by name.
void AddCompletions(const v1::EnablementProgram& program,
                    v1::MeasureEngagementResponse& response);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_ENABLEMENT_PROGRAM_H_
