#include "services/operational/domain/sequence.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

using Enrollment = v1::SequenceEnrollment;

constexpr char kSteps[] =
    "steps { wait_days: 1 activity { subject: 'a' } } "
    "steps { wait_hours: 3 activity { subject: 'b' } } ";

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

v1::Sequence OnLeads(const std::string& text) {
  return Parse<v1::Sequence>(absl::StrCat(
      "name: 'sequences/s' resource_type: 'crm/Lead' state: ACTIVE ", text));
}

// Knows leads and one sequence.
RuleContext Context(const v1::Sequence* sequence = nullptr) {
  RuleContext context;
  context.now = absl::FromUnixSeconds(1'700'000'000);
  context.actor = "user:ada";
  context.find_type =
      [](absl::string_view type) -> const google::protobuf::Descriptor* {
    return type == "crm/Lead" ? v1::Lead::descriptor() : nullptr;
  };
  context.find = [sequence](
                     const google::protobuf::Descriptor* type,
                     absl::string_view) -> const google::protobuf::Message* {
    return type == v1::Sequence::descriptor() ? sequence : nullptr;
  };
  return context;
}

TEST(PrepareSequence, B23_SaysAllThatIsWrongAtOnce) {
  struct Case {
    const char* text;
    std::vector<std::string> fields;
  };
  for (const Case& test : std::initializer_list<Case>{
           {"steps { activity { subject: 'Call {display_name}' } } "
            "exit_condition: 'state = CONVERTED'",
            {}},
           {"steps { activity { subject: '{moon}' } } steps { activity { "
            "subject: 'x' description: '{' } } exit_condition: 'moon = 1'",
            {"sequence.exit_condition", "sequence.steps[0].activity.subject",
             "sequence.steps[1].activity.description"}}}) {
    v1::Sequence sequence = OnLeads(test.text);
    const absl::Status status = PrepareSequence(nullptr, sequence, Context());
    std::vector<std::string> fields;
    for (const FieldViolation& violation : FieldViolations(status)) {
      fields.push_back(violation.field);
    }
    EXPECT_THAT(fields, ElementsAreArray(test.fields)) << test.text;
    EXPECT_EQ(status.ok(), test.fields.empty()) << test.text;
  }
  v1::Sequence sequence = OnLeads(kSteps);
  sequence.set_resource_type("crm/Sequence");
  EXPECT_THAT(PrepareSequence(nullptr, sequence, Context()),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(PrepareSequence, StepsStayAsTheyAre) {
  const v1::Sequence before = OnLeads(kSteps);
  v1::Sequence after = OnLeads(absl::StrCat(
      kSteps, "exit_condition: 'state = CONVERTED' display_name: 'New'"));
  EXPECT_THAT(PrepareSequence(&before, after, Context()), IsOk());
  after.mutable_steps(1)->set_wait_hours(4);
  EXPECT_THAT(
      PrepareSequence(&before, after, Context()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SEQUENCE_STEPS_FIXED"));
}

TEST(PrepareSequenceEnrollment, WaitsFromWhenItWasEnrolled) {
  const v1::Sequence sequence = OnLeads(kSteps);
  const RuleContext context = Context(&sequence);
  auto enrollment = Parse<Enrollment>(
      "sequence: 'sequences/s' target: 'leads/ada' state: ACTIVE");
  ASSERT_THAT(PrepareSequenceEnrollment(nullptr, enrollment, context), IsOk());
  EXPECT_EQ(enrollment.active_key(), "sequences/s leads/ada");
  EXPECT_EQ(enrollment.run_as(), "user:ada");
  EXPECT_EQ(NextSequenceStep(enrollment), context.now + absl::Hours(24));

  enrollment.set_state(Enrollment::PAUSED);
  EXPECT_EQ(NextSequenceStep(enrollment), absl::InfiniteFuture());
}

TEST(PrepareSequenceEnrollment, RefusesOtherTypesAndRetiredSequences) {
  v1::Sequence sequence = OnLeads(kSteps);
  auto other = Parse<Enrollment>(
      "sequence: 'sequences/s' target: 'accounts/a' state: ACTIVE");
  EXPECT_THAT(PrepareSequenceEnrollment(nullptr, other, Context(&sequence)),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  sequence.set_state(v1::Sequence::RETIRED);
  auto late = Parse<Enrollment>(
      "sequence: 'sequences/s' target: 'leads/a' state: ACTIVE");
  EXPECT_THAT(
      PrepareSequenceEnrollment(nullptr, late, Context(&sequence)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SEQUENCE_RETIRED"));
}

TEST(IsExited, SaysTheCondition) {
  const auto lead = Parse<v1::Lead>("company: 'Acme'");
  EXPECT_FALSE(IsExited(OnLeads(""), lead, {}));
  EXPECT_TRUE(IsExited(OnLeads("exit_condition: 'company = Acme'"), lead, {}));
  EXPECT_FALSE(
      IsExited(OnLeads("exit_condition: 'company = Other'"), lead, {}));
  // One that does not fit the type any more ends nothing.
  EXPECT_FALSE(
      IsExited(OnLeads("exit_condition: 'custom_fields.gone = 1'"), lead, {}));
}

TEST(AdvanceEnrollment, GoesOnAndEnds) {
  const v1::Sequence sequence = OnLeads(kSteps);
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  auto enrollment = Parse<Enrollment>("state: ACTIVE");
  *enrollment.mutable_next_step_time() = ToTimestamp(now);

  ASSERT_THAT(
      AdvanceEnrollment(sequence, nullptr, now, "activities/1", enrollment),
      IsOk());
  EXPECT_EQ(enrollment.state(), Enrollment::ACTIVE);
  EXPECT_EQ(enrollment.next_step(), 1);
  EXPECT_EQ(NextSequenceStep(enrollment), now + absl::Hours(3));

  const absl::Time later = now + absl::Hours(5);
  ASSERT_THAT(
      AdvanceEnrollment(sequence, nullptr, later, "activities/2", enrollment),
      IsOk());
  EXPECT_EQ(enrollment.state(), Enrollment::COMPLETED);
  EXPECT_EQ(FromTimestamp(enrollment.end_time()), later);
  EXPECT_THAT(enrollment.activities(),
              ElementsAre("activities/1", "activities/2"));
}

}  // namespace
}  // namespace crm::operational
