#include "shared/storage/database.h"

#include <future>
#include <utility>

namespace crm {

absl::Status Database::WriteAndWait(absl::Time deadline, WriteBody body) {
  // The wait has no limit of its own: once the body has begun, it runs to its
  // end, and what it refers to must live until then.
  std::promise<absl::Status> outcome;
  Write(deadline, std::move(body),
        [&outcome](absl::Status status) { outcome.set_value(status); });
  return outcome.get_future().get();
}

}  // namespace crm
