#include "services/collaborative/domain/slices.h"

#include <initializer_list>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::collaborative {
namespace {

using ::crm::testing::EqualsProto;

template <typename T>
std::vector<T> Parse(std::initializer_list<const char*> texts) {
  std::vector<T> messages;
  for (const char* text : texts) {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        text, &messages.emplace_back()));
  }
  return messages;
}

TEST(SumUpEngagement, CountsNothingForAStranger) {
  EXPECT_THAT(SumUpEngagement({}, {}), EqualsProto(""));
}

TEST(SumUpEngagement, CountsMessagesByWhoSpeaks) {
  const auto conversations = Parse<v1::Conversation>({
      "name: 'conversations/aa' state: OPEN",
      "name: 'conversations/bb' state: RESOLVED",
  });
  const auto messages = Parse<v1::Message>({
      "name: 'conversations/aa/messages/m1' channel: CHAT direction: INBOUND "
      "send_time { seconds: 30 }",
      "name: 'conversations/aa/messages/m2' channel: PHONE direction: OUTBOUND "
      "send_time { seconds: 50 nanos: 1 }",
      "name: 'conversations/bb/messages/m1' channel: EMAIL direction: INBOUND "
      "send_time { seconds: 50 }",
      "name: 'conversations/bb/messages/m2' channel: INTERNAL "
      "send_time { seconds: 90 }",
  });

  EXPECT_THAT(SumUpEngagement(conversations, messages),
              EqualsProto("conversation_count: 2 open_conversation_count: 1 "
                          "message_count: 4 inbound_message_count: 2 "
                          "outbound_message_count: 1 internal_note_count: 1 "
                          "contact_count: 3 "
                          "last_message_time { seconds: 50 nanos: 1 }"));
}

TEST(SumUpEngagement, LeavesTheTimeUnsetWhereThereAreOnlyNotes) {
  const auto conversations =
      Parse<v1::Conversation>({"name: 'conversations/aa' state: OPEN"});
  const auto messages = Parse<v1::Message>(
      {"name: 'conversations/aa/messages/m1' channel: INTERNAL "
       "send_time { seconds: 90 }"});

  EXPECT_THAT(SumUpEngagement(conversations, messages),
              EqualsProto("conversation_count: 1 open_conversation_count: 1 "
                          "message_count: 1 internal_note_count: 1"));
}

TEST(SumUpEngagement, LeavesOutTheMessagesOfDeletedConversations) {
  const auto messages = Parse<v1::Message>(
      {"name: 'conversations/gone/messages/m1' channel: CHAT "
       "direction: INBOUND send_time { seconds: 90 }"});

  EXPECT_THAT(SumUpEngagement({}, messages), EqualsProto(""));
}

}  // namespace
}  // namespace crm::collaborative
