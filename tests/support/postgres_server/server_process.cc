#include "tests/support/postgres_server/server_process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

namespace crm::testing {
namespace {

// Null where the test does not run as root.
const passwd* ServerUser() {
  if (geteuid() != 0) return nullptr;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) return user;
  }
  Die("there is no user 'postgres' or 'nobody' to run as");
}

}  // namespace

void Die(absl::string_view why) {
  std::fprintf(stderr, "PostgreSQL for the test: %s\n",
               std::string(why).c_str());
  std::abort();
}

std::string MakeServerFolder() {
  std::string folder =
      (std::filesystem::temp_directory_path() / "crm-postgres-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Die("no temporary folder");
  const passwd* user = ServerUser();
  if (user != nullptr &&
      chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
    Die("the folder cannot be given away");
  }
  return folder;
}

pid_t SpawnServer(std::vector<std::string> words, const std::string& log) {
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

void EndServer(pid_t pid) {
  kill(pid, SIGINT);
  waitpid(pid, nullptr, 0);
}

}  // namespace crm::testing
