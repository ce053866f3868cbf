// crm-audit: takes dumps of audit chains out of a running suite, and verifies
// them without it.

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "crm/platform/v1/audit_chain.pb.h"
#include "shared/auth/key_set.h"
#include "shared/base/errors.h"
#include "shared/base/secret_file.h"
#include "shared/base/status_macros.h"
#include "shared/resource/audit/audit_record.h"
#include "shared/resource/audit/audit_verifier.h"
#include "shared/resource/audit/dump_line.h"
#include "shared/rpc/channel.h"

namespace crm {
namespace {

constexpr char kHelp[] =
    R"(Usage:
  crm-audit export --gateway HOST:PORT --token-file FILE --service S --out FILE
      Writes the audit chain of the token's tenant in service S, one record a
      line, to a new file. The gateway is called in plaintext. The token's
      roles must grant 'auditEntries.list'.

  crm-audit verify --dump FILE [--checkpoints FILE --keys JWKS_FILE]
      Verifies a dump offline. The checkpoints are the lines that the service
      has written where CRM_AUDIT_CHECKPOINTS says; the keys are the public
      ones of the issuer 'crm-audit'. Without checkpoints it cannot be seen
      whether the end of a chain was cut off.

  crm-audit --help
      Prints this text.

Exit codes: 0 all is well, 1 a chain is broken, 2 wrong usage, 3 a file or the
suite could not be read.
)";

constexpr int kBroken = 1;
constexpr int kBadUsage = 2;
constexpr int kUnreadable = 3;
constexpr absl::Duration kCallTimeout = absl::Seconds(30);
constexpr int kPageRecords = 500;
constexpr size_t kMaxTokenBytes = 16 << 10;

using Flags = std::map<std::string, std::string>;

absl::Status BadUsage(absl::string_view what) {
  return InvalidArgument("BAD_USAGE",
                         absl::StrCat(what, " See crm-audit --help."));
}

absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv,
                                 const std::vector<std::string>& needed,
                                 const std::vector<std::string>& optional) {
  Flags flags;
  for (const std::string& name : needed) flags[name] = "";
  for (const std::string& name : optional) flags[name] = "";
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
  for (const std::string& name : needed) {
    if (flags[name].empty()) {
      return BadUsage(absl::StrCat("'--", name, "' is needed."));
    }
  }
  return flags;
}

absl::Status Export(const Flags& flags) {
  CRM_ASSIGN_OR_RETURN(std::string token,
                       ReadWholeFile(flags.at("token-file"), kMaxTokenBytes));
  absl::StripAsciiWhitespace(&token);
  const std::string& out = flags.at("out");
  if (std::ifstream(out).good()) {
    return FailedPrecondition("FILE_EXISTS",
                              absl::StrCat("'", out, "' exists already."));
  }
  RpcChannel gateway(flags.at("gateway"), {.health_check = false});
  std::ofstream file(out, std::ios::binary);
  platform::v1::ReadAuditChainRequest request;
  request.set_name(absl::StrCat("auditChains/", flags.at("service")));
  request.set_page_size(kPageRecords);
  for (;;) {
    platform::v1::ReadAuditChainResponse response;
    CallOptions options;
    options.deadline = absl::Now() + kCallTimeout;
    options.metadata = {{"authorization", absl::StrCat("Bearer ", token)}};
    CRM_RETURN_IF_ERROR(
        gateway.Call("/crm.platform.v1.AuditChainService/ReadAuditChain",
                     request, &response, options));
    for (const platform::v1::AuditRecord& record : response.records()) {
      file << FormatDumpLine({.service = flags.at("service"),
                              .tenant = response.tenant(),
                              .n = record.n(),
                              .hash = record.hash(),
                              .record = record.content()})
           << "\n";
      request.set_after_n(record.n());
    }
    if (response.records().empty()) break;
  }
  file.flush();
  if (!file.good()) {
    return FailedPrecondition("FILE_UNWRITABLE",
                              absl::StrCat("'", out, "' cannot be written."));
  }
  std::cout << "Wrote " << request.after_n() << " records.\n";
  return absl::OkStatus();
}

absl::Status Open(const std::string& path, std::ifstream& file) {
  file.open(path, std::ios::binary);
  if (file.good()) return absl::OkStatus();
  return FailedPrecondition("FILE_UNREADABLE",
                            absl::StrCat("'", path, "' cannot be read."));
}

absl::Status CheckAll(const Flags& flags, AuditVerifier& verifier) {
  CRM_ASSIGN_OR_RETURN(const std::string key_text,
                       ReadWholeFile(flags.at("keys"), kMaxKeySetBytes));
  CRM_ASSIGN_OR_RETURN(const KeySet keys, KeySet::Parse(key_text));
  std::ifstream file;
  CRM_RETURN_IF_ERROR(Open(flags.at("checkpoints"), file));
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty()) continue;
    CRM_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpoint(line));
    if (!verifier.Knows(checkpoint)) continue;
    CRM_RETURN_IF_ERROR(verifier.Check(checkpoint, keys));
  }
  return absl::OkStatus();
}

absl::Status Verify(const Flags& flags) {
  if (flags.at("checkpoints").empty() != flags.at("keys").empty()) {
    return BadUsage("'--checkpoints' and '--keys' come together.");
  }
  std::ifstream file;
  CRM_RETURN_IF_ERROR(Open(flags.at("dump"), file));
  AuditVerifier verifier;
  std::string line;
  while (std::getline(file, line)) {
    CRM_RETURN_IF_ERROR(verifier.ReadLine(line));
  }
  if (!flags.at("checkpoints").empty()) {
    CRM_RETURN_IF_ERROR(CheckAll(flags, verifier));
  }
  std::cout << verifier.records() << " records in " << verifier.chains()
            << " chains are as they were written. " << verifier.uncovered()
            << " of them are newer than any checkpoint.\n";
  return absl::OkStatus();
}

absl::Status Run(int argc, const char* const* argv) {
  const absl::string_view command = argc > 1 ? argv[1] : "";
  if (command == "export") {
    CRM_ASSIGN_OR_RETURN(
        const Flags flags,
        ParseFlags(argc, argv, {"gateway", "token-file", "service", "out"},
                   {}));
    return Export(flags);
  }
  if (command == "verify") {
    CRM_ASSIGN_OR_RETURN(
        const Flags flags,
        ParseFlags(argc, argv, {"dump"}, {"checkpoints", "keys"}));
    return Verify(flags);
  }
  return BadUsage(absl::StrCat("'", command, "' is not a command."));
}

int ExitCodeOf(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  if (reason == "BAD_USAGE") return kBadUsage;
  return reason == "AUDIT_BROKEN" || reason == "BAD_DUMP_LINE" ||
                 reason == "BAD_CHECKPOINT"
             ? kBroken
             : kUnreadable;
}

int Main(int argc, const char* const* argv) {
  if (argc > 1 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  const absl::Status status = Run(argc, argv);
  if (status.ok()) return 0;
  std::cerr << "crm-audit: " << status.message() << "\n";
  return ExitCodeOf(status);
}

}  // namespace
}  // namespace crm

int main(int argc, char** argv) { return crm::Main(argc, argv); }
