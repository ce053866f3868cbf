// The state machine of a resource type, as the options of its methods say it.
//
//   rpc QualifyLead(QualifyLeadRequest) returns (Lead) {
//     option (crm.api.transition) = {from: "NEW" to: "QUALIFIED"};
//   }
//
// See crm.api.Transition for what a transition does.

#ifndef CRM_SHARED_REFLECT_STATE_MACHINE_H_
#define CRM_SHARED_REFLECT_STATE_MACHINE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace crm {

// One custom method that changes the state.
struct Transition {
  const google::protobuf::MethodDescriptor* method = nullptr;
  // The verb of its permission, as `qualify`.
  std::string verb;
  // Numbers of the enum's values.
  std::set<int> from;
  int to = 0;
  // The resource's field that says when; null without one.
  const google::protobuf::FieldDescriptor* time = nullptr;
};

// Immutable.
class StateMachine {
 public:
  // Reads the transitions of `message` from the services of its proto file.
  // Returns an empty machine where there are none, and FAILED_PRECONDITION
  // (SCHEMA_INVALID) where one names a state or a field that is not there, or
  // where the field `state` is no enum that only the server sets.
  static absl::StatusOr<StateMachine> Build(
      const google::protobuf::Descriptor* message);

  const std::vector<Transition>& transitions() const { return transitions_; }

  // The field `state`; null in an empty machine.
  const google::protobuf::FieldDescriptor* state() const { return state_; }

  // Puts a new resource into the first state, if it is in none.
  void Start(google::protobuf::Message& message) const;

  // Returns the transition whose request is of the type `request`, or null.
  const Transition* Find(const google::protobuf::Descriptor* request) const;

  // Makes `transition` on `message`, for `request`, at `now`.
  //
  // Returns FAILED_PRECONDITION (ILLEGAL_TRANSITION) if `message` is in a state
  // that it does not start from.
  absl::Status Move(const Transition& transition,
                    const google::protobuf::Message& request, absl::Time now,
                    google::protobuf::Message& message) const;

 private:
  absl::Status Illegal(const Transition& transition,
                       const google::protobuf::Message& message) const;

  const google::protobuf::FieldDescriptor* state_ = nullptr;
  std::vector<Transition> transitions_;
};

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_STATE_MACHINE_H_
