// The rules of a conversation's life: open, resolved, open again.
//
// Everything here is a pure function of its arguments. Callers read the inputs,
// apply a rule, and persist what it returns.

#ifndef CRM_SERVICES_COLLABORATIVE_DOMAIN_CONVERSATION_H_
#define CRM_SERVICES_COLLABORATIVE_DOMAIN_CONVERSATION_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/collaborative/v1/conversation.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::collaborative {

// Completes a conversation before it is stored: a new one is OPEN.
absl::Status PrepareConversation(const v1::Conversation* before,
                                 v1::Conversation& after,
                                 const RuleContext& context);

// Returns `conversation` as RESOLVED at `now`.
//
// Returns FAILED_PRECONDITION (CONVERSATION_RESOLVED) unless it is OPEN.
absl::StatusOr<v1::Conversation> ResolveConversation(
    v1::Conversation conversation, absl::Time now);

// Returns `conversation` as OPEN. When it was last resolved stays known.
//
// Returns FAILED_PRECONDITION (CONVERSATION_OPEN) unless it is RESOLVED.
absl::StatusOr<v1::Conversation> ReopenConversation(
    v1::Conversation conversation);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_DOMAIN_CONVERSATION_H_
