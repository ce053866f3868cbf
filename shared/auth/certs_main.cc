// crm-certs: makes the certificates that the suite's processes show each other.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "shared/auth/certificate_maker.h"
#include "shared/auth/service_identity.h"
#include "shared/auth/tls_identity.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/secret_file.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr char kHelp[] =
    R"(Usage:
  crm-certs authority --out DIR [--lifetime 87600h]
      Makes an authority in the new folder DIR: ca.crt and, of mode 0400,
      ca.key. Whoever can read that key can be any service.

  crm-certs issue --authority DIR --service S --out DIR
                  [--namespace crm] [--lifetime 24h]
      Makes the identity spiffe://crm/ns/NAMESPACE/sa/S in the new folder DIR:
      tls.crt, tls.key (mode 0400) and a copy of ca.crt, as CRM_TLS_DIR
      expects them. To renew, make a new folder, then turn a symbolic link.

  crm-certs --help
      Prints this text.
)";

// Machines do not agree on the time to the minute.
constexpr absl::Duration kBackdate = absl::Minutes(5);
constexpr absl::Duration kMaxLifetime = absl::Hours(24 * 3660);
constexpr size_t kMaxFileBytes = 64 << 10;

using Flags = std::map<std::string, std::string>;

absl::Status BadUsage(absl::string_view what) {
  return InvalidArgument("BAD_USAGE",
                         absl::StrCat(what, " See crm-certs --help."));
}

// Reads the flags over `flags`, which holds the known ones with their defaults;
// none may stay empty.
absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv,
                                 Flags flags) {
  for (int i = 2; i < argc; i += 2) {
    absl::string_view name = argv[i];
    const auto flag = absl::ConsumePrefix(&name, "--")
                          ? flags.find(std::string(name))
                          : flags.end();
    if (flag == flags.end()) {
      return BadUsage(absl::StrCat("'", argv[i], "' is unknown here."));
    }
    if (i + 1 == argc) {
      return BadUsage(absl::StrCat("'", argv[i], "' has no value."));
    }
    flag->second = argv[i + 1];
  }
  for (const auto& [name, value] : flags) {
    if (value.empty()) {
      return BadUsage(absl::StrCat("'--", name, "' is needed."));
    }
  }
  return flags;
}

absl::StatusOr<CertificateRequest> RequestOf(const Flags& flags,
                                             std::string common_name) {
  absl::Duration lifetime;
  if (!absl::ParseDuration(flags.at("lifetime"), &lifetime) ||
      lifetime < absl::Minutes(1) || lifetime > kMaxLifetime) {
    return BadUsage("A certificate lives for '1m' to '87840h'.");
  }
  CertificateRequest request;
  request.common_name = std::move(common_name);
  const absl::Time now = SystemClock().Now();
  request.not_before = now - kBackdate;
  request.not_after = now + lifetime;
  return request;
}

absl::Status WriteNewFile(const std::string& path, absl::string_view text,
                          mode_t mode) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  const bool written = file >= 0 &&
                       write(file, text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()) &&
                       fchmod(file, mode) == 0;
  if (file >= 0) close(file);
  if (written) return absl::OkStatus();
  return FailedPrecondition("FILE_UNWRITABLE",
                            absl::StrCat("'", path, "' cannot be written."));
}

absl::Status MakeNewFolder(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::create_directory(path, error)) {
    return FailedPrecondition(
        "FOLDER_UNUSABLE",
        absl::StrCat("The folder '", path, "' exists or cannot be made."));
  }
  return absl::OkStatus();
}

absl::Status Authority(const Flags& flags) {
  CRM_ASSIGN_OR_RETURN(const CertificateRequest request,
                       RequestOf(flags, "Rapport authority"));
  CRM_ASSIGN_OR_RETURN(const CertifiedKey authority, MakeAuthority(request));
  const std::string& out = flags.at("out");
  CRM_RETURN_IF_ERROR(MakeNewFolder(out));
  CRM_RETURN_IF_ERROR(
      WriteNewFile(absl::StrCat(out, "/ca.key"), authority.private_key, 0400));
  return WriteNewFile(absl::StrCat(out, "/ca.crt"), authority.certificate,
                      0444);
}

absl::Status Issue(const Flags& flags) {
  const ServiceIdentity identity{flags.at("namespace"), flags.at("service")};
  const std::string uri = FormatSpiffeId(identity);
  if (!ParseSpiffeId(uri).has_value()) {
    return BadUsage("A name is 1 to 63 of a-z, 0-9 and '-'.");
  }
  CRM_ASSIGN_OR_RETURN(CertificateRequest request,
                       RequestOf(flags, identity.service));
  request.uris = {uri};
  request.host_names = {identity.service};
  CertifiedKey authority;
  const std::string& from = flags.at("authority");
  CRM_ASSIGN_OR_RETURN(
      authority.certificate,
      ReadWholeFile(absl::StrCat(from, "/ca.crt"), kMaxFileBytes));
  CRM_ASSIGN_OR_RETURN(
      authority.private_key,
      ReadSecretFile(absl::StrCat(from, "/ca.key"), kMaxFileBytes));
  CRM_ASSIGN_OR_RETURN(const CertifiedKey issued,
                       IssueCertificate(authority, request));
  CRM_RETURN_IF_ERROR(ParseTlsIdentity(issued.certificate, issued.private_key,
                                       authority.certificate,
                                       SystemClock().Now())
                          .status());
  const std::string& out = flags.at("out");
  CRM_RETURN_IF_ERROR(MakeNewFolder(out));
  CRM_RETURN_IF_ERROR(
      WriteNewFile(absl::StrCat(out, "/tls.key"), issued.private_key, 0400));
  CRM_RETURN_IF_ERROR(
      WriteNewFile(absl::StrCat(out, "/tls.crt"), issued.certificate, 0444));
  return WriteNewFile(absl::StrCat(out, "/ca.crt"), authority.certificate,
                      0444);
}

absl::Status Run(int argc, const char* const* argv) {
  const absl::string_view command = argc > 1 ? argv[1] : "";
  if (command == "authority") {
    CRM_ASSIGN_OR_RETURN(
        const Flags flags,
        ParseFlags(argc, argv, {{"out", ""}, {"lifetime", "87600h"}}));
    return Authority(flags);
  }
  if (command == "issue") {
    CRM_ASSIGN_OR_RETURN(const Flags flags, ParseFlags(argc, argv,
                                                       {{"authority", ""},
                                                        {"service", ""},
                                                        {"out", ""},
                                                        {"namespace", "crm"},
                                                        {"lifetime", "24h"}}));
    return Issue(flags);
  }
  return BadUsage(absl::StrCat("'", command, "' is not a command."));
}

int Main(int argc, const char* const* argv) {
  if (argc > 1 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  const absl::Status status = Run(argc, argv);
  if (status.ok()) return 0;
  std::fprintf(stderr, "crm-certs: %s\n",
               std::string(status.message()).c_str());
  return ErrorReason(status) == "BAD_USAGE" ? 2 : 1;
}

}  // namespace
}  // namespace crm

int main(int argc, char** argv) { return crm::Main(argc, argv); }
