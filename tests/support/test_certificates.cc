#include "tests/support/test_certificates.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "shared/auth/service_identity.h"

namespace crm::testing {
namespace {

namespace fs = std::filesystem;

template <typename Value>
Value Require(absl::StatusOr<Value> value) {
  if (value.ok()) return *std::move(value);
  std::cerr << value.status() << "\n";
  std::abort();
}

void Write(const std::string& path, absl::string_view text, mode_t mode) {
  std::ofstream(path, std::ios::binary) << text;
  chmod(path.c_str(), mode);
}

}  // namespace

TestCertificates::TestCertificates() {
  std::string path = (fs::temp_directory_path() / "crm-tls-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) std::abort();
  path_ = std::move(path);
  authority_ =
      Require(MakeAuthority({.common_name = "Test authority",
                             .not_before = absl::Now() - absl::Hours(48),
                             .not_after = absl::Now() + absl::Hours(48)}));
}

TestCertificates::~TestCertificates() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

CertifiedKey TestCertificates::Issue(absl::string_view uri,
                                     absl::Time not_after) const {
  const auto identity = ParseSpiffeId(uri);
  return Require(IssueCertificate(
      authority_, {.common_name = "test",
                   .uris = {std::string(uri)},
                   .host_names = {identity ? identity->service : "localhost"},
                   .not_before = absl::Now() - absl::Hours(24),
                   .not_after = not_after}));
}

CertifiedKey TestCertificates::IssueTo(absl::string_view service) const {
  return Issue(FormatSpiffeId({kTestSpace, std::string(service)}));
}

std::string TestCertificates::NewFolder(const CertifiedKey& identity,
                                        absl::string_view authorities) const {
  const std::string folder = absl::StrCat(path_, "/folder-", ++folders_);
  fs::create_directory(folder);
  Write(absl::StrCat(folder, "/tls.crt"), identity.certificate, 0644);
  Write(absl::StrCat(folder, "/tls.key"), identity.private_key, 0600);
  Write(absl::StrCat(folder, "/ca.crt"), authorities, 0644);
  return folder;
}

std::string TestCertificates::Folder(const CertifiedKey& identity,
                                     absl::string_view authorities) const {
  const std::string folder = NewFolder(identity, authorities);
  fs::create_directory_symlink(folder, absl::StrCat(folder, "-link"));
  return absl::StrCat(folder, "-link");
}

std::string TestCertificates::FolderOf(absl::string_view service) const {
  return Folder(IssueTo(service), authority());
}

void TestCertificates::Replace(const std::string& path,
                               const CertifiedKey& identity,
                               absl::string_view authorities) const {
  const std::string next = absl::StrCat(path, ".next");
  fs::create_directory_symlink(NewFolder(identity, authorities), next);
  fs::rename(next, path);
}

}  // namespace crm::testing
