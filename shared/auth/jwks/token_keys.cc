#include "shared/auth/jwks/token_keys.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/auth/jwks/https_get.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {

void DeclareTokenKeys(ConfigReader& reader) {
  reader.DeclareRequired("CRM_TOKEN_JWKS_FILE",
                         "The keys of the token issuers, as a JWKS.");
  reader.Declare("CRM_TOKEN_JWKS_URLS", "",
                 "Where issuers publish their keys, as issuer=https://..., "
                 "parted by commas; fetched every ten minutes.");
  reader.Declare("CRM_TOKEN_JWKS_CA_FILE", "",
                 "The certificates of the authorities that those addresses "
                 "are trusted by; empty for the system's.");
}

absl::StatusOr<TokenKeySettings> ReadTokenKeys(
    const Config& config, const std::vector<std::string>& issuers) {
  TokenKeySettings settings;
  settings.file = config.Get("CRM_TOKEN_JWKS_FILE");
  settings.ca_file = config.Get("CRM_TOKEN_JWKS_CA_FILE");
  absl::StatusOr<KeyUrls> urls = ParseKeyUrls(
      absl::StrSplit(config.Get("CRM_TOKEN_JWKS_URLS"), ',', absl::SkipEmpty()),
      issuers);
  if (!urls.ok()) {
    return InvalidArgument("BAD_CONFIG",
                           absl::StrCat("CRM_TOKEN_JWKS_URLS: ",
                                        std::string(urls.status().message())));
  }
  settings.urls = *std::move(urls);
  return settings;
}

absl::StatusOr<std::unique_ptr<TokenKeys>> TokenKeys::Open(
    const TokenKeySettings& settings, const Clock& clock, Logger& logger) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<KeySetFile> file,
                       KeySetFile::Open(settings.file, clock));
  std::unique_ptr<TokenKeys> keys(new TokenKeys(std::move(file)));
  if (settings.urls.empty()) return keys;
  HttpsGetOptions options;
  options.max_bytes = kMaxKeySetBytes;
  options.ca_file = settings.ca_file;
  keys->fetched_ = std::make_unique<FetchedKeys>(
      *keys->file_, settings.urls,
      [options](const std::string& url) { return HttpsGet(url, options); },
      clock, logger);
  keys->fetched_->Start();
  return keys;
}

KeySource& TokenKeys::source() {
  if (fetched_ != nullptr) return *fetched_;
  return *file_;
}

}  // namespace crm
