// The keys and the secret of a suite under test, and the tokens it accepts.

#ifndef CRM_TESTS_SUPPORT_TEST_AUTHORITY_H_
#define CRM_TESTS_SUPPORT_TEST_AUTHORITY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/host/settings.h"
#include "shared/auth/token_signer.h"
#include "shared/base/clock.h"

namespace crm::testing {

// A folder that is removed at the end. Thread-compatible.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(absl::string_view name) const;

 private:
  std::string path_;
};

// An issuer of user tokens, an issuer of system tokens, the key set with both,
// and a secret. Several services that share one understand each other. Ends the
// test program if it cannot be made. Thread-safe.
class TestAuthority {
 public:
  TestAuthority();

  // Returns a token of `subject` in `tenant`.
  std::string Token(absl::string_view tenant, absl::string_view subject,
                    std::vector<std::string> roles,
                    absl::Duration lifetime = absl::Minutes(30)) const;

  // Returns a token of a session.
  std::string SessionToken(absl::string_view tenant, absl::string_view subject,
                           std::vector<std::string> roles,
                           absl::string_view session_id) const;

  // Returns a token that reaches one customer alone.
  std::string CustomerToken(absl::string_view tenant, absl::string_view subject,
                            std::vector<std::string> roles,
                            absl::string_view customer) const;

  // Returns a token of the suite's own process `program`.
  std::string SystemToken(absl::string_view program = "test") const;

  // Returns a token like Token()'s, signed by a key that nobody knows.
  std::string ForgedToken(absl::string_view tenant) const;

  // Returns settings of `service` with these keys, that serves on a free port,
  // without Redis, and keeps its files in a folder of this authority. Its rows
  // are on the engine that CRM_TEST_DATABASE names.
  HostSettings SettingsFor(absl::string_view service) const;

 private:
  SystemClock clock_;
  ScratchFolder folder_;
  std::unique_ptr<TokenSigner> users_;
  std::unique_ptr<TokenSigner> services_;
  std::unique_ptr<TokenSigner> stranger_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_TEST_AUTHORITY_H_
