// Resources that the service deletes for good when their time is over; see
// ResourceRules::expires.

#ifndef CRM_SHARED_RESOURCE_EXPIRY_H_
#define CRM_SHARED_RESOURCE_EXPIRY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/resource/catalog.h"
#include "shared/resource/timer_table.h"
#include "shared/resource/transaction.h"

namespace crm {

// The kind of the timers.
inline constexpr char kExpiryTimer[] = "resources.expire";

// Sets the timer of `message`, if it expires. Errors of SetTimer().
absl::Status ScheduleExpiry(SqlWriter& writer, absl::string_view tenant,
                            const Resource& resource,
                            const google::protobuf::Message& message);

// Deletes the resource that `timer` is for, unless it is deleted or expires
// later by now. A TimerBody.
absl::Status DeleteExpired(Transaction& transaction, const Timer& timer);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_EXPIRY_H_
