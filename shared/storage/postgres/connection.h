// One connection to a PostgreSQL server, always in pipeline mode: statements
// are sent without waiting, and one wait reads the answers of all. The only
// code that speaks libpq.
//
// It counts on no state of the server outside transactions, so that a pooler
// may give each transaction another server process.

#ifndef CRM_SHARED_STORAGE_POSTGRES_CONNECTION_H_
#define CRM_SHARED_STORAGE_POSTGRES_CONNECTION_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/query/sql.h"
#include "shared/storage/database.h"
#include "shared/storage/postgres/postgres_error.h"

struct pg_conn;
struct pg_result;

namespace crm {

class PostgresParameters;

// Where a server is and who asks.
struct PostgresAddress {
  // A connection URI or string of libpq, without a password.
  std::string dsn;
  std::string password;
  // The schema that transactions find their tables in; the server's choice when
  // empty.
  std::string schema = {};
};

// Returns INVALID_ARGUMENT BAD_CONFIG if libpq cannot read `uri`, or if it
// holds a password. The message repeats nothing of it.
absl::Status CheckConnectionUri(const std::string& uri);

// Thread-compatible.
class PostgresConnection final {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // For how long an answer is waited for.
  struct Patience {
    SteadyTime until;
    // Asked now and then; ends the wait by returning true. May be empty.
    std::function<bool()> interrupted = {};
  };

  // What the last statement of a round returned.
  struct Reply {
    SqlRows rows;
    int64_t changed = 0;
    // The command, as `COMMIT`.
    std::string tag;
  };

  // Why a round failed.
  struct Failure {
    PostgresFailure kind = PostgresFailure::kStatement;
    absl::Status status;
    // Whether it was the last statement of the round, not one before.
    bool last = false;
  };

  // Connects, within a few seconds. Returns UNAVAILABLE STORAGE_UNREACHABLE.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(
      const PostgresAddress& address);

  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Adds a statement to the round. Failures show in Finish().
  void Send(absl::string_view sql, const std::vector<SqlValue>& params = {});

  // Adds a statement whose rows TakeAnswers() returns after the round.
  void SendAsking(absl::string_view sql, const std::vector<SqlValue>& params);

  // Has the server keep how it carries out each statement that is sent from now
  // until EndPreparing(), so that the next one of the same text costs it less.
  // Within one transaction, which has begun.
  void BeginPreparing();
  void EndPreparing() { preparing_ = false; }

  // How many statements the round has.
  size_t sent() const { return round_; }

  // Ends the round: waits until all its statements are answered, and returns
  // what the last one did. After the first that failed the server ran no more;
  // then failure() says more. A connection whose wait ended early is broken.
  absl::StatusOr<Reply> Finish(const Patience& patience);

  // The rows of what SendAsking() sent, in its order, as far as Finish() has
  // read them and they were not taken before.
  std::vector<SqlRows> TakeAnswers() { return std::exchange(answers_, {}); }

  // Returns how often Finish() was called since the last time.
  int64_t TakeWaits() { return std::exchange(waits_, 0); }

  // Ends the round without waiting; nobody will look at its answers.
  void Leave();

  const Failure& failure() const { return failure_; }

  // The schema of the address, for whoever begins a transaction.
  const std::string& schema() const { return schema_; }

  // Whether it can be used on. Looks, when no round is open, whether the server
  // has hung up meanwhile.
  bool Alive();

 private:
  enum class Sent { kStatement, kQuestion, kRoundEnd };

  PostgresConnection(pg_conn* connection, std::string schema);

  void Send(Sent kind, absl::string_view sql,
            const std::vector<SqlValue>& params);
  // Gives libpq the statement; returns whether it took it.
  bool SendUnnamed(const std::string& sql,
                   const PostgresParameters& parameters);
  bool SendNamed(const std::string& sql, const PostgresParameters& parameters);
  void EndRound();
  // Reads the answers of what was sent first.
  void ReadStatement(const Patience& patience, bool counts, bool last,
                     SqlRows* rows);
  void ReadRoundEnd(const Patience& patience);
  pg_result* NextResult(const Patience& patience);
  void ReadRow(const pg_result* result, bool last, SqlRows& rows);
  void Fail(PostgresFailure kind, absl::Status status, bool last);
  void Break(absl::Status status);
  // Waits until no call would block. Returns false, broken, if that takes long.
  bool AwaitResult(const Patience& patience);

  pg_conn* connection_;
  const std::string schema_;
  bool broken_ = false;
  bool preparing_ = false;
  // The names of the statements that the server keeps, by their text and types.
  // Names are never used twice.
  absl::flat_hash_map<std::string, std::string> prepared_;
  int64_t next_name_ = 0;
  std::deque<Sent> unread_;
  // Statements of this round, which is the last part of `unread_`.
  size_t round_ = 0;
  // What kept a statement of this round, and those after it, from being sent.
  std::optional<Failure> unsendable_;
  Reply reply_;
  std::vector<SqlRows> answers_;
  size_t reply_bytes_ = 0;
  int64_t waits_ = 0;
  bool failed_ = false;
  Failure failure_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_POSTGRES_CONNECTION_H_
