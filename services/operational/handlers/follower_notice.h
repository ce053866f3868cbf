// Tells followers of changes.
//
// The follower of the service's own events sets a durable timer for each change
// of a resource that somebody follows; the timer walks the followers in the
// order of their names, some in each transaction, and notes in each of which
// change he was told. That is an event of the follower, from which the
// collaborative service makes his notification. A transaction sets the timer
// for the rest with what it wrote, so that each follower is told of a change
// once, wherever the process ends.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_FOLLOWER_NOTICE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_FOLLOWER_NOTICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/resource/inner_calls.h"
#include "shared/resource/kernel.h"
#include "shared/resource/timer_worker.h"
#include "shared/resource/transaction.h"

namespace crm::operational {

// The kind of the timers.
inline constexpr char kFollowerNotice[] = "follower-notice";

// How many followers one transaction tells at most.
inline constexpr int kToldAtOnce = 200;

// Sets the timer of `event` if somebody follows its resource.
absl::Status NoticeChange(const Kernel& kernel, Transaction& transaction,
                          const internal::v1::Event& event);

// Tells the next followers of the change of a timer.
absl::StatusOr<TimerCommit> TellFollowers(const InnerCalls& calls,
                                          const Timer& timer);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_FOLLOWER_NOTICE_H_
