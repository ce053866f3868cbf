// Ingestion by the program of the analytical service, which is killed again and
// again.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/child_process.h"
#include "tests/conformance/ingestion_fixture.h"
#include "tests/support/test_authority.h"

namespace crm::testing {
namespace {

using ::crm::bench::ChildProcess;

// The program over the store in a folder.
class Program {
 public:
  Program(const TestAuthority& authority, const ScratchFolder& folder)
      : process_({CRM_ANALYTICAL_PROGRAM}, SettingsOf(authority, folder),
                 ChildProcess::Kind::kService) {
    const std::string line = process_.LineWith("\"serving\"");
    const size_t digits = line.find_first_of("0123456789", line.find("port"));
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(
        line.substr(digits,
                    line.find_first_not_of("0123456789", digits) - digits),
        &port));
    client_ = std::make_unique<ApiClient>(port);
  }

  ApiClient& client() { return *client_; }
  void Kill() { process_.Kill(); }

 private:
  static std::vector<std::string> SettingsOf(const TestAuthority& authority,
                                             const ScratchFolder& folder) {
    const HostSettings settings = authority.SettingsFor("analytical");
    const std::string secret = folder.File("secret");
    std::ofstream(secret) << settings.secret;
    std::filesystem::permissions(secret,
                                 std::filesystem::perms::owner_read |
                                     std::filesystem::perms::owner_write);
    return {
        absl::StrCat("CRM_TOKEN_JWKS_FILE=", settings.token_keys.file),
        absl::StrCat("CRM_TOKEN_ISSUERS=", settings.token_issuers[0]),
        absl::StrCat("CRM_TOKEN_AUDIENCE=", settings.token_audience),
        absl::StrCat("CRM_SERVICE_KEY_FILE=", settings.service_key_file),
        absl::StrCat("CRM_SECRET_FILE=", secret),
        "CRM_DISK_MIN_FREE_FRACTION=0",
        "CRM_DISK_MIN_FREE_MIB=64",
        "CRM_DISK_BALLAST_MIB=1",
        "CRM_ANALYTICAL_LISTEN=127.0.0.1:0",
        "CRM_ANALYTICAL_METRICS_LISTEN=127.0.0.1:0",
        absl::StrCat("CRM_ANALYTICAL_DATA_DIR=", folder.File("analytical")),
        // Nobody answers there, and nobody is asked.
        "CRM_OPERATIONAL_ADDRESS=127.0.0.1:1",
        "CRM_COLLABORATIVE_ADDRESS=127.0.0.1:1",
    };
  }

  ChildProcess process_;
  std::unique_ptr<ApiClient> client_;
};

TEST(IngestionCrash, OP_13_KilledInTheMiddleOfAStreamItHasEachEventOnce) {
  constexpr size_t kSize = 50;
  constexpr int kKills = 3;
  const TestAuthority authority;
  const ScratchFolder folder;
  const std::string token = authority.Token("acme", "user:ana", {"analyst"});
  const std::vector<analytical::v1::IncomingEvent> events =
      ShuffledEvents(4'000);
  const std::multiset<std::string> distinct = DistinctIds(events);
  // What was acknowledged; the caller sends what follows again.
  size_t acknowledged = 0;
  for (int kill = 0; kill <= kKills; ++kill) {
    Program program(authority, folder);
    EventSender sender(program.client(), token);
    if (kill == 0) sender.MakeShop();
    const size_t end = kill == kKills
                           ? events.size()
                           : events.size() * (kill + 1) / (kKills + 1);
    const auto stream =
        sender.Open(EventSender::MessageOf(events, acknowledged, kSize));
    while (stream->Next() != nullptr) {
      acknowledged = std::min(events.size(), acknowledged + kSize);
      if (acknowledged == events.size()) break;
      ASSERT_TRUE(
          stream->Send(EventSender::MessageOf(events, acknowledged, kSize)));
      // The last message is under way, or done, or neither.
      if (acknowledged >= end) break;
    }
    if (kill < kKills) {
      program.Kill();
      continue;
    }
    ASSERT_EQ(acknowledged, events.size());
    EXPECT_TRUE(sender.StoredIds() == distinct);
    EXPECT_EQ(sender.Shop().stored_count(),
              static_cast<int64_t>(distinct.size()));
  }
}

}  // namespace
}  // namespace crm::testing
