// Finds who gets a lead: reads what the rules of domain/assignment.h need, and
// keeps whose turn it is.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_ASSIGNMENT_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_ASSIGNMENT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/assignment_rule.pb.h"
#include "crm/operational/v1/assignment_rule_transitions.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/lead_transitions.pb.h"
#include "shared/resource/catalog.h"
#include "shared/resource/transaction.h"
#include "shared/storage/schema.h"

namespace crm::operational {

// Returns the table of whom each rule chose last. It is no resource, since it
// changes with every lead: so it costs no event, and no etag of a rule.
SqlTable AssignmentTurnTable();

// Gives `lead`, which is new, to whom the rules choose, if it came without an
// owner from a caller who may create leads for everybody.
absl::Status SettleOwner(Transaction& transaction, v1::Lead& lead,
                         const Settlement& settlement);

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Lead> HandleAssignLead(Transaction& transaction,
                                          const CallContext& call,
                                          const v1::AssignLeadRequest& request);

absl::StatusOr<v1::AssignmentRule> HandleActivateAssignmentRule(
    Transaction& transaction, const CallContext& call,
    const v1::ActivateAssignmentRuleRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_LEAD_ASSIGNMENT_H_
