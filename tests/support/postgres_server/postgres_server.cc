#include "tests/support/postgres_server/postgres_server.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "shared/storage/postgres/connection.h"
#include "tests/support/postgres_server/server_process.h"

namespace crm::testing {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);

// Where Debian's packages put the programs of the newest version there is.
std::string ProgramFolder() {
  std::string newest;
  std::error_code ignored;
  for (const auto& version :
       std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    newest = std::max(newest, (version.path() / "bin").string());
  }
  if (newest.empty()) Die("the package postgresql-15 is not installed");
  return newest;
}

}  // namespace

PostgresServer::PostgresServer(std::vector<std::string> settings)
    : settings_(std::move(settings)) {
  folder_ = MakeServerFolder();
  RunProgram({"initdb", "--pgdata", folder_ + "/data", "--username=crm",
              "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync",
              "--no-instructions"});
  Start();
}

PostgresServer::PostgresServer(Standby kind, PostgresServer& primary)
    : settings_(primary.settings_) {
  folder_ = MakeServerFolder();
  RunProgram({"pg_basebackup", "--pgdata", folder_ + "/data", "--host",
              primary.folder_, "--username=crm", "--write-recovery-conf",
              "--wal-method=stream", "--checkpoint=fast", "--no-sync"});
  Start();
  if (kind == Standby::kAsynchronous) {
    primary.AwaitRow(
        "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'");
    return;
  }
  primary.Run(primary.UriOf("postgres"),
              "ALTER SYSTEM SET synchronous_standby_names = '*'");
  primary.Run(primary.UriOf("postgres"), "SELECT pg_reload_conf()");
  primary.AwaitRow(
      "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
}

std::unique_ptr<PostgresServer> PostgresServer::StandbyOf(
    PostgresServer& primary, Standby kind) {
  return std::unique_ptr<PostgresServer>(new PostgresServer(kind, primary));
}

PostgresServer::~PostgresServer() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::Start() {
  std::vector<std::string> words = {ProgramFolder() + "/postgres",
                                    "-D",
                                    folder_ + "/data",
                                    "-k",
                                    folder_,
                                    "-c",
                                    "listen_addresses=",
                                    "-c",
                                    "fsync=off",
                                    "-c",
                                    "full_page_writes=off",
                                    "-c",
                                    "max_connections=300"};
  words.insert(words.end(), settings_.begin(), settings_.end());
  pid_ = SpawnServer(std::move(words), folder_ + "/log");
  const auto end = std::chrono::steady_clock::now() +
                   absl::ToChronoMilliseconds(kStartTimeout);
  while (std::chrono::steady_clock::now() < end) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    if (Answers()) return;
    // The one wait that nothing can announce: the start of another program.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Die(absl::StrCat("it does not start; see ", folder_, "/log"));
}

void PostgresServer::RunProgram(std::vector<std::string> words) const {
  const std::string name = words[0];
  words[0] = absl::StrCat(ProgramFolder(), "/", name);
  const pid_t pid = SpawnServer(std::move(words), folder_ + "/log");
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || status != 0) {
    Die(absl::StrCat(name, " failed; see ", folder_, "/log"));
  }
}

void PostgresServer::AwaitRow(absl::string_view sql) const {
  const auto end = std::chrono::steady_clock::now() +
                   absl::ToChronoMilliseconds(kStartTimeout);
  auto connection = PostgresConnection::Open({AnyUri(), ""});
  if (!connection.ok()) Die(connection.status().ToString());
  while (std::chrono::steady_clock::now() < end) {
    (*connection)->Send(sql);
    const auto reply = (*connection)->Finish({.until = end});
    if (reply.ok() && !reply->rows.empty()) return;
    // What another server does announces itself to nobody.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Die(absl::StrCat("this does not come true: ", sql));
}

void PostgresServer::Kill() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void PostgresServer::AwaitStandby() const {
  AwaitRow(
      "SELECT 1 FROM pg_stat_replication "
      "WHERE replay_lsn >= pg_current_wal_flush_lsn()");
}

void PostgresServer::Promote() {
  RunProgram({"pg_ctl", "promote", "--pgdata", folder_ + "/data", "--wait"});
}

void PostgresServer::Stop() {
  if (pid_ < 0) return;
  EndServer(pid_);
  pid_ = -1;
}

bool PostgresServer::Answers() const {
  return PostgresConnection::Open({AnyUri(), ""}).ok();
}

std::string PostgresServer::AnyUri() const {
  return absl::StrCat(UriOf("postgres"), "&target_session_attrs=any");
}

std::string PostgresServer::UriOf(absl::string_view database) const {
  return absl::StrCat("postgres://crm@/", database, "?host=", folder_);
}

std::string PostgresServer::Uri(absl::string_view key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = databases_.find(key); found != databases_.end()) {
    return found->second;
  }
  const std::string name = absl::StrCat("test_", databases_.size());
  Run(UriOf("postgres"), absl::StrCat("CREATE DATABASE ", name));
  return databases_[std::string(key)] = UriOf(name);
}

std::string PostgresServer::Through(absl::string_view folder,
                                    absl::string_view uri) {
  const size_t host = uri.find("host=");
  return absl::StrCat(uri.substr(0, host), "host=", folder);
}

std::string PostgresServer::NameOf(absl::string_view uri) {
  const size_t end = uri.find('?');
  const size_t begin = uri.rfind('/', end) + 1;
  return std::string(uri.substr(begin, end - begin));
}

std::string PostgresServer::socket() const {
  return folder_ + "/.s.PGSQL.5432";
}

void PostgresServer::Run(absl::string_view uri, absl::string_view sql) {
  auto connection = PostgresConnection::Open({std::string(uri), ""});
  if (!connection.ok()) Die(connection.status().ToString());
  (*connection)->Send(sql);
  const auto reply = (*connection)
                         ->Finish({.until = std::chrono::steady_clock::now() +
                                            std::chrono::minutes(1)});
  if (!reply.ok()) Die(reply.status().ToString());
}

std::set<std::string> PostgresServer::Statements() const {
  std::set<std::string> statements;
  std::ifstream log(folder_ + "/log");
  std::string line;
  while (std::getline(log, line)) {
    if (!absl::StartsWith(line, "test_")) continue;
    // Either by its name, or as `<unnamed>`.
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(line, absl::MaxSplits("LOG:  execute ", 1));
    const std::pair<std::string, std::string> statement =
        absl::StrSplit(parts.second, absl::MaxSplits(": ", 1));
    if (!statement.second.empty()) statements.insert(statement.second);
  }
  return statements;
}

const std::vector<std::string>& LogStatements() {
  static const auto* const settings = new std::vector<std::string>{
      "-c", "log_statement=all",         "-c", "log_line_prefix=%d ",
      "-c", "log_parameter_max_length=0"};
  return *settings;
}

PostgresServer& SharedPostgres() {
  static PostgresServer server(LogStatements());
  return server;
}

bool TestsRunOnPostgres() {
  const char* engine = getenv("CRM_TEST_DATABASE");
  if (engine == nullptr || absl::string_view(engine) == "sqlite") return false;
  if (absl::string_view(engine) == "postgres") return true;
  Die("CRM_TEST_DATABASE must be sqlite or postgres");
}

}  // namespace crm::testing
