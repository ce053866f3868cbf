// Durations as messages hold them.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_DURATIONS_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_DURATIONS_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace crm::analytical {

// Each converts a finite duration. Example: 1.5 s <-> seconds: 1 nanos: 5e8
google::protobuf::Duration ToProtoDuration(absl::Duration duration);
absl::Duration FromProtoDuration(const google::protobuf::Duration& duration);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_LIFECYCLE_DURATIONS_H_
