#include "services/operational/domain/follower_notice.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace crm::operational {
namespace {

using ::crm::internal::v1::Event;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

Event Change() {
  return Parse<Event>(
      "id: 'change' resource_type: 'crm/Lead' resource: 'leads/ada' "
      "actor: 'user:ada' event_time { seconds: 50 }");
}

TEST(FollowerNotice, OP_23_TellsOfWhatOthersDidSinceHeFollowed) {
  struct Case {
    const char* follower;
    bool told;
  };
  const Case kCases[] = {
      {"owner: 'user:bob' create_time { seconds: 49 }", true},
      {"owner: 'user:bob' create_time { seconds: 50 }", true},
      {"owner: 'user:bob' create_time { seconds: 51 }", false},
      {"owner: 'user:ada' create_time { seconds: 49 }", false},
  };
  for (const Case& test : kCases) {
    auto follower = Parse<v1::Follower>(test.follower);

    EXPECT_EQ(Tell(Change(), follower), test.told) << test.follower;
    EXPECT_EQ(follower.told_change().event_id(), test.told ? "change" : "");
    EXPECT_EQ(follower.told_change().event_time().seconds(),
              test.told ? 50 : 0);
  }
}

TEST(FollowerNotice, OP_23_ThatSomebodyWasToldIsNotTold) {
  Event told = Change();
  told.set_resource_type("crm/Follower");

  EXPECT_TRUE(IsWorthTelling(Change()));
  EXPECT_FALSE(IsWorthTelling(told));
}

}  // namespace
}  // namespace crm::operational
