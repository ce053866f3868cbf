// Has what belongs to a customer follow him into a merge, and back.
//
// Every resource of this service that names a customer in a field annotated as
// a reference to `crm/Customer` is moved: to the survivor, and back if the
// merge is undone, unless the field was changed since. What takes its customer
// from the resource that it lies under follows that. It is all done in the
// transaction of the event where it is not much; the rest by durable timers,
// kMovesAtOnce resources a transaction.
//
// For each row that is not with the customer it was made for, that customer is
// remembered, so where it belongs is found from the merges that stand and not
// from the order in which they came.

#ifndef CRM_SERVICES_COLLABORATIVE_PROJECTIONS_CUSTOMER_MOVES_H_
#define CRM_SERVICES_COLLABORATIVE_PROJECTIONS_CUSTOMER_MOVES_H_

#include "absl/status/status.h"
#include "crm/collaborative/v1/conversation.pb.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/resource/catalog.h"
#include "shared/resource/timer_table.h"
#include "shared/resource/transaction.h"
#include "shared/storage/schema.h"

namespace crm::collaborative {

inline constexpr int kMovesAtOnce = 200;

// The timers that move the rest of what belongs to a customer, by his name, and
// of what lies under a resource, by its name.
inline constexpr char kCustomerMoves[] = "customer_moves";
inline constexpr char kChildMoves[] = "customer_child_moves";

// Returns the table of the rows that are not with the customer they were made
// for.
SqlTable MovedRowTable();

// Whether the event may change which customers are one.
bool ConcernsMerges(const internal::v1::Event& event);

// Notes what the event says of a merge, and moves what belongs to its
// customers. Returns INVALID_ARGUMENT (EVENT_UNREADABLE) for one that holds no
// merge operation, and the errors of the changes.
absl::Status FollowMerge(Transaction& transaction,
                         const internal::v1::Event& event);

// Forgets all merges. Those that still stand are told again; what belongs to
// others goes back later, by timers.
absl::Status ForgetMergesAndReturn(SqlWriter& writer, absl::Time now);

// Move some of what is left. TimerBodies.
absl::Status MoveMoreOfCustomer(Transaction& transaction, const Timer& timer);
absl::Status MoveMoreChildren(Transaction& transaction, const Timer& timer);

// Gives a new conversation with a merged customer to the survivor.
absl::Status SettleConversation(Transaction& transaction,
                                const v1::Conversation* before,
                                v1::Conversation& after,
                                const Settlement& settlement);

}  // namespace crm::collaborative

#endif  // CRM_SERVICES_COLLABORATIVE_PROJECTIONS_CUSTOMER_MOVES_H_
