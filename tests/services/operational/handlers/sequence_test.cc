#include "services/operational/handlers/sequence.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/sequence.pb.h"
#include "crm/operational/v1/sequence_enrollment.pb.h"
#include "gmock/gmock.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::Proto;
using ::crm::testing::ServiceOnClock;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Enrollment = v1::SequenceEnrollment;

class Sequences : public ::testing::Test {
 protected:
  Sequences() {
    service_.Must<v1::Lead, v1::CreateLeadRequest>(
        "CreateLead", "lead_id: 'ada' lead { display_name: 'Ada' }");
  }

  void CreateSequence(absl::string_view id, absl::string_view text) {
    service_.Must<v1::Sequence, v1::CreateSequenceRequest>(
        "CreateSequence",
        absl::StrCat("sequence_id: '", id, "' sequence { display_name: '", id,
                     "' resource_type: 'crm/Lead' ", text, " }"));
  }

  // Call after a day, mail two days later, call two hours after that.
  void CreateUsual(absl::string_view more = "") {
    CreateSequence(
        "usual",
        absl::StrCat("steps { wait_days: 1 activity { kind: CALL subject: "
                     "'1 Call {display_name}' } } steps { wait_days: 2 "
                     "activity { kind: TASK subject: '2 Mail' } } steps { "
                     "wait_hours: 2 activity { kind: CALL subject: '3 Call' } "
                     "} exit_condition: 'state = QUALIFIED OR labels:replied' ",
                     more));
  }

  void Enroll(absl::string_view id = "way",
              absl::string_view sequence = "usual") {
    service_.Must<Enrollment, v1::CreateSequenceEnrollmentRequest>(
        "CreateSequenceEnrollment",
        absl::StrCat("sequence_enrollment_id: '", id,
                     "' sequence_enrollment { sequence: 'sequences/", sequence,
                     "' target: 'leads/ada' }"));
  }

  absl::Status TryEnroll(absl::string_view target) {
    return service_
        .Serve(
            "CreateSequenceEnrollment",
            Proto<v1::CreateSequenceEnrollmentRequest>(absl::StrCat(
                "sequence_enrollment { sequence: 'sequences/usual' target: '",
                target, "' }")))
        .status();
  }

  Enrollment Get(absl::string_view id = "way") {
    return service_.Must<Enrollment, v1::GetSequenceEnrollmentRequest>(
        "GetSequenceEnrollment",
        absl::StrCat("name: 'sequenceEnrollments/", id, "'"));
  }

  template <typename Request>
  void Verb(absl::string_view method) {
    service_.Must<Enrollment, Request>(method,
                                       "name: 'sequenceEnrollments/way'");
  }

  std::vector<std::string> Subjects() {
    const auto listed =
        service_.Must<v1::ListActivitiesResponse, v1::ListActivitiesRequest>(
            "ListActivities", "order_by: 'subject'");
    std::vector<std::string> subjects;
    for (const v1::Activity& activity : listed.activities()) {
      subjects.push_back(activity.subject());
    }
    return subjects;
  }

  ServiceOnClock service_;
};

TEST_F(Sequences, B23_TakeEachStepOnceAtItsTime) {
  CreateUsual();
  Enroll();
  EXPECT_EQ(Get().next_step_time().seconds(),
            absl::ToUnixSeconds(service_.now() + absl::Hours(24)));

  service_.Advance(absl::Hours(24) - absl::Microseconds(1));
  EXPECT_THAT(Subjects(), IsEmpty());
  service_.Advance(absl::Microseconds(1));
  service_.TakeOver();
  service_.FireTimers();
  EXPECT_THAT(Subjects(), ElementsAre("1 Call Ada"));
  service_.Advance(absl::Hours(48));
  EXPECT_THAT(Subjects(), ElementsAre("1 Call Ada", "2 Mail"));
  service_.Advance(absl::Hours(2));
  EXPECT_THAT(Subjects(), ElementsAre("1 Call Ada", "2 Mail", "3 Call"));

  const Enrollment done = Get();
  EXPECT_EQ(done.state(), Enrollment::COMPLETED);
  EXPECT_EQ(done.activities_size(), 3);
  EXPECT_FALSE(done.has_next_step_time());
  service_.Advance(absl::Hours(24 * 30));
  EXPECT_EQ(Subjects().size(), 3u);
}

