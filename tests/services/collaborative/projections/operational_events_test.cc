#include "services/collaborative/projections/operational_events.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/collaborative/v1/notification.pb.h"
#include "crm/collaborative/v1/notification_transitions.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/follower.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/collaborative/domain/notification.h"
#include "tests/services/collaborative/event_feeder.h"
#include "tests/support/matchers.h"

namespace crm::collaborative {
namespace {

using ::crm::internal::v1::Event;
using ::crm::operational::v1::Activity;
using ::crm::operational::v1::Follower;
using ::crm::testing::EventFeeder;
using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::StatusIs;

class NotificationsTest : public ::testing::Test {
 protected:
  // Returns the event by which an activity that mentions user:ID was made.
  Event Mention(const std::string& id) {
    return feeder_.EventOf("Activity",
                           Proto<Activity>(absl::StrCat(
                               "name: 'activities/call' mentions: 'users/", id,
                               "' mentioned_subjects: 'user:", id, "'")),
                           "created");
  }

  v1::ListNotificationsResponse List() {
    return feeder_.service()
        .Must<v1::ListNotificationsResponse, v1::ListNotificationsRequest>(
            "ListNotifications", "");
  }

  EventFeeder feeder_;
};

TEST_F(NotificationsTest, OP_23_CO_18_AMentionIsTold) {
  ASSERT_THAT(feeder_.Apply({Mention("bob")}), IsOk());

  const v1::ListNotificationsResponse list = List();
  ASSERT_EQ(list.notifications_size(), 1);
  EXPECT_EQ(list.notifications(0).recipient(), "user:bob");
  EXPECT_EQ(list.notifications(0).state(), v1::Notification::UNREAD);
  EXPECT_EQ(list.notifications(0).resource(), "activities/call");
}

TEST_F(NotificationsTest, CO_18_IsOneHoweverOftenTheEventComes) {
  const Event event = Mention("bob");

  // Three times in one step, again in another, and from the beginning.
  ASSERT_THAT(feeder_.Apply({event, event, event}), IsOk());
  ASSERT_THAT(feeder_.Apply({event}), IsOk());
  const std::string name = List().notifications(0).name();
  feeder_.service().Must<v1::Notification, v1::MarkNotificationReadRequest>(
      "MarkNotificationRead", absl::StrCat("name: '", name, "'"));
  ASSERT_THAT(feeder_.Restart(), IsOk());
  ASSERT_THAT(feeder_.Apply({event}), IsOk());

  const v1::ListNotificationsResponse list = List();
  ASSERT_EQ(list.notifications_size(), 1);
  EXPECT_EQ(list.notifications(0).state(), v1::Notification::READ);
  EXPECT_EQ(feeder_.service().EventsOf(name), 2);
}

// As it is when the operational service has lost its last moments, and tells
// its followers again.
TEST_F(NotificationsTest, OP_23_AChangeThatIsToldAgainIsNotifiedOnce) {
  const auto told = [&](absl::string_view change) {
    return feeder_.EventOf(
        "Follower",
        Proto<Follower>(absl::StrCat(
            "name: 'followers/f' resource: 'leads/ada' owner: 'user:bob' "
            "told_change { event_id: '",
            change, "' event_time { seconds: 1735732800 } }")),
        "updated");
  };

  ASSERT_THAT(feeder_.Apply({told("one"), told("two")}), IsOk());
  ASSERT_THAT(feeder_.Apply({told("one")}), IsOk());

  const v1::ListNotificationsResponse list = List();
  ASSERT_EQ(list.notifications_size(), 2);
  EXPECT_EQ(list.notifications(0).recipient(), "user:bob");
  EXPECT_EQ(list.notifications(0).reason(), v1::Notification::FOLLOW);
  EXPECT_EQ(list.notifications(0).resource(), "leads/ada");
}

// Another replica that was slower has no effect.
TEST_F(NotificationsTest, CO_18_AStepOfTwoReplicasIsAppliedByOne) {
  ReactionApplier other(feeder_.service().kernel(),
                        OperationalEvents(feeder_.service().clock()));
  const FeedStep step = feeder_.Step(1);
  const Event event = Mention("bob");

  ASSERT_THAT(other.Apply(step, {event}), IsOk());
  EXPECT_THAT(feeder_.applier().Apply(step, {event}),
              StatusIs(absl::StatusCode::kAborted, "POSITION_MOVED"));

  EXPECT_EQ(List().notifications_size(), 1);
}

TEST_F(NotificationsTest, IsReadAndThenArchived) {
  ASSERT_THAT(feeder_.Apply({Mention("bob")}), IsOk());
  const std::string name =
      absl::StrCat("name: '", List().notifications(0).name(), "'");
  auto& service = feeder_.service();

  const auto read =
      service.Must<v1::Notification, v1::MarkNotificationReadRequest>(
          "MarkNotificationRead", name);
  EXPECT_EQ(read.state(), v1::Notification::READ);
  EXPECT_TRUE(read.has_read_time());
  EXPECT_THAT(
      service.Call<v1::Notification>(
          "MarkNotificationRead", Proto<v1::MarkNotificationReadRequest>(name)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
  const auto archived =
      service.Must<v1::Notification, v1::ArchiveNotificationRequest>(
          "ArchiveNotification", name);
  EXPECT_EQ(archived.state(), v1::Notification::ARCHIVED);
}

TEST_F(NotificationsTest, DeletesItselfInTheEnd) {
  ASSERT_THAT(feeder_.Apply({Mention("bob"), Mention("cleo")}), IsOk());
  feeder_.service().Must<v1::Notification, v1::MarkNotificationReadRequest>(
      "MarkNotificationRead",
      absl::StrCat("name: '", List().notifications(0).name(), "'"));

  feeder_.service().Advance(kKeptAfterReading - absl::Seconds(1));
  EXPECT_EQ(List().notifications_size(), 2);
  feeder_.service().Advance(absl::Seconds(1));
  EXPECT_EQ(List().notifications_size(), 1);
  feeder_.service().Advance(kKeptAfterEvent - kKeptAfterReading);
  EXPECT_EQ(List().notifications_size(), 0);
}

TEST_F(NotificationsTest, WhatConcernsNobodyMovesThePositionOnly) {
  Event other = Mention("bob");
  other.set_resource_type("crm/Lead");
  other.set_type("lead.created");

  ASSERT_THAT(feeder_.Apply({other, other}), IsOk());

  EXPECT_EQ(List().notifications_size(), 0);
  EXPECT_EQ(feeder_.applier().Load("operational")->positions[0], 2);
}

}  // namespace
}  // namespace crm::collaborative
