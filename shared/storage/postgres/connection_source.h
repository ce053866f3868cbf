// Makes the connections of one store, and holds off for a while when the server
// is away, so that calls fail at once instead of queueing up behind attempts.

#ifndef CRM_SHARED_STORAGE_POSTGRES_CONNECTION_SOURCE_H_
#define CRM_SHARED_STORAGE_POSTGRES_CONNECTION_SOURCE_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/storage/postgres/connection.h"

namespace crm {

// Thread-safe.
class ConnectionSource final {
 public:
  // Connections are made with what `password_file` holds at the moment. While
  // that cannot be read, or is refused, the password that was good last is used
  // on: first that of `address`, the only one without a file.
  explicit ConnectionSource(PostgresAddress address,
                            std::string password_file = {})
      : address_(std::move(address)),
        password_file_(std::move(password_file)),
        good_password_(address_.password) {}

  // Returns a new connection, UNAVAILABLE STORAGE_UNREACHABLE, or, for a while
  // after that, the same error without a try. The while doubles from 50 ms to 2
  // s.
  absl::StatusOr<std::unique_ptr<PostgresConnection>> Connect();

  // The schema of the address.
  const std::string& schema() const { return address_.schema; }

  // Returns OK unless the last attempt failed.
  absl::Status Check() const;

 private:
  // Makes one, and tells with which password.
  absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(
      std::string& password) const;

  const PostgresAddress address_;
  const std::string password_file_;

  mutable std::mutex mutex_;
  std::string good_password_;
  absl::Status last_;
  absl::Duration pause_;
  std::chrono::steady_clock::time_point next_try_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_CONNECTION_SOURCE_H_
