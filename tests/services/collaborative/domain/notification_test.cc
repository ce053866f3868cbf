#include "services/collaborative/domain/notification.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/follower.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"
#include "tests/support/matchers.h"

namespace crm::collaborative {
namespace {

using ::crm::internal::v1::Event;
using ::crm::operational::v1::Activity;
using ::crm::operational::v1::Follower;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'735'732'800);

constexpr char kMentionsAda[] =
    "name: 'activities/call' subject: 'Secret' mentions: 'users/ada' "
    "mentioned_subjects: 'user:ada'";

std::string Bytes(const std::string& text) {
  Activity activity;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &activity));
  return activity.SerializeAsString();
}

Event EventOf(const std::string& before, const std::string& after) {
  Event event;
  event.set_id("event");
  event.set_tenant("acme");
  event.set_type(before.empty() ? "activity.created" : "activity.updated");
  event.set_resource_type("crm/Activity");
  event.set_resource("activities/call");
  event.set_actor("user:bob");
  *event.mutable_event_time() = ToTimestamp(kNow);
  if (!before.empty()) {
    event.set_before(Bytes(before));
  }
  event.set_after(Bytes(after));
  return event;
}

TEST(NotificationsOf, OP_23_AMentionIsOneNotification) {
  const auto notifications = NotificationsOf(EventOf("", kMentionsAda), kNow);

  ASSERT_THAT(notifications, IsOkAndHolds(SizeIs(1)));
  const v1::Notification& notification = notifications->front();
  EXPECT_EQ(notification.recipient(), "user:ada");
  EXPECT_EQ(notification.reason(), v1::Notification::MENTION);
  EXPECT_EQ(notification.resource(), "activities/call");
  EXPECT_EQ(notification.event_type(), "activity.created");
  EXPECT_EQ(notification.event_id(), "event");
  EXPECT_EQ(notification.actor(), "user:bob");
  EXPECT_EQ(notification.name(), NotificationName("event", "user:ada"));
}

