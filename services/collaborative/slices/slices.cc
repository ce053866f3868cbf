#include "services/collaborative/slices/slices.h"

#include "services/collaborative/domain/slices.h"

namespace crm::collaborative {

absl::StatusOr<std::optional<std::string>> BuildEngagementSlice(
    const ReadView& view, const std::string& customer) {
  CRM_ASSIGN_OR_RETURN(const auto conversations,
                       view.Select<v1::Conversation>("customer", customer));
  CRM_ASSIGN_OR_RETURN(const auto messages,
                       view.Select<v1::Message>("customer", customer));
  return SumUpEngagement(conversations, messages).SerializeAsString();
}

}  // namespace crm::collaborative
