#include "shared/resource/row_calls.h"

#include <utility>

#include "absl/strings/match.h"
#include "shared/base/errors.h"

namespace crm {

bool MayPass(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return true;
    case absl::StatusCode::kAborted:
      // A stale etag of the row itself does not become true again.
      return ErrorReason(error) != "ETAG_MISMATCH";
    case absl::StatusCode::kResourceExhausted:
      return absl::StartsWith(ErrorReason(error), "DISK_");
    default:
      return false;
  }
}

RowCalls::~RowCalls() { WaitFor(0); }

void RowCalls::Add(Mutation mutation) {
  WaitFor(kRowsInFlight - 1);
  size_t index = 0;
  {
    std::lock_guard lock(mutex_);
    ++under_way_;
    index = answers_.size();
    answers_.emplace_back(Internal("ROW_UNANSWERED", "No outcome came."));
  }
  mutation.needs_token = false;
  RunMutation(kernel_, std::move(mutation),
              [this, index](absl::StatusOr<Answer> answer) {
                Take(index, std::move(answer));
              });
}

void RowCalls::Take(size_t index, absl::StatusOr<Answer> answer) {
  std::lock_guard lock(mutex_);
  answers_[index] = std::move(answer);
  --under_way_;
  // While the lock is held: whoever waits may end this object.
  changed_.notify_all();
}

void RowCalls::WaitFor(size_t left) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return under_way_ <= left; });
}

std::vector<absl::StatusOr<Answer>> RowCalls::Finish() {
  WaitFor(0);
  return std::move(answers_);
}

}  // namespace crm
