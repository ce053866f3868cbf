#include "services/collaborative/domain/conversation.h"

#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm::collaborative {
namespace {

absl::Status WrongState(const v1::Conversation& conversation,
                        absl::string_view reason, absl::string_view what) {
  return FailedPrecondition(
      reason,
      absl::StrCat("Conversation '", conversation.name(), "' is ",
                   v1::Conversation::State_Name(conversation.state()), "; ",
                   what, "."),
      conversation.name());
}

}  // namespace

absl::Status PrepareConversation(const v1::Conversation* before,
                                 v1::Conversation& after,
                                 const RuleContext& /*context*/) {
  if (before == nullptr) after.set_state(v1::Conversation::OPEN);
  return absl::OkStatus();
}

absl::StatusOr<v1::Conversation> ResolveConversation(
    v1::Conversation conversation, absl::Time now) {
  if (conversation.state() != v1::Conversation::OPEN) {
    return WrongState(conversation, "CONVERSATION_RESOLVED",
                      "only an OPEN conversation can be resolved");
  }
  conversation.set_state(v1::Conversation::RESOLVED);
  *conversation.mutable_resolve_time() = ToTimestamp(now);
  return conversation;
}

absl::StatusOr<v1::Conversation> ReopenConversation(
    v1::Conversation conversation) {
  if (conversation.state() != v1::Conversation::RESOLVED) {
    return WrongState(conversation, "CONVERSATION_OPEN",
                      "only a RESOLVED conversation can be reopened");
  }
  conversation.set_state(v1::Conversation::OPEN);
  return conversation;
}

}  // namespace crm::collaborative