TEST_F(Sequences, B23_EndOnceTheExitConditionFits) {
  CreateUsual();
  Enroll();
  service_.Advance(absl::Hours(24));
  service_.Must<v1::Lead, v1::UpdateLeadRequest>(
      "UpdateLead",
      "lead { name: 'leads/ada' labels { key: 'replied' value: 'yes' } }");

  service_.Advance(absl::Hours(48));

  EXPECT_THAT(Subjects(), ElementsAre("1 Call Ada"));
  EXPECT_EQ(Get().state(), Enrollment::EXITED);
  EXPECT_EQ(Get().reason(), "EXIT_CONDITION_MET");
}

TEST_F(Sequences, B23_EnrollNothingTwiceAtATime) {
  CreateUsual();
  EXPECT_THAT(TryEnroll("customers/x"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  Enroll();
  EXPECT_THAT(TryEnroll("leads/ada"),
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  Verb<v1::ExitSequenceEnrollmentRequest>("ExitSequenceEnrollment");
  EXPECT_EQ(Get().reason(), "ASKED_FOR");
  service_.Advance(absl::Hours(24));
  EXPECT_THAT(Subjects(), IsEmpty());

  Enroll("again");
  service_.Must<v1::Sequence, v1::RetireSequenceRequest>(
      "RetireSequence", "name: 'sequences/usual'");
  service_.Must<v1::Lead, v1::CreateLeadRequest>(
      "CreateLead", "lead_id: 'bob' lead { display_name: 'Bob' }");
  EXPECT_THAT(
      TryEnroll("leads/bob"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SEQUENCE_RETIRED"));
  // Those that are enrolled go on.
  service_.Advance(absl::Hours(24));
  EXPECT_THAT(Subjects(), ElementsAre("1 Call Ada"));
}

TEST_F(Sequences, B23_WaitWhileTheyArePaused) {
  CreateUsual();
  Enroll();
  Verb<v1::PauseSequenceEnrollmentRequest>("PauseSequenceEnrollment");
  service_.Advance(absl::Hours(24 * 10));
  EXPECT_THAT(Subjects(), IsEmpty());

  Verb<v1::ResumeSequenceEnrollmentRequest>("ResumeSequenceEnrollment");
  service_.Advance(absl::ZeroDuration());

  EXPECT_THAT(Subjects(), ElementsAre("1 Call Ada"));
  EXPECT_EQ(Get().next_step_time().seconds(),
            absl::ToUnixSeconds(service_.now() + absl::Hours(48)));
}

TEST_F(Sequences, B23_StepsWithoutAWaitFollowAtOnce) {
  CreateSequence("quick",
                 "steps { activity { kind: TASK subject: '1' } } steps { "
                 "activity { kind: TASK subject: '2' } }");
  Enroll("way", "quick");

  service_.Advance(absl::Microseconds(2));

  EXPECT_THAT(Subjects(), ElementsAre("1", "2"));
  EXPECT_EQ(Get().state(), Enrollment::COMPLETED);
}

TEST_F(Sequences, B23_CountOpenDays) {
  service_.Must<v1::BusinessCalendar, v1::CreateBusinessCalendarRequest>(
      "CreateBusinessCalendar",
      "business_calendar_id: 'office' business_calendar { display_name: "
      "'Office' time_zone: 'UTC' weekdays { weekday: 5 intervals { "
      "start_minute: 540 end_minute: 1020 } } }");
  CreateUsual("business_calendar: 'businessCalendars/office'");
  // It is Wednesday noon.
  Enroll();
  EXPECT_EQ(Get().next_step_time().seconds(),
            absl::ToUnixSeconds(service_.now() + absl::Hours(48)));

  service_.Advance(absl::Hours(48));

  EXPECT_EQ(Get().next_step_time().seconds(),
            absl::ToUnixSeconds(service_.now() + absl::Hours(24 * 14)));
}

TEST_F(Sequences, B23_EndWithWhatTheyAreAbout) {
  CreateUsual();
  Enroll();
  service_.Must<v1::Lead, v1::DeleteLeadRequest>("DeleteLead",
                                                 "name: 'leads/ada'");

  service_.Advance(absl::Hours(24));

  EXPECT_THAT(Subjects(), IsEmpty());
  EXPECT_EQ(Get().state(), Enrollment::EXITED);
  EXPECT_EQ(Get().reason(), "TARGET_GONE");
}

}  // namespace
}  // namespace crm::operational
