// The rules of messages, and of what a conversation tells about its messages.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_COLLABORATIVE_DOMAIN_MESSAGE_H_
#define CRM_SERVICES_COLLABORATIVE_DOMAIN_MESSAGE_H_

#include "absl/status/status.h"
#include "crm/collaborative/v1/conversation.pb.h"
#include "crm/collaborative/v1/message.pb.h"
#include "shared/reflect/rule_context.h"

namespace crm::collaborative {

// Completes and checks a message before it is stored. A new one is written by
// the caller unless it says by whom, and said now unless it says when.
//
// Returns INVALID_ARGUMENT unless it has a channel, and a direction exactly if
// the channel is not INTERNAL.
absl::Status PrepareMessage(const v1::Message* before, v1::Message& after,
                            const RuleContext& context);

// Keeps `conversation` in step with a message of it that is `before` the change
// and `after` it: null before it is created and after it is removed for good. A
// message belongs to the customer of the conversation. The conversation counts
// its live messages, and knows when the newest was said: a message that is
// deleted was said all the same, so the time goes back only when none is left.
absl::Status KeepConversation(const v1::Message* before, v1::Message* after,
                              v1::Conversation& conversation);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_DOMAIN_MESSAGE_H_
