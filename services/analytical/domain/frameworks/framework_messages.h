// Frameworks as callers see them.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_FRAMEWORK_MESSAGES_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_FRAMEWORK_MESSAGES_H_

#include "crm/analytical/v1/framework.pb.h"
#include "services/analytical/domain/frameworks/framework.h"

namespace crm::analytical {

// Returns all that is to tell of a framework. A pure function.
v1::Framework ToMessage(const FrameworkData& framework);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_FRAMEWORK_MESSAGES_H_
