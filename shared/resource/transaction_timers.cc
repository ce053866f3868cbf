// The timers of a Transaction, which are set and removed with its changes.

#include <utility>

#include "shared/resource/timer_table.h"
#include "shared/resource/transaction.h"

namespace crm {

void Transaction::Schedule(absl::string_view kind, absl::string_view key,
                           absl::Time due_time, std::string payload) {
  if (!status_.ok()) return;
  status_ = SetTimer(writer_, {view_.tenant(), std::string(kind),
                               std::string(key), due_time, std::move(payload)});
}

void Transaction::Unschedule(absl::string_view kind, absl::string_view key) {
  if (!status_.ok()) return;
  status_ = ClearTimer(writer_, view_.tenant(), kind, key).status();
}

}  // namespace crm
