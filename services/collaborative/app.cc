#include "services/collaborative/app.h"

#include "crm/collaborative/v1/conversation.pb.h"
#include "crm/collaborative/v1/message.pb.h"
#include "crm/collaborative/v1/notification.pb.h"
#include "services/collaborative/domain/conversation.h"
#include "services/collaborative/domain/message.h"
#include "services/collaborative/domain/notification.h"
#include "services/collaborative/handlers/conversation.h"
#include "services/collaborative/projections/customer_moves.h"
#include "services/collaborative/projections/merged_customers.h"
#include "services/collaborative/projections/operational_events.h"
#include "services/collaborative/slices/slices.h"

namespace crm::collaborative {

absl::StatusOr<std::unique_ptr<Service>> MakeCollaborative(
    const ServiceEnvironment& environment) {
  auto service = std::make_unique<Service>("collaborative");

  service->application
      .Owns<v1::Conversation>(
          {.prepare = PrepareConversation, .settle = SettleConversation})
      .Owns<v1::Message, v1::Conversation>(KeepConversation,
                                           {.prepare = PrepareMessage})
      .Owns<v1::Notification>({.expires = EndOfNotification})
      .Mutate(HandleResolveConversation)
      .Mutate(HandleReopenConversation)
      .Keeps(MergedCustomerTable())
      .Keeps(MovedRowTable())
      .OnTimer(kCustomerMoves, MoveMoreOfCustomer)
      .OnTimer(kChildMoves, MoveMoreChildren);

  service->store_slices = {{"ENGAGEMENT", BuildEngagementSlice}};
  service->reactions = {OperationalEvents(environment.clock)};
  return service;
}

}  // namespace crm::collaborative
