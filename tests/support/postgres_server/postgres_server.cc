#include "tests/support/postgres_server/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "shared/storage/postgres/connection.h"

namespace crm::testing {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);

[[noreturn]] void Die(absl::string_view why) {
  std::fprintf(stderr, "PostgreSQL for the test: %s\n",
               std::string(why).c_str());
  std::abort();
}

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

// Whom the server runs as: it refuses to be root.
const passwd* ServerUser() {
  if (geteuid() != 0) return nullptr;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) return user;
  }
  Die("there is no user 'postgres' or 'nobody' to run as");
}

// Starts a program as ServerUser(), with its output in `log`.
pid_t Spawn(std::vector<std::string> words, const std::string& log) {
  const passwd* user = ServerUser();
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) Die("no new process");
  if (pid > 0) return pid;
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (user != nullptr &&
      (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 ||
       setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  // A test that is killed takes its server with it.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (chdir("/") == 0) execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

PostgresServer::PostgresServer(std::vector<std::string> settings)
    : settings_(std::move(settings)) {
  std::string folder =
      (std::filesystem::temp_directory_path() / "crm-postgres-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Die("no temporary folder");
  folder_ = folder;
  if (const passwd* user = ServerUser()) {
    if (chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
      Die("the folder cannot be given away");
    }
  }
  const pid_t pid =
      Spawn({ProgramFolder() + "/initdb", "--pgdata", folder_ + "/data",
             "--username=crm", "--auth=trust", "--encoding=UTF8", "--locale=C",
             "--no-sync", "--no-instructions"},
            folder_ + "/log");
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || status != 0) {
    Die(absl::StrCat("initdb failed; see ", folder_, "/log"));
  }
  Start();
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
  pid_ = Spawn(std::move(words), folder_ + "/log");
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

void PostgresServer::Stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGINT);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool PostgresServer::Answers() const {
  return PostgresConnection::Open({UriOf("postgres"), ""}).ok();
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

PostgresServer& SharedPostgres() {
  static PostgresServer server;
  return server;
}

bool TestsRunOnPostgres() {
  const char* engine = getenv("CRM_TEST_DATABASE");
  if (engine == nullptr || absl::string_view(engine) == "sqlite") return false;
  if (absl::string_view(engine) == "postgres") return true;
  Die("CRM_TEST_DATABASE must be sqlite or postgres");
}

}  // namespace crm::testing
