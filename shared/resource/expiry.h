// The timers of resources: ResourceRules::timers, and ResourceRules::expires,
// by which the service deletes resources for good when their time is over.

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

// Sets, moves and removes the timers that go with a resource, as a change of it
// asks: `before` is null for a new one, `after` for one that is removed for
// good. Deleted ones have none. Errors of SetTimer() and ClearTimer().
absl::Status KeepTimers(SqlWriter& writer, absl::string_view tenant,
                        const Resource& resource,
                        const google::protobuf::Message* before,
                        const google::protobuf::Message* after);

// Deletes the resource that `timer` is for, unless it is deleted or expires
// later by now. A TimerBody.
absl::Status DeleteExpired(Transaction& transaction, const Timer& timer);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_EXPIRY_H_
