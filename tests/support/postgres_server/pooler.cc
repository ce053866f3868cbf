#include "tests/support/postgres_server/pooler.h"

#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "shared/storage/postgres/connection.h"
#include "tests/support/postgres_server/server_process.h"

namespace crm::testing {

Pooler::Pooler(const PostgresServer& server, int connections)
    : folder_(MakeServerFolder()) {
  const std::string settings = folder_ + "/pgbouncer.ini";
  std::ofstream(settings) << "[databases]\n* = host=" << server.folder()
                          << " user=crm\n[pgbouncer]\nlisten_addr =\n"
                          << "listen_port = 5432\n"
                          << "unix_socket_dir = " << folder_ << "\n"
                          << "auth_type = any\n"
                          << "pool_mode = transaction\n"
                          << "default_pool_size = " << connections << "\n"
                          << "max_client_conn = 200\n";
  std::filesystem::permissions(settings, std::filesystem::perms(0644));
  pid_ = SpawnServer({"/usr/sbin/pgbouncer", settings}, folder_ + "/log");
  const std::string uri =
      absl::StrCat("postgres://crm@/postgres?host=", folder_);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < end) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    if (PostgresConnection::Open({uri, ""}).ok()) return;
    // The one wait that nothing can announce: the start of another program.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Die(absl::StrCat("pgbouncer does not start; see ", folder_, "/log"));
}

Pooler::~Pooler() {
  EndServer(pid_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace crm::testing
