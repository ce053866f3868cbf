#include "tests/bench/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/bench/figures.h"

namespace crm::bench {
namespace {

void RequireDone(bool done, absl::string_view what) {
  if (!done) Require(absl::InternalError(absl::StrCat("cannot ", what)));
}

std::vector<char*> PointersOf(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& words,
                           const std::vector<std::string>& settings, Kind kind)
    : kind_(kind) {
  std::vector<std::string> arguments = words;
  std::vector<std::string> variables = settings;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    // Settings of the caller's own would change what is measured.
    if (!absl::StartsWith(*variable, "CRM_")) variables.push_back(*variable);
  }
  const std::vector<char*> argv = PointersOf(arguments);
  const std::vector<char*> envp = PointersOf(variables);
  int in[2];
  int out[2];
  RequireDone(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0,
              "make a pipe");
  pid_ = fork();
  RequireDone(pid_ >= 0, "fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    if (kind == Kind::kService) dup2(out[1], STDERR_FILENO);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = out[0];
}

ChildProcess::~ChildProcess() {
  close(input_);
  if (kind_ == Kind::kService) kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  close(output_);
}

void ChildProcess::Kill() { kill(pid_, SIGKILL); }

std::string ChildProcess::LineWith(absl::string_view text) {
  std::string said;
  for (;;) {
    const size_t end = unread_.find('\n');
    if (end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      if (absl::StrContains(line, text)) return line;
      absl::StrAppend(&said, line, "\n");
      continue;
    }
    char bytes[4096];
    const ssize_t count = read(output_, bytes, sizeof(bytes));
    if (count <= 0) {
      Require(absl::UnavailableError(
          absl::StrCat("a process ended before it was ready: ", said)));
    }
    unread_.append(bytes, static_cast<size_t>(count));
  }
}

double ChildProcess::CpuSeconds() const {
  std::ifstream file(absl::StrCat("/proc/", pid_, "/stat"));
  const std::string text((std::istreambuf_iterator<char>(file)),
                         std::istreambuf_iterator<char>());
  // The name, in parentheses, may hold spaces; what follows it may not.
  const std::vector<std::string> fields =
      absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
  constexpr size_t kUserTicks = 11;
  int64_t user = 0;
  int64_t system = 0;
  RequireDone(fields.size() > kUserTicks + 1 &&
                  absl::SimpleAtoi(fields[kUserTicks], &user) &&
                  absl::SimpleAtoi(fields[kUserTicks + 1], &system),
              "read the processor time of a process");
  return static_cast<double>(user + system) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

double ChildProcess::ResidentKilobytes(absl::string_view without) const {
  std::ifstream file(absl::StrCat("/proc/", pid_, "/smaps"));
  RequireDone(file.is_open(), "read the memory of a process");
  int64_t sum = 0;
  bool counts = true;
  for (std::string line; std::getline(file, line);) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.empty()) continue;
    if (!absl::EndsWith(words[0], ":")) {
      counts = without.empty() || !absl::StrContains(line, without);
      continue;
    }
    int64_t kilobytes = 0;
    if (counts && words[0] == "Rss:" && words.size() > 1 &&
        absl::SimpleAtoi(words[1], &kilobytes)) {
      sum += kilobytes;
    }
  }
  return static_cast<double>(sum);
}

std::string OwnProgram() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

void AwaitEndOfInput() {
  char bytes[64];
  while (read(STDIN_FILENO, bytes, sizeof(bytes)) > 0) {
  }
}

}  // namespace crm::bench
