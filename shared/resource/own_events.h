// Has a service decide on its own events: an Applier that is given each event
// of its outbox once, in the order of its ordering key, after the commit and
// not in the way of the call that caused it.
//
// What an event leads to is set as durable timers, in the transaction that
// moves the position: so it is decided once, and done later, each on its own.

#ifndef CRM_SHARED_RESOURCE_OWN_EVENTS_H_
#define CRM_SHARED_RESOURCE_OWN_EVENTS_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/events/applier.h"
#include "shared/resource/kernel.h"
#include "shared/resource/transaction.h"

namespace crm {

// Decides what `event` leads to. It reads, sets timers and writes tables of the
// service's own, but changes no resource: those have events themselves. May run
// more than once for one event, so it keeps nothing outside the transaction.
using EventBody =
    std::function<absl::Status(const Kernel& kernel, Transaction& transaction,
                               const internal::v1::Event& event)>;

// Returns the applier of `bodies`, which keeps its positions in the database of
// `kernel`: that has ConsumerTables(). A new epoch of the feed changes nothing
// for it, since positions and events lie in one store and are lost and restored
// together. `kernel` outlives it.
std::unique_ptr<Applier> OnOwnEvents(const Kernel& kernel,
                                     std::vector<EventBody> bodies);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_OWN_EVENTS_H_
