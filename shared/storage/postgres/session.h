// How a transaction begins: its isolation and its limits, as two statements
// that travel with the first one of the transaction.

#ifndef CRM_SHARED_STORAGE_POSTGRES_SESSION_H_
#define CRM_SHARED_STORAGE_POSTGRES_SESSION_H_

#include <algorithm>
#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "shared/storage/postgres/connection.h"
#include "shared/storage/schema.h"

namespace crm {

inline constexpr char kBeginRead[] =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
inline constexpr char kBeginWrite[] = "BEGIN ISOLATION LEVEL SERIALIZABLE";

struct TransactionLimits {
  // For one statement.
  absl::Duration statement;
  absl::Duration lock;
  // The server's own setting, pinned.
  std::string synchronous_commit = "on";
};

// The server gives up a transaction whose client says nothing for this long.
inline constexpr absl::Duration kIdleInTransaction = absl::Seconds(5);

// Adds the statements to the connection's round. The schema is one of the
// limits: it ends with the transaction, so it leaves no state on the server.
inline void SendBegin(PostgresConnection& connection, const char* begin,
                      const TransactionLimits& limits) {
  const auto milliseconds = [](absl::Duration duration) {
    return absl::StrCat(
        std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 1,
                            absl::ToInt64Milliseconds(absl::Hours(1))));
  };
  connection.Send(begin);
  connection.Send(
      "SELECT set_config('statement_timeout', ?, true), "
      "set_config('lock_timeout', ?, true), "
      "set_config('idle_in_transaction_session_timeout', ?, true), "
      "set_config('synchronous_commit', ?, true)",
      {milliseconds(limits.statement), milliseconds(limits.lock),
       milliseconds(kIdleInTransaction), limits.synchronous_commit});
  if (connection.schema().empty()) return;
  connection.Send("SELECT set_config('search_path', ?, true)",
                  {QuoteName(connection.schema())});
}

// The server should notice first that a statement takes too long; it is waited
// for a little longer.
inline constexpr absl::Duration kAnswerSlack = absl::Seconds(1);

inline std::chrono::steady_clock::time_point SteadyAfter(absl::Duration wait) {
  return std::chrono::steady_clock::now() +
         absl::ToChronoNanoseconds(
             std::clamp(wait, absl::ZeroDuration(), absl::Hours(24)));
}

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_SESSION_H_
