// Has the writers of several processes take turns, once they are in each
// other's way: serializable transactions that overlap on a few small tables
// mostly end with one of them undone, and the work is done twice for nothing.
//
// A turn is a lock on one row, held by a transaction that changes nothing else.
// It is a courtesy: who does not get it in time writes all the same, and the
// server tells what conflicts. So a process that stands still with the turn in
// its hands delays others for a moment and keeps nobody from writing.

#ifndef CRM_SHARED_STORAGE_POSTGRES_WRITE_TURN_H_
#define CRM_SHARED_STORAGE_POSTGRES_WRITE_TURN_H_

#include <chrono>
#include <memory>

#include "shared/storage/postgres/connection.h"
#include "shared/storage/postgres/connection_source.h"

namespace crm {

// The turns of one writer; it opens a connection of its own when there is the
// first to take. Thread-compatible.
class WriteTurn final {
 public:
  // `source` outlives it. The store was migrated to.
  explicit WriteTurn(ConnectionSource& source) : source_(source) {}

  // Says that another process was in the way: turns are taken for some seconds.
  void Conflicted();

  // Waits for the turn, for a moment at most. Does nothing if it is held, or if
  // nobody was in the way lately.
  void Take();

  // Lets others have their turn.
  void GiveBack();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  ConnectionSource& source_;
  std::unique_ptr<PostgresConnection> connection_;
  bool held_ = false;
  SteadyTime taken_until_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_WRITE_TURN_H_
