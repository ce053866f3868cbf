// What automations do: the calls of the service that their actions come to.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_ACTION_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_ACTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/operational/v1/automation_action.pb.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "google/protobuf/message.h"
#include "shared/reflect/custom_fields.h"

namespace crm::operational {

// What an action goes by beside itself.
struct ActionFacts {
  // The resource as it was after the event, as far as the caller may see it.
  const google::protobuf::Message& resource;
  // For whom the automation acts.
  std::string run_as;
  absl::Time now;
  // What chooses among several users.
  std::string event_id;
  // The calendar that the action names; null without one.
  const v1::BusinessCalendar* calendar = nullptr;
  // The subjects of the users that it names, its team's members among them.
  std::vector<std::string> subjects = {};
  FindCustomField find_custom;
};

// Returns the request of the call that `action` comes to. Returns
// INVALID_ARGUMENT or FAILED_PRECONDITION for one that cannot be made of the
// facts.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> RequestOf(
    const v1::AutomationAction& action, const ActionFacts& facts);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_AUTOMATION_ACTION_H_
