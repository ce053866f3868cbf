// How the collaborative part of a customer's profile is summed up.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_COLLABORATIVE_DOMAIN_SLICES_H_
#define CRM_SERVICES_COLLABORATIVE_DOMAIN_SLICES_H_

#include <vector>

#include "crm/collaborative/v1/conversation.pb.h"
#include "crm/collaborative/v1/message.pb.h"
#include "crm/profile/v1/engagement_slice.pb.h"

namespace crm::collaborative {

// Returns how a customer and the business talk. All counts are 0 for a customer
// without conversations. Messages of conversations that are not among
// `conversations`, as those of deleted ones, do not count.
profile::v1::EngagementSlice SumUpEngagement(
    const std::vector<v1::Conversation>& conversations,
    const std::vector<v1::Message>& messages);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_DOMAIN_SLICES_H_
