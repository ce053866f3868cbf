#include "services/collaborative/domain/conversation.h"

#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"

namespace crm::collaborative {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;

v1::Conversation Parse(const char* text) {
  v1::Conversation conversation;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(text, &conversation));
  return conversation;
}

TEST(PrepareConversation, OpensANewOne) {
  v1::Conversation conversation = Parse("customer: 'customers/ada'");

  EXPECT_THAT(PrepareConversation(nullptr, conversation, {}), IsOk());

  EXPECT_THAT(conversation,
              EqualsProto("customer: 'customers/ada' state: OPEN"));
}

TEST(PrepareConversation, KeepsTheStateOfAnOldOne) {
  const v1::Conversation before = Parse("state: RESOLVED");
  v1::Conversation after = Parse("state: RESOLVED subject: 'Broken chair'");

  EXPECT_THAT(PrepareConversation(&before, after, {}), IsOk());

  EXPECT_EQ(after.state(), v1::Conversation::RESOLVED);
}

TEST(ResolveConversation, SaysWhenItWasResolved) {
  EXPECT_THAT(
      ResolveConversation(Parse("name: 'conversations/chair' state: OPEN"),
                          absl::FromUnixSeconds(1'700'000'000)),
      IsOkAndHolds(EqualsProto("name: 'conversations/chair' state: RESOLVED "
                               "resolve_time { seconds: 1700000000 }")));
}

TEST(ResolveConversation, RejectsAResolvedOne) {
  EXPECT_THAT(
      ResolveConversation(Parse("name: 'conversations/chair' state: RESOLVED"),
                          absl::UnixEpoch()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "CONVERSATION_RESOLVED"));
}

TEST(ReopenConversation, KeepsWhenItWasResolved) {
  EXPECT_THAT(ReopenConversation(Parse(
                  "state: RESOLVED resolve_time { seconds: 1700000000 }")),
              IsOkAndHolds(EqualsProto(
                  "state: OPEN resolve_time { seconds: 1700000000 }")));
}

TEST(ReopenConversation, RejectsAnOpenOne) {
  EXPECT_THAT(
      ReopenConversation(Parse("name: 'conversations/chair' state: OPEN")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "CONVERSATION_OPEN"));
}

}  // namespace
}  // namespace crm::collaborative
