#include "services/collaborative/domain/message.h"

#include <vector>

#include "google/protobuf/util/time_util.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm::collaborative {
namespace {

bool IsLive(const v1::Message* message) {
  return message != nullptr && !message->has_delete_time();
}

// When `message` was said. A conversation is told of a new message before the
// message is prepared, when it may lack the time that it will get.
const google::protobuf::Timestamp& SayingTime(const v1::Message& message) {
  return message.has_send_time() ? message.send_time() : message.create_time();
}

}  // namespace

absl::Status PrepareMessage(const v1::Message* before, v1::Message& after,
                            const RuleContext& context) {
  std::vector<FieldViolation> violations;
  const bool note = after.channel() == v1::Message::INTERNAL;
  const bool directed = after.direction() != v1::Message::DIRECTION_UNSPECIFIED;
  if (after.channel() == v1::Message::CHANNEL_UNSPECIFIED) {
    violations.push_back({"message.channel", "is required."});
  } else if (note && directed) {
    violations.push_back(
        {"message.direction",
         "must be unset for INTERNAL: a note is said to no customer."});
  } else if (!note && !directed) {
    violations.push_back(
        {"message.direction",
         "is required: say whether it is INBOUND or OUTBOUND."});
  }
  if (!violations.empty()) return BadRequest(violations);
  if (before != nullptr) return absl::OkStatus();
  if (after.author().empty()) after.set_author(context.actor);
  if (!after.has_send_time()) {
    *after.mutable_send_time() = ToTimestamp(context.now);
  }
  return absl::OkStatus();
}

absl::Status KeepConversation(const v1::Message* before, v1::Message* after,
                              v1::Conversation& conversation) {
  if (after != nullptr) after->set_customer(conversation.customer());
  const bool was_live = IsLive(before);
  const bool is_live = IsLive(after);
  conversation.set_message_count(conversation.message_count() +
                                 (is_live ? 1 : 0) - (was_live ? 1 : 0));
  if (conversation.message_count() == 0) {
    conversation.clear_last_message_time();
  } else if (is_live &&
             (!conversation.has_last_message_time() ||
              conversation.last_message_time() < SayingTime(*after))) {
    *conversation.mutable_last_message_time() = SayingTime(*after);
  }
  return absl::OkStatus();
}

}  // namespace crm::collaborative
