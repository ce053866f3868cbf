// A private PostgreSQL server for tests: its own process, folder and socket.

#ifndef CRM_TESTS_SUPPORT_POSTGRES_SERVER_POSTGRES_SERVER_H_
#define CRM_TESTS_SUPPORT_POSTGRES_SERVER_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm::testing {

// Runs the server of Debian's package on a Unix socket in a temporary folder,
// as an ordinary user, without fsync, since no test cuts the power. Any failure
// to run it ends the test program with a message. Thread-safe.
class PostgresServer {
 public:
  // Starts a server and waits until it answers. `settings` are added to its
  // command line, as {"-c", "max_connections=20"}.
  explicit PostgresServer(std::vector<std::string> settings = {});

  // Whether a primary acknowledges a commit only once it is on the disk of its
  // standby as well, as far as a server without fsync has one.
  enum class Standby { kSynchronous, kAsynchronous };

  // Starts a server that follows `primary`. The databases of Uri() are those of
  // the primary.
  static std::unique_ptr<PostgresServer> StandbyOf(
      PostgresServer& primary, Standby kind = Standby::kSynchronous);

  // Stops it.
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Returns the URI of the database `key`, which is made, empty, when it is
  // asked for the first time. Any text may be a key.
  std::string Uri(absl::string_view key);

  // The URI of the same database by way of a proxy's socket in `folder`.
  static std::string Through(absl::string_view folder, absl::string_view uri);

  // The name of the database of `uri`.
  static std::string NameOf(absl::string_view uri);

  // Where its socket is.
  const std::string& folder() const { return folder_; }
  std::string socket() const;

  // Stops the server as an operator does who does not wait for clients, and
  // starts it again.
  void Stop();
  void Start();

  // Ends the server as if its machine had died.
  void Kill();

  // Waits until its standby has what was committed so far.
  void AwaitStandby() const;

  // Has a standby take over. Returns once it takes writes.
  void Promote();

  // Returns the statements that clients have sent to the databases of Uri(),
  // each once. Only of a server with the settings LogStatements().
  std::set<std::string> Statements() const;

  // Runs one statement in the database of `uri`.
  void Run(absl::string_view uri, absl::string_view sql);

 private:
  PostgresServer(Standby kind, PostgresServer& primary);

  // Runs one of the server's programs to its end.
  void RunProgram(std::vector<std::string> words) const;
  // Waits until `sql` returns a row.
  void AwaitRow(absl::string_view sql) const;
  std::string UriOf(absl::string_view database) const;
  bool Answers() const;
  // By the settings of whoever asks, since a standby takes no writes.
  std::string AnyUri() const;

  const std::vector<std::string> settings_;
  std::string folder_;
  pid_t pid_ = -1;
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> databases_;
};

// Has a server write down every statement, without values.
const std::vector<std::string>& LogStatements();

// The server that the tests of this program share, which writes down every
// statement. Started when it is first asked for.
PostgresServer& SharedPostgres();

// Whether the tests are to run on PostgreSQL: CRM_TEST_DATABASE=postgres.
bool TestsRunOnPostgres();

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_POSTGRES_SERVER_POSTGRES_SERVER_H_
