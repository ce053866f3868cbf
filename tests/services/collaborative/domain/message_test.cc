#include "services/collaborative/domain/message.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::collaborative {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

RuleContext ByAda() {
  RuleContext context;
  context.now = absl::FromUnixSeconds(1'700'000'000);
  context.actor = "ada";
  return context;
}

TEST(PrepareMessage, FillsInWhoAndWhen) {
  auto message = Parse<v1::Message>("channel: EMAIL direction: OUTBOUND");

  EXPECT_THAT(PrepareMessage(nullptr, message, ByAda()), IsOk());

  EXPECT_THAT(message, EqualsProto("channel: EMAIL direction: OUTBOUND "
                                   "author: 'ada' "
                                   "send_time { seconds: 1700000000 }"));
}

TEST(PrepareMessage, KeepsWhoAndWhenItWasGiven) {
  constexpr char kMessage[] =
      "channel: LETTER direction: INBOUND author: 'bob@example.org' "
      "send_time { seconds: 1600000000 nanos: 5 }";
  auto message = Parse<v1::Message>(kMessage);

  EXPECT_THAT(PrepareMessage(nullptr, message, ByAda()), IsOk());

  EXPECT_THAT(message, EqualsProto(kMessage));
}

TEST(PrepareMessage, LeavesAnOldMessageAsItIs) {
  constexpr char kMessage[] = "channel: CHAT direction: INBOUND";
  const auto before = Parse<v1::Message>(kMessage);
  auto after = before;

  EXPECT_THAT(PrepareMessage(&before, after, ByAda()), IsOk());

  EXPECT_THAT(after, EqualsProto(kMessage));
}

TEST(PrepareMessage, RefusesWhatIsNoMessage) {
  struct Case {
    const char* name;
    const char* message;
    const char* field;
  };
  constexpr Case kCases[] = {
      {"no channel", "direction: INBOUND", "message.channel"},
      {"a note with a direction", "channel: INTERNAL direction: OUTBOUND",
       "message.direction"},
      {"a chat without a direction", "channel: CHAT", "message.direction"},
      {"a letter without a direction", "channel: LETTER", "message.direction"},
  };
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    auto message = Parse<v1::Message>(test.message);

    const absl::Status status = PrepareMessage(nullptr, message, ByAda());

    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    EXPECT_THAT(FieldViolations(status),
                ElementsAre(Field(&FieldViolation::field, test.field)));
  }
}

TEST(PrepareMessage, TakesADirectionOnEveryChannelButInternal) {
  for (int number = v1::Message::Channel_MIN + 1;
       number <= v1::Message::Channel_MAX; ++number) {
    const auto channel = static_cast<v1::Message::Channel>(number);
    SCOPED_TRACE(v1::Message::Channel_Name(channel));
    v1::Message message;
    message.set_channel(channel);
    if (channel != v1::Message::INTERNAL) {
      message.set_direction(v1::Message::INBOUND);
    }

    EXPECT_THAT(PrepareMessage(nullptr, message, ByAda()), IsOk());
  }
}

// One step in the life of a message, and what the conversation shows after it.
struct Step {
  const char* name;
  const char* before;  // Null on create.
  const char* after;   // Null on removal.
  const char* conversation;
  const char* expected;
};

constexpr Step kSteps[] = {
    {"the first message counts and is the newest", nullptr,
     "send_time { seconds: 50 } create_time { seconds: 90 }", "",
     "message_count: 1 last_message_time { seconds: 50 }"},
    {"a message without a time was said when it was created", nullptr,
     "create_time { seconds: 90 }", "",
     "message_count: 1 last_message_time { seconds: 90 }"},
    {"a newer message moves the time", nullptr, "send_time { seconds: 60 }",
     "message_count: 1 last_message_time { seconds: 50 }",
     "message_count: 2 last_message_time { seconds: 60 }"},
    {"an older message does not", nullptr, "send_time { seconds: 40 }",
     "message_count: 1 last_message_time { seconds: 50 }",
     "message_count: 2 last_message_time { seconds: 50 }"},
    {"a note counts too", nullptr, "channel: INTERNAL send_time { seconds: 7 }",
     "", "message_count: 1 last_message_time { seconds: 7 }"},
    {"an update changes nothing", "send_time { seconds: 50 }",
     "send_time { seconds: 50 } provider_message_id: 'x'",
     "message_count: 1 last_message_time { seconds: 50 }",
     "message_count: 1 last_message_time { seconds: 50 }"},
    {"a deleted message does not count", "send_time { seconds: 50 }",
     "send_time { seconds: 50 } delete_time { seconds: 99 }",
     "message_count: 2 last_message_time { seconds: 50 }",
     "message_count: 1 last_message_time { seconds: 50 }"},
    {"without messages there is no newest", "send_time { seconds: 50 }",
     "send_time { seconds: 50 } delete_time { seconds: 99 }",
     "message_count: 1 last_message_time { seconds: 50 }", ""},
    {"an undeleted message counts again",
     "send_time { seconds: 50 } delete_time { seconds: 99 }",
     "send_time { seconds: 50 }", "",
     "message_count: 1 last_message_time { seconds: 50 }"},
    {"the removal of a deleted message changes nothing",
     "send_time { seconds: 50 } delete_time { seconds: 99 }", nullptr,
     "message_count: 1 last_message_time { seconds: 60 }",
     "message_count: 1 last_message_time { seconds: 60 }"},
    {"the removal of a live message does", "send_time { seconds: 50 }", nullptr,
     "message_count: 2 last_message_time { seconds: 60 }",
     "message_count: 1 last_message_time { seconds: 60 }"},
};

TEST(KeepConversation, CountsLiveMessagesAndKnowsTheNewest) {
  for (const Step& step : kSteps) {
    SCOPED_TRACE(step.name);
    const auto before = Parse<v1::Message>(step.before ? step.before : "");
    auto after = Parse<v1::Message>(step.after ? step.after : "");
    auto conversation = Parse<v1::Conversation>(step.conversation);

    EXPECT_THAT(KeepConversation(step.before ? &before : nullptr,
                                 step.after ? &after : nullptr, conversation),
                IsOk());

    EXPECT_THAT(conversation, EqualsProto(step.expected));
  }
}

TEST(KeepConversation, GivesAMessageTheCustomer) {
  auto conversation =
      Parse<v1::Conversation>("customer: 'customers/ada' state: RESOLVED");
  auto message = Parse<v1::Message>("customer: 'customers/eve'");

  EXPECT_THAT(KeepConversation(nullptr, &message, conversation), IsOk());

  EXPECT_EQ(message.customer(), "customers/ada");
  EXPECT_EQ(conversation.state(), v1::Conversation::RESOLVED);
}

}  // namespace
}  // namespace crm::collaborative
