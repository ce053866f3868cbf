// Measures what the programs of the services hold in memory before anybody
// calls them, and what an idle connection adds.
//
//   memory_bench [CONNECTIONS]
//
// CONNECTIONS (900, as a service takes 1000) are opened to the operational
// service, each with a finished HTTP/2 handshake, and kept.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/child_process.h"
#include "tests/bench/figures.h"
#include "tests/support/test_authority.h"

namespace crm::bench {
namespace {

constexpr std::array<const char*, 3> kServices = {"operational", "analytical",
                                                  "collaborative"};
constexpr Target kIdle = {.floor = 40, .moonshot = 20};
constexpr Target kConnection = {.floor = 30, .moonshot = 15};

// The code of DuckDB, mapped from its file, which is no cost of ours.
constexpr char kDuckDb[] = "libduckdb";

// The client's half of a handshake: the preface and an empty SETTINGS; and the
// acknowledgement of the server's. See RFC 9113, 3.4 and 6.5.
constexpr absl::string_view kPreface(
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
constexpr absl::string_view kAcknowledge("\0\0\0\4\1\0\0\0\0", 9);
constexpr size_t kFrameHead = 9;
constexpr uint8_t kSettings = 4;
constexpr uint8_t kAck = 1;

void RequireDone(bool done, absl::string_view what) {
  if (!done) Require(absl::UnavailableError(absl::StrCat("cannot ", what)));
}

// Reads exactly so many bytes.
std::string ReadBytes(int socket, size_t count) {
  std::string bytes(count, '\0');
  RequireDone(count == 0 || recv(socket, bytes.data(), count, MSG_WAITALL) ==
                                static_cast<ssize_t>(count),
              "read from the service");
  return bytes;
}

void Send(int socket, absl::string_view bytes) {
  RequireDone(send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(bytes.size()),
              "write to the service");
}

// Connects, and returns once the server has acknowledged our SETTINGS: what it
// keeps of a connection is then there.
int Connect(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  RequireDone(connect(socket, reinterpret_cast<sockaddr*>(&address),
                      sizeof(address)) == 0,
              "connect to the service");
  Send(socket, kPreface);
  for (;;) {
    const std::string head = ReadBytes(socket, kFrameHead);
    const auto at = [&head](size_t i) { return static_cast<uint8_t>(head[i]); };
    ReadBytes(socket, size_t{at(0)} << 16 | size_t{at(1)} << 8 | at(2));
    if (at(3) != kSettings) continue;
    if ((at(4) & kAck) != 0) return socket;
    Send(socket, kAcknowledge);
  }
}

// A service's program over an empty store, and the port it serves at.
class Program {
 public:
  Program(const testing::TestAuthority& authority,
          const testing::ScratchFolder& folder, const std::string& service)
      : process_(
            {std::filesystem::path(OwnProgram()).replace_filename(service)},
            SettingsOf(authority, folder, service),
            ChildProcess::Kind::kService) {
    const std::string line = process_.LineWith("\"serving\"");
    const size_t digits = line.find_first_of("0123456789", line.find("port"));
    RequireDone(
        digits != std::string::npos &&
            absl::SimpleAtoi(line.substr(digits, line.find_first_not_of(
                                                     "0123456789", digits) -
                                                     digits),
                             &port_),
        "read the port of a service");
  }

  int port() const { return port_; }
  double Kilobytes() const { return process_.ResidentKilobytes(kDuckDb); }

 private:
  static std::vector<std::string> SettingsOf(
      const testing::TestAuthority& authority,
      const testing::ScratchFolder& folder, const std::string& service) {
    const HostSettings settings = authority.SettingsFor(service);
    const std::string secret = folder.File("secret");
    std::ofstream(secret) << settings.secret;
    std::filesystem::permissions(secret,
                                 std::filesystem::perms::owner_read |
                                     std::filesystem::perms::owner_write);
    std::vector<std::string> variables = {
        absl::StrCat("CRM_TOKEN_JWKS_FILE=", settings.token_keys.file),
        absl::StrCat("CRM_TOKEN_ISSUERS=", settings.token_issuers[0]),
        absl::StrCat("CRM_TOKEN_AUDIENCE=", settings.token_audience),
        absl::StrCat("CRM_SERVICE_KEY_FILE=", settings.service_key_file),
        absl::StrCat("CRM_SECRET_FILE=", secret),
        "CRM_DISK_MIN_FREE_FRACTION=0",
        "CRM_DISK_MIN_FREE_MIB=64",
        "CRM_DISK_BALLAST_MIB=1",
    };
    const std::string prefix =
        absl::StrCat("CRM_", absl::AsciiStrToUpper(service));
    variables.push_back(absl::StrCat(prefix, "_LISTEN=127.0.0.1:0"));
    variables.push_back(absl::StrCat(prefix, "_METRICS_LISTEN=127.0.0.1:0"));
    variables.push_back(
        absl::StrCat(prefix, "_DATA_DIR=", folder.File(service)));
    // Nobody answers there: what a service holds of others comes when they do.
    for (const char* other : kServices) {
      if (other == service) continue;
      variables.push_back(absl::StrCat("CRM_", absl::AsciiStrToUpper(other),
                                       "_ADDRESS=127.0.0.1:1"));
    }
    return variables;
  }

  ChildProcess process_;
  int port_ = 0;
};

void Run(int connections) {
  const testing::TestAuthority authority;
  const testing::ScratchFolder folder;
  for (const char* service : kServices) {
    const Program program(authority, folder, service);
    PrintValue(absl::StrCat(service, ", idle"), program.Kilobytes() / 1024,
               "MB", kIdle);
    if (service != kServices[0]) continue;
    const double before = program.Kilobytes();
    std::vector<int> sockets;
    for (int i = 0; i < connections; ++i) {
      sockets.push_back(Connect(program.port()));
    }
    PrintValue(absl::StrCat("each of ", connections, " idle connections"),
               (program.Kilobytes() - before) / connections, "kB", kConnection);
    for (const int socket : sockets) close(socket);
  }
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  crm::bench::Run(std::min(900, crm::bench::NumberOf(argc, argv, 1, 900)));
  return 0;
}
