#include "shared/storage/postgres/connection_source.h"

#include <algorithm>

namespace crm {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresConnection>>
ConnectionSource::Connect() {
  {
    const std::lock_guard lock(mutex_);
    if (!last_.ok() && std::chrono::steady_clock::now() < next_try_) {
      return last_;
    }
  }
  // Without the lock: an attempt may take seconds, and others may hold still
  // working connections.
  auto connection = PostgresConnection::Open(address_);
  const std::lock_guard lock(mutex_);
  last_ = connection.status();
  if (last_.ok()) {
    pause_ = absl::ZeroDuration();
  } else {
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    next_try_ =
        std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(pause_);
  }
  return connection;
}

absl::Status ConnectionSource::Check() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace crm
