#include "services/collaborative/app.h"

#include "crm/collaborative/v1/conversation.pb.h"
#include "crm/collaborative/v1/message.pb.h"
#include "services/collaborative/domain/conversation.h"
#include "services/collaborative/domain/message.h"
#include "services/collaborative/handlers/conversation.h"
#include "services/collaborative/slices/slices.h"

namespace crm::collaborative {

absl::StatusOr<std::unique_ptr<Service>> MakeCollaborative(
    const ServiceEnvironment& /*environment*/) {
  auto service = std::make_unique<Service>("collaborative");

  service->application.Owns<v1::Conversation>({.prepare = PrepareConversation})
      .Owns<v1::Message, v1::Conversation>(KeepConversation,
                                           {.prepare = PrepareMessage})
      .Mutate(HandleResolveConversation)
      .Mutate(HandleReopenConversation);

  service->store_slices = {{"ENGAGEMENT", BuildEngagementSlice}};
  return service;
}

}  // namespace crm::collaborative
