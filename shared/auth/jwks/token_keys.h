// The keys that a process checks tokens with, as its settings name them.

#ifndef CRM_SHARED_AUTH_JWKS_TOKEN_KEYS_H_
#define CRM_SHARED_AUTH_JWKS_TOKEN_KEYS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/auth/jwks/fetched_keys.h"
#include "shared/auth/key_set_file.h"
#include "shared/auth/key_source.h"
#include "shared/base/clock.h"
#include "shared/base/config.h"
#include "shared/observe/log.h"

namespace crm {

// Where the keys are.
struct TokenKeySettings {
  std::string file;
  KeyUrls urls;
  // The authorities that certificates of those URLs may be from; the system's
  // where it is empty.
  std::string ca_file;
};

// Declares the settings, and reads them: keys of `issuers` alone. Returns
// INVALID_ARGUMENT (BAD_CONFIG) that names the setting which is wrong.
void DeclareTokenKeys(ConfigReader& reader);
absl::StatusOr<TokenKeySettings> ReadTokenKeys(
    const Config& config, const std::vector<std::string>& issuers);

// Keys of the file and of the URLs. Thread-safe.
class TokenKeys {
 public:
  // Reads the file, and tries to fetch each URL once. `clock` and `logger`
  // outlive this. Returns what KeySetFile::Open returns.
  static absl::StatusOr<std::unique_ptr<TokenKeys>> Open(
      const TokenKeySettings& settings, const Clock& clock, Logger& logger);

  KeySource& source();

 private:
  explicit TokenKeys(std::unique_ptr<KeySetFile> file)
      : file_(std::move(file)) {}

  const std::unique_ptr<KeySetFile> file_;
  // Null without URLs.
  std::unique_ptr<FetchedKeys> fetched_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_JWKS_TOKEN_KEYS_H_
