#include "shared/storage/postgres/connection_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "shared/base/secret_file.h"

namespace crm {
namespace {

constexpr size_t kMaxPasswordBytes = 4096;
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresConnection>>
ConnectionSource::Connect() {
  std::string password;
  {
    const std::lock_guard lock(mutex_);
    password = good_password_;
    if (!last_.ok() && std::chrono::steady_clock::now() < next_try_) {
      return last_;
    }
  }
  // Without the lock: an attempt may take seconds, and others may hold still
  // working connections.
  auto connection = Open(password);
  const std::lock_guard lock(mutex_);
  last_ = connection.status();
  if (last_.ok()) {
    good_password_ = std::move(password);
    pause_ = absl::ZeroDuration();
  } else {
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    next_try_ =
        std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(pause_);
  }
  return connection;
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> ConnectionSource::Open(
    std::string& password) const {
  PostgresAddress address = address_;
  address.password = password;
  if (password_file_.empty()) return PostgresConnection::Open(address);
  absl::StatusOr<std::string> held =
      ReadSecretFile(password_file_, kMaxPasswordBytes);
  if (held.ok()) absl::StripTrailingAsciiWhitespace(&*held);
  if (held.ok() && *held != password) {
    address.password = *held;
    auto connection = PostgresConnection::Open(address);
    if (connection.ok()) {
      password = *std::move(held);
      return connection;
    }
    address.password = password;
  }
  return PostgresConnection::Open(address);
}

absl::Status ConnectionSource::Check() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace crm
