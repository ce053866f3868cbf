// State machines (AIP-216): every custom method that changes the state, in each
// state.

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "google/rpc/error_details.pb.h"
#include "tests/conformance/resource_contract.h"

namespace crm::testing {
namespace {

using ::google::protobuf::EnumValueDescriptor;

// The metadata of the ErrorInfo of `status`.
std::map<std::string, std::string> MetadataOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const google::rpc::Status whole = ToRpcStatus(status);
  for (const auto& detail : whole.details()) {
    if (detail.UnpackTo(&info)) break;
  }
  return {info.metadata().begin(), info.metadata().end()};
}

std::vector<const EnumValueDescriptor*> StatesOf(const StateMachine& machine) {
  std::vector<const EnumValueDescriptor*> states;
  const auto* type = machine.state()->enum_type();
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0) states.push_back(type->value(i));
  }
  return states;
}

// What the metadata of a refused transition says, as it follows from the
// options of the methods.
std::map<std::string, std::string> Expected(const StateMachine& machine,
                                            const crm::Transition& transition,
                                            const EnumValueDescriptor* state) {
  std::vector<std::string> allowed;
  std::vector<std::string> next;
  for (const EnumValueDescriptor* other : StatesOf(machine)) {
    if (transition.from.contains(other->number())) {
      allowed.push_back(other->name());
    }
  }
  for (const crm::Transition& other : machine.transitions()) {
    if (other.from.contains(state->number())) next.push_back(other.verb);
  }
  return {{"state", state->name()},
          {"verb", transition.verb},
          {"allowed_from", absl::StrJoin(allowed, ", ")},
          {"next", absl::StrJoin(next, ", ")}};
}

TEST_P(ResourceContract, ANewResourceIsInTheFirstState) {
  CRM_NEEDS(Verb::kCreate)
  const StateMachine& machine = schema().machine();
  if (machine.state() == nullptr) GTEST_SKIP() << "has no transitions";

  const MessagePtr made = MakeOne();

  EXPECT_EQ(made->GetReflection()->GetEnum(*made, machine.state()),
            StatesOf(machine).front());
}

TEST_P(ResourceContract, TransitionsStartWhereTheyMayAndNowhereElse) {
  CRM_NEEDS(Verb::kCreate)
  const StateMachine& machine = schema().machine();
  if (machine.state() == nullptr) GTEST_SKIP() << "has no transitions";
  const MessagePtr made = MakeOne();

  for (const EnumValueDescriptor* state : StatesOf(machine)) {
    for (const crm::Transition& transition : machine.transitions()) {
      SCOPED_TRACE(transition.verb + " in " + state->name());
      const MessagePtr request = CustomRequest(transition.method->input_type());
      SetText(*request, "name", NameOf(*made));
      PutInto(NameOf(*made), state);
      const StoredRecords records = Records();

      const absl::Status status =
          service()
              .client()
              .Call(transition.method, *request, {.token = token()})
              .status;

      if (transition.from.contains(state->number())) {
        EXPECT_NE(ErrorReason(status), "ILLEGAL_TRANSITION");
        continue;
      }
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                                   "ILLEGAL_TRANSITION"));
      EXPECT_EQ(MetadataOf(status), Expected(machine, transition, state));
      EXPECT_EQ(Records(), records);
    }
  }
}

}  // namespace
}  // namespace crm::testing
