#include "tests/support/redis_server/redis_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace crm::testing {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(20);
// Another process may take a port between asking for it and using it.
constexpr int kStartTries = 5;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "redis-server for the test: %s\n", why.c_str());
  std::abort();
}

// Asks the kernel for a port that is free now.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, generic, size) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    Die("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

bool Answers(int port) {
  auto connection =
      RedisConnection::Connect("127.0.0.1", port, absl::Seconds(1));
  if (!connection.ok()) return false;
  const auto replies = (*connection)->Run({{"PING"}}, absl::Seconds(1));
  return replies.ok() && replies->front().text() != nullptr;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> settings)
    : settings_(std::move(settings)) {
  IgnoreSigpipe();
  std::string folder =
      (std::filesystem::temp_directory_path() / "crm-redis-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Die("no temporary folder");
  folder_ = folder;
  for (int i = 0; i < kStartTries; ++i) {
    if (Start(FreePort())) return;
  }
  Die("it does not start; is the package redis-server installed?");
}

RedisServer::~RedisServer() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool RedisServer::Start(int port) {
  std::vector<std::string> words = {
      "redis-server", "--port",    absl::StrCat(port),
      "--bind",       "127.0.0.1", "--dir",
      folder_,        "--save",    "",
      "--appendonly", "no",        "--loglevel",
      "warning",      "--logfile", absl::StrCat(folder_, "/log")};
  words.insert(words.end(), settings_.begin(), settings_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    // A test that is killed takes its server with it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp("redis-server", arguments.data());
    _exit(127);
  }
  if (pid_ < 0) Die("no new process");
  const auto end = std::chrono::steady_clock::now() +
                   absl::ToChronoMilliseconds(kStartTimeout);
  while (std::chrono::steady_clock::now() < end) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    if (Answers(port)) {
      port_ = port;
      return true;
    }
    // The one wait that nothing can announce: the start of another program.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Stop();
  return false;
}

void RedisServer::Stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Restart() {
  Stop();
  if (!Start(port_)) Die("it does not start again");
}

void RedisServer::Pause() { kill(pid_, SIGSTOP); }

void RedisServer::Resume() { kill(pid_, SIGCONT); }

RedisReply RedisServer::Run(const RedisCommand& command) {
  auto connection =
      RedisConnection::Connect("127.0.0.1", port_, absl::Seconds(5));
  if (!connection.ok()) Die(connection.status().ToString());
  auto replies = (*connection)->Run({command}, absl::Seconds(5));
  if (!replies.ok()) Die(replies.status().ToString());
  return std::move(replies->front());
}

RedisClient::Options ClientOptions(const RedisServer& server) {
  RedisClient::Options options;
  options.endpoint = server.endpoint();
  options.connect_timeout = absl::Seconds(2);
  options.command_timeout = absl::Seconds(2);
  options.breaker.seed = 1;
  return options;
}

}  // namespace crm::testing
