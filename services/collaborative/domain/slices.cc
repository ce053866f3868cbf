#include "services/collaborative/domain/slices.h"

#include <set>

#include "absl/strings/string_view.h"
#include "google/protobuf/util/time_util.h"
#include "shared/reflect/resource_name.h"

namespace crm::collaborative {
namespace {

// Counts a message that is not a note.
void CountContact(const v1::Message& message,
                  profile::v1::EngagementSlice& slice) {
  slice.set_contact_count(slice.contact_count() + 1);
  if (message.direction() == v1::Message::INBOUND) {
    slice.set_inbound_message_count(slice.inbound_message_count() + 1);
  } else {
    slice.set_outbound_message_count(slice.outbound_message_count() + 1);
  }
  if (!slice.has_last_message_time() ||
      slice.last_message_time() < message.send_time()) {
    *slice.mutable_last_message_time() = message.send_time();
  }
}

}  // namespace

profile::v1::EngagementSlice SumUpEngagement(
    const std::vector<v1::Conversation>& conversations,
    const std::vector<v1::Message>& messages) {
  profile::v1::EngagementSlice slice;
  std::set<absl::string_view> live;
  for (const v1::Conversation& conversation : conversations) {
    live.insert(conversation.name());
    slice.set_conversation_count(slice.conversation_count() + 1);
    if (conversation.state() != v1::Conversation::OPEN) continue;
    slice.set_open_conversation_count(slice.open_conversation_count() + 1);
  }
  for (const v1::Message& message : messages) {
    if (!live.contains(ParentOf(message.name()))) continue;
    slice.set_message_count(slice.message_count() + 1);
    if (message.channel() == v1::Message::INTERNAL) {
      slice.set_internal_note_count(slice.internal_note_count() + 1);
    } else {
      CountContact(message, slice);
    }
  }
  return slice;
}

}  // namespace crm::collaborative
