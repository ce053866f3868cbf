// crm-token: makes keys and, for development, tokens.

#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "shared/auth/private_key.h"
#include "shared/auth/token_signer.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/ids.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

constexpr char kHelp[] =
    R"(Usage:
  crm-token keygen --issuer I --private FILE --jwks FILE [--kid K]
      Makes an Ed25519 key: the private half in a new file of mode 0400, the
      public half added to a key set, which is made if there is none. Without
      --kid the key is named by its thumbprint. Prints the name.

  crm-token mint --key FILE --issuer I --audience A --tenant T --subject S
                 [--role R ...] [--kid K] [--ttl 1h]
      Prints a token signed with the private key in FILE. Anyone who can read
      that file can be anyone: keep issuers of this kind to development.

  crm-token --help
      Prints this text.
)";

constexpr absl::Duration kMaxLifetime = absl::Hours(1);

// Flags by name; `--role a --role b` is two values of `role`.
using Flags = std::map<std::string, std::vector<std::string>>;

absl::Status BadUsage(absl::string_view what) {
  return InvalidArgument("BAD_USAGE",
                         absl::StrCat(what, " See crm-token --help."));
}

absl::StatusOr<Flags> ParseFlags(int argc, const char* const* argv,
                                 const std::vector<std::string>& known) {
  Flags flags;
  for (const std::string& name : known) flags[name] = {};
  for (int i = 2; i < argc; i += 2) {
    absl::string_view name = argv[i];
    if (!absl::ConsumePrefix(&name, "--")) {
      return BadUsage(absl::StrCat("'", argv[i], "' is not a flag."));
    }
    const auto flag = flags.find(std::string(name));
    if (flag == flags.end()) {
      return BadUsage(absl::StrCat("'", argv[i], "' is unknown here."));
    }
    if (i + 1 == argc) {
      return BadUsage(absl::StrCat("'", argv[i], "' has no value."));
    }
    flag->second.emplace_back(argv[i + 1]);
  }
  return flags;
}

// Returns the one value of flag `name`, or INVALID_ARGUMENT (BAD_USAGE) without
// exactly one that is not empty.
absl::StatusOr<std::string> Required(const Flags& flags, const char* name) {
  const std::vector<std::string>& values = flags.at(name);
  if (values.size() != 1 || values.front().empty()) {
    return BadUsage(absl::StrCat("'--", name, "' is needed, once."));
  }
  return values.front();
}

std::string Optional(const Flags& flags, const char* name,
                     absl::string_view otherwise) {
  const std::vector<std::string>& values = flags.at(name);
  return values.empty() ? std::string(otherwise) : values.back();
}

absl::StatusOr<std::string> Keygen(const Flags& flags) {
  CRM_ASSIGN_OR_RETURN(const std::string issuer, Required(flags, "issuer"));
  CRM_ASSIGN_OR_RETURN(const std::string private_file,
                       Required(flags, "private"));
  CRM_ASSIGN_OR_RETURN(const std::string key_set_file, Required(flags, "jwks"));
  CRM_ASSIGN_OR_RETURN(const PrivateKey key, PrivateKey::Generate());
  std::string key_id = Optional(flags, "kid", key.Thumbprint());
  CRM_RETURN_IF_ERROR(key.WriteFile(private_file));
  absl::Status added = AddToKeySetFile(key_set_file, issuer, key_id, key);
  // A private key that nobody knows the public half of is of no use.
  if (!added.ok()) {
    std::remove(private_file.c_str());
    return added;
  }
  return key_id;
}

absl::StatusOr<std::string> Mint(const Flags& flags) {
  CRM_ASSIGN_OR_RETURN(const std::string key_file, Required(flags, "key"));
  CRM_ASSIGN_OR_RETURN(const std::string issuer, Required(flags, "issuer"));
  CRM_ASSIGN_OR_RETURN(const std::string audience, Required(flags, "audience"));
  TokenSubject subject;
  CRM_ASSIGN_OR_RETURN(subject.tenant, Required(flags, "tenant"));
  CRM_ASSIGN_OR_RETURN(subject.subject, Required(flags, "subject"));
  subject.roles = flags.at("role");
  if (!IsTenantId(subject.tenant)) {
    return BadUsage("A tenant is 1 to 40 of a-z, 0-9 and '-'.");
  }
  absl::Duration lifetime;
  if (!absl::ParseDuration(Optional(flags, "ttl", "1h"), &lifetime) ||
      lifetime < absl::Seconds(1) || lifetime > kMaxLifetime) {
    return BadUsage("A token lives for '1s' to '1h'.");
  }
  CRM_ASSIGN_OR_RETURN(PrivateKey key, PrivateKey::ReadFile(key_file));
  const SystemClock clock;
  return TokenSigner(std::move(key), issuer, Optional(flags, "kid", ""),
                     audience, clock)
      .Sign(subject, lifetime);
}

absl::StatusOr<std::string> Run(int argc, const char* const* argv) {
  const absl::string_view command = argc > 1 ? argv[1] : "";
  if (command == "keygen") {
    CRM_ASSIGN_OR_RETURN(
        const Flags flags,
        ParseFlags(argc, argv, {"issuer", "kid", "private", "jwks"}));
    return Keygen(flags);
  }
  if (command == "mint") {
    CRM_ASSIGN_OR_RETURN(const Flags flags,
                         ParseFlags(argc, argv,
                                    {"key", "issuer", "kid", "audience",
                                     "tenant", "subject", "role", "ttl"}));
    return Mint(flags);
  }
  return BadUsage(absl::StrCat("'", command, "' is not a command."));
}

int Main(int argc, const char* const* argv) {
  if (argc > 1 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  const absl::StatusOr<std::string> answer = Run(argc, argv);
  if (!answer.ok()) {
    std::fprintf(stderr, "crm-token: %s\n",
                 std::string(answer.status().message()).c_str());
    return ErrorReason(answer.status()) == "BAD_USAGE" ? 2 : 1;
  }
  std::printf("%s\n", answer->c_str());
  return 0;
}

}  // namespace
}  // namespace crm

int main(int argc, char** argv) { return crm::Main(argc, argv); }
