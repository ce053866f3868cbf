// Keeps a database's writer busy, so that what is written meanwhile stands in
// the queue together.

#ifndef CRM_TESTS_SHARED_STORAGE_HELD_WRITER_H_
#define CRM_TESTS_SHARED_STORAGE_HELD_WRITER_H_

#include <future>

#include "shared/storage/database.h"

namespace crm::testing {

// Holds from construction until Release(), which every test calls.
class HeldWriter final {
 public:
  explicit HeldWriter(Database& database) {
    database.Write(
        absl::InfiniteFuture(),
        [this](SqlWriter&) {
          entered_.set_value();
          release_.get_future().wait();
          return absl::OkStatus();
        },
        [this](absl::Status) { done_.set_value(); });
    entered_.get_future().wait();
  }

  // Lets the writer go on, and returns once it has committed.
  void Release() {
    release_.set_value();
    done_.get_future().wait();
  }

 private:
  std::promise<void> entered_;
  std::promise<void> release_;
  std::promise<void> done_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_STORAGE_HELD_WRITER_H_
