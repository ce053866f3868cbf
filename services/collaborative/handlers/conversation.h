// The custom methods of conversations.

#ifndef CRM_SERVICES_COLLABORATIVE_HANDLERS_CONVERSATION_H_
#define CRM_SERVICES_COLLABORATIVE_HANDLERS_CONVERSATION_H_

#include "absl/status/statusor.h"
#include "crm/collaborative/v1/conversation.pb.h"
#include "shared/resource/transaction.h"

namespace crm::collaborative {

// Each serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::Conversation> HandleResolveConversation(
    Transaction& transaction, const CallContext& call,
    const v1::ResolveConversationRequest& request);
absl::StatusOr<v1::Conversation> HandleReopenConversation(
    Transaction& transaction, const CallContext& call,
    const v1::ReopenConversationRequest& request);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_HANDLERS_CONVERSATION_H_
