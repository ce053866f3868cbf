#include "services/collaborative/handlers/conversation.h"

#include <utility>

#include "services/collaborative/domain/conversation.h"

namespace crm::collaborative {

absl::StatusOr<v1::Conversation> HandleResolveConversation(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ResolveConversationRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      v1::Conversation conversation,
      transaction.GetLive<v1::Conversation>(request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(
      conversation,
      ResolveConversation(std::move(conversation), transaction.now()));
  transaction.Update(conversation);
  return conversation;
}

absl::StatusOr<v1::Conversation> HandleReopenConversation(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::ReopenConversationRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      v1::Conversation conversation,
      transaction.GetLive<v1::Conversation>(request.name(), request.etag()));
  CRM_ASSIGN_OR_RETURN(conversation,
                       ReopenConversation(std::move(conversation)));
  transaction.Update(conversation);
  return conversation;
}

}  // namespace crm::collaborative
