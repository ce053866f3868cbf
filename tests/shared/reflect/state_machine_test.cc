#include "shared/reflect/state_machine.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::TextFormat;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

template <typename T>
StateMachine MachineOf() {
  auto machine = StateMachine::Build(T::descriptor());
  EXPECT_THAT(machine, IsOk());
  return *std::move(machine);
}

TEST(StateMachine, ReadsTheTransitionsOfAResource) {
  const StateMachine machine = MachineOf<v1::Lead>();

  const Transition* qualify =
      machine.Find(v1::QualifyLeadRequest::descriptor());
  ASSERT_NE(qualify, nullptr);
  EXPECT_EQ(qualify->verb, "qualify");
  EXPECT_THAT(qualify->from, ElementsAre(v1::Lead::NEW, v1::Lead::ASSIGNED,
                                         v1::Lead::WORKING));
  EXPECT_EQ(qualify->to, v1::Lead::QUALIFIED);
  ASSERT_NE(qualify->time, nullptr);
  EXPECT_EQ(qualify->time->name(), "qualify_time");
  EXPECT_EQ(machine.Find(v1::GetLeadRequest::descriptor()), nullptr);
}

TEST(StateMachine, IsEmptyWhereNothingMoves) {
  const StateMachine machine = MachineOf<v1::Product>();
  v1::Product product;

  machine.Start(product);

  EXPECT_TRUE(machine.transitions().empty());
  EXPECT_EQ(machine.state(), nullptr);
  EXPECT_THAT(product, EqualsProto(""));
}

TEST(StateMachine, StartsInTheFirstState) {
  const StateMachine machine = MachineOf<v1::Lead>();
  v1::Lead lead;
  v1::Lead qualified;
  qualified.set_state(v1::Lead::QUALIFIED);

  machine.Start(lead);
  machine.Start(qualified);

  EXPECT_EQ(lead.state(), v1::Lead::NEW);
  EXPECT_EQ(qualified.state(), v1::Lead::QUALIFIED);
}

TEST(StateMachine, WritesStateTimeAndWhatTheRequestSays) {
  const StateMachine machine = MachineOf<v1::Activity>();
  v1::CompleteActivityRequest request;
  request.set_name("activities/other");
  request.set_etag("\"7\"");
  request.set_outcome("She buys.");
  v1::Activity activity;
  activity.set_name("activities/call");
  activity.set_etag("\"1\"");
  activity.set_state(v1::Activity::PLANNED);

  EXPECT_THAT(machine.Move(*machine.Find(request.GetDescriptor()), request,
                           kNow, activity),
              IsOk());

  EXPECT_THAT(activity,
              EqualsProto("name: 'activities/call' etag: '\"1\"' state: DONE "
                          "outcome: 'She buys.' "
                          "complete_time { seconds: 1700000000 }"));
}

TEST(StateMachine, RefusesWhatTheStateDoesNotAllow) {
  const StateMachine machine = MachineOf<v1::Lead>();
  const v1::ConvertLeadRequest request;
  v1::Lead lead;
  lead.set_name("leads/ada");
  lead.set_state(v1::Lead::NEW);
  const v1::Lead before = lead;

  const absl::Status status =
      machine.Move(*machine.Find(request.GetDescriptor()), request, kNow, lead);

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                               "ILLEGAL_TRANSITION"));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("'leads/ada' is NEW"),
                    HasSubstr("'convert' needs QUALIFIED"),
                    HasSubstr("these lead on: qualify, disqualify")));
  EXPECT_EQ(lead.SerializeAsString(), before.SerializeAsString());
}

TEST(StateMachine, SaysThatNothingLeadsOnFromTheEnd) {
  const StateMachine machine = MachineOf<v1::Activity>();
  const v1::CompleteActivityRequest request;
  v1::Activity activity;
  activity.set_state(v1::Activity::DONE);

  const absl::Status status = machine.Move(
      *machine.Find(request.GetDescriptor()), request, kNow, activity);

  EXPECT_THAT(std::string(status.message()), HasSubstr("nothing leads on"));
}

// A resource with one method, whose transition Build() refuses.
struct BadTransition {
  const char* transition;
  const char* problem;
};

TEST(StateMachine, SaysWhatIsWrongWithATransition) {
  constexpr BadTransition kBad[] = {
      {"from: 'OLD' to: 'DONE'", "there is no state 'OLD'"},
      {"from: 'NEW' to: 'STATE_UNSPECIFIED'",
       "there is no state 'STATE_UNSPECIFIED'"},
      {"from: 'NEW'", "there is no state ''"},
      {"to: 'DONE'", "starts nowhere"},
      {"from: 'NEW' to: 'DONE' time: 'name'", "'name' is no time"},
      {"from: 'NEW' to: 'DONE' time: 'end_time'", "'end_time' is no time"},
  };
  for (const BadTransition& bad : kBad) {
    SCOPED_TRACE(bad.transition);
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(TextFormat::ParseFromString(
        absl::StrCat(
            "name: 'test.proto' package: 'test' syntax: 'proto3' "
            "message_type { name: 'T' "
            "  field { name: 'name' number: 1 type: TYPE_STRING "
            "          label: LABEL_OPTIONAL } "
            "  field { name: 'state' number: 2 type: TYPE_ENUM "
            "          type_name: '.test.T.State' label: LABEL_OPTIONAL "
            "          options { [google.api.field_behavior]: OUTPUT_ONLY } } "
            "  enum_type { name: 'State' "
            "    value { name: 'STATE_UNSPECIFIED' number: 0 } "
            "    value { name: 'NEW' number: 1 } "
            "    value { name: 'DONE' number: 2 } } } "
            "message_type { name: 'EndTRequest' } "
            "service { name: 'TService' method { name: 'EndT' "
            "  input_type: '.test.EndTRequest' output_type: '.test.T' "
            "  options { [crm.api.permission]: 'ts.end' "
            "            [crm.api.transition] { ",
            bad.transition, " } } } }"),
        &file));
    DescriptorPool pool(DescriptorPool::generated_pool());
    const auto* built = pool.BuildFile(file);
    ASSERT_NE(built, nullptr);

    const auto machine = StateMachine::Build(built->message_type(0));

    EXPECT_THAT(machine, StatusIs(absl::StatusCode::kFailedPrecondition,
                                  "SCHEMA_INVALID"));
    EXPECT_THAT(std::string(machine.status().message()),
                HasSubstr(bad.problem));
  }
}

}  // namespace
}  // namespace crm
