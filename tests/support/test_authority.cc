#include "tests/support/test_authority.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/auth/default_roles.h"
#include "shared/auth/private_key.h"
#include "shared/auth/token_verifier.h"
#include "tests/support/postgres_server/subset_check.h"

namespace crm::testing {
namespace {

constexpr char kIssuer[] = "test-issuer";
constexpr char kAudience[] = "crm-test";
constexpr char kSecret[] = "a secret of the tests, of 32 bytes or more";

// Roles that only tests have, beside the built-in ones.
constexpr char kTestRoles[] = R"(
# May do everything that users may.
everyone: *

# May do nothing that the tests do.
bystander: nothings.get
)";

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::abort();
}

PrivateKey NewKey() {
  auto key = PrivateKey::Generate();
  Require(key.status());
  return *std::move(key);
}

std::unique_ptr<TokenSigner> SignerOf(absl::string_view issuer, PrivateKey key,
                                      const Clock& clock) {
  return std::make_unique<TokenSigner>(std::move(key), issuer, "", kAudience,
                                       clock);
}

const ::testing::Environment* const kSubsetCheck =
    ::testing::AddGlobalTestEnvironment(new SubsetCheck);

}  // namespace

ScratchFolder::ScratchFolder() {
  std::string path =
      (std::filesystem::temp_directory_path() / "crm-test-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) std::abort();
  path_ = std::move(path);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::File(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

TestAuthority::TestAuthority() {
  PrivateKey users = NewKey();
  PrivateKey services = NewKey();
  const std::string jwks = folder_.File("jwks.json");
  Require(AddToKeySetFile(jwks, kIssuer, users.Thumbprint(), users));
  Require(
      AddToKeySetFile(jwks, kServicesIssuer, services.Thumbprint(), services));
  Require(services.WriteFile(folder_.File("services.pem")));
  users_ = SignerOf(kIssuer, std::move(users), clock_);
  services_ = SignerOf(kServicesIssuer, std::move(services), clock_);
  stranger_ = SignerOf(kIssuer, NewKey(), clock_);
}

std::string TestAuthority::Token(absl::string_view tenant,
                                 absl::string_view subject,
                                 std::vector<std::string> roles,
                                 absl::Duration lifetime) const {
  return users_->Sign(
      {std::string(tenant), std::string(subject), std::move(roles)}, lifetime);
}

std::string TestAuthority::SessionToken(absl::string_view tenant,
                                        absl::string_view subject,
                                        std::vector<std::string> roles,
                                        absl::string_view session_id) const {
  return users_->Sign({.tenant = std::string(tenant),
                       .subject = std::string(subject),
                       .roles = std::move(roles),
                       .session_id = std::string(session_id)},
                      absl::Minutes(30));
}

std::string TestAuthority::CustomerToken(absl::string_view tenant,
                                         absl::string_view subject,
                                         std::vector<std::string> roles,
                                         absl::string_view customer) const {
  return users_->Sign({std::string(tenant), std::string(subject),
                       std::move(roles), std::string(customer)},
                      absl::Minutes(30));
}

std::string TestAuthority::SystemToken(absl::string_view program) const {
  return services_->Sign(
      {kSystemTenant, absl::StrCat("system:", program), {kSystemRole}},
      kSystemTokenLifetime);
}

std::string TestAuthority::ForgedToken(absl::string_view tenant) const {
  return stranger_->Sign({std::string(tenant), "user:mallory", {"everyone"}},
                         absl::Minutes(30));
}

HostSettings TestAuthority::SettingsFor(absl::string_view service) const {
  HostSettings settings;
  settings.service = std::string(service);
  settings.data_dir = folder_.File(service);
  if (TestsRunOnPostgres()) {
    settings.database = SharedPostgres().Uri(settings.data_dir);
    if (service == "analytical") settings.warehouse = settings.database;
  }
  settings.token_keys.file = folder_.File("jwks.json");
  settings.token_issuers = {kIssuer};
  settings.token_audience = kAudience;
  settings.service_key_file = folder_.File("services.pem");
  settings.secret = kSecret;
  settings.roles = absl::StrCat(DefaultRoles(), kTestRoles);
  settings.log_level = LogLevel::kError;
  return settings;
}

}  // namespace crm::testing
