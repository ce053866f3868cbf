// Carries out what an automation does, as calls of the service for somebody.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_ACTIONS_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_ACTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/automation_action.pb.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/resource/catalog.h"
#include "shared/resource/inner_calls.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// What happened to a resource, as far as a caller may see it.
struct SeenChange {
  const Resource* type = nullptr;
  std::string event_id;
  // Null where there was no resource, or none that he may read.
  std::unique_ptr<google::protobuf::Message> before;
  std::unique_ptr<google::protobuf::Message> after;

  bool visible() const { return before != nullptr || after != nullptr; }
};

// Returns what the caller of `call` sees of `event`: rows that he may not read
// are missing, and fields that are hidden from him are unset.
absl::StatusOr<SeenChange> SeeChange(Transaction& transaction,
                                     const CallContext& call,
                                     const internal::v1::Event& event);

// One action that was carried out.
struct PerformedAction {
  v1::AutomationActionResult result;
  // What the call answered; null if there was nothing to do.
  std::unique_ptr<google::protobuf::Message> answer;
};

// Carries out the actions of `automation` about `change`, which is visible, in
// `transaction` and as calls like `call`, of which the methods differ. Returns
// the error of the first that fails; `performed` has those before it.
absl::Status PerformActions(const InnerCalls& calls, Transaction& transaction,
                            const CallContext& call,
                            const v1::Automation& automation,
                            const SeenChange& change,
                            std::vector<PerformedAction>& performed);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_AUTOMATION_ACTIONS_H_