// Its reader may not be allowed to read the activity.
TEST(NotificationsOf, TellNothingOfTheContent) {
  const auto notifications = NotificationsOf(EventOf("", kMentionsAda), kNow);

  ASSERT_THAT(notifications, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(notifications->front().SerializeAsString().find("Secret"),
            std::string::npos);
}

TEST(NotificationsOf, OnlyNewMentionsAreTold) {
  const std::string both = absl::StrCat(
      kMentionsAda, " mentions: 'users/cleo' mentioned_subjects: 'user:cleo'");

  EXPECT_THAT(NotificationsOf(EventOf(kMentionsAda, kMentionsAda), kNow),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(NotificationsOf(EventOf(both, kMentionsAda), kNow),
              IsOkAndHolds(IsEmpty()));
  const auto added = NotificationsOf(EventOf(kMentionsAda, both), kNow);
  ASSERT_THAT(added, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ(added->front().recipient(), "user:cleo");
}

TEST(NotificationsOf, AnyoneIsToldOnceHoweverOftenHeIsMentioned) {
  const std::string twice = absl::StrCat(
      kMentionsAda, " mentions: 'users/ada' mentioned_subjects: 'user:ada'");

  EXPECT_THAT(NotificationsOf(EventOf("", twice), kNow),
              IsOkAndHolds(SizeIs(1)));
}

TEST(NotificationsOf, NobodyIsToldOfWhatIsDeletedOrOfUsersThatAreGone) {
  EXPECT_THAT(
      NotificationsOf(EventOf("", absl::StrCat(kMentionsAda,
                                               " delete_time { seconds: 1 }")),
                      kNow),
      IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(
      NotificationsOf(EventOf("",
                              "name: 'activities/call' mentions: 'users/gone' "
                              "mentioned_subjects: ''"),
                      kNow),
      IsOkAndHolds(IsEmpty()));
}

// Of these the notifications may be gone by now, and would come again.
TEST(NotificationsOf, NobodyIsToldOfOldEvents) {
  const Event event = EventOf("", kMentionsAda);

  EXPECT_THAT(NotificationsOf(event, kNow + kToldWithin - absl::Seconds(1)),
              IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(NotificationsOf(event, kNow + kToldWithin),
              IsOkAndHolds(IsEmpty()));
}

TEST(NotificationsOf, AnEventThatHoldsNoActivityIsRefused) {
  Event damaged = EventOf("", kMentionsAda);
  damaged.set_after("damaged");
  Event other = EventOf("", kMentionsAda);
  other.set_resource("activities/another");
  Event encrypted = EventOf("", kMentionsAda);
  encrypted.set_key_id("unknown");

  for (const Event& event : {damaged, other, encrypted}) {
    EXPECT_THAT(
        NotificationsOf(event, kNow),
        StatusIs(absl::StatusCode::kInvalidArgument, "EVENT_UNREADABLE"));
  }
}

TEST(NotificationName, CanBeAskedFor) {
  for (int i = 0; i < 100; ++i) {
    const std::string name = NotificationName(absl::StrCat("e", i), "user:a");
    EXPECT_TRUE(IsResourceId(name.substr(name.find('/') + 1))) << name;
  }
}

TEST(NotificationName, DiffersByEventAndPerson) {
  EXPECT_EQ(NotificationName("e", "user:a"), NotificationName("e", "user:a"));
  EXPECT_NE(NotificationName("e", "user:a"), NotificationName("e", "user:b"));
  EXPECT_NE(NotificationName("e", "user:a"), NotificationName("f", "user:a"));
}

TEST(EndOfNotification, ComesSoonerOnceItWasReadOrArchived) {
  v1::Notification notification;
  *notification.mutable_event_time() = ToTimestamp(kNow);
  EXPECT_EQ(EndOfNotification(notification), kNow + kKeptAfterEvent);

  const absl::Time read = kNow + absl::Hours(24 * 10);
  *notification.mutable_read_time() = ToTimestamp(read);
  EXPECT_EQ(EndOfNotification(notification), read + kKeptAfterReading);

  // Never later than it would have been anyway.
  *notification.mutable_read_time() =
      ToTimestamp(kNow + kKeptAfterEvent - absl::Hours(1));
  EXPECT_EQ(EndOfNotification(notification), kNow + kKeptAfterEvent);

  notification.clear_read_time();
  *notification.mutable_archive_time() = ToTimestamp(read);
  EXPECT_EQ(EndOfNotification(notification), read + kKeptAfterReading);
}

Event Told(const std::string& before_change, const std::string& change) {
  Event event = EventOf("", kMentionsAda);
  event.set_type("follower.updated");
  event.set_resource_type("crm/Follower");
  event.set_resource("followers/f");
  event.set_actor("system:operational");
  Follower follower;
  follower.set_name("followers/f");
  follower.set_resource("leads/secret-plan");
  follower.set_owner("user:ada");
  follower.mutable_told_change()->set_event_id(before_change);
  event.set_before(follower.SerializeAsString());
  follower.mutable_told_change()->set_event_id(change);
  *follower.mutable_told_change()->mutable_event_time() =
      ToTimestamp(kNow - absl::Seconds(7));
  event.set_after(follower.SerializeAsString());
  return event;
}

// What it was and who did it is told to who may read the resource then.
TEST(NotificationsOf, OP_23_AFollowerIsToldThatThereWasAChangeAndNoMore) {
  const auto notifications = NotificationsOf(Told("first", "second"), kNow);

  ASSERT_THAT(notifications, IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(
      notifications->front(),
      EqualsProto(absl::StrCat(
          "name: '", NotificationName("second followed", "user:ada"),
          "' recipient: 'user:ada' reason: FOLLOW resource: "
          "'leads/secret-plan' event_id: 'second' event_time { seconds: ",
          absl::ToUnixSeconds(kNow) - 7, " }")));
}

TEST(NotificationsOf, OP_23_AFollowerIsToldOfEachChangeOnce) {
  EXPECT_THAT(NotificationsOf(Told("second", "second"), kNow),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(NotificationsOf(Told("", ""), kNow), IsOkAndHolds(IsEmpty()));
}

}  // namespace
}  // namespace crm::collaborative
