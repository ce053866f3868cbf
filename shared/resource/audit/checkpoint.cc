#include "shared/resource/audit/checkpoint.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "shared/auth/base64url.h"
#include "shared/base/errors.h"
#include "shared/resource/audit/dump_line.h"

namespace crm {
namespace {

absl::Status Bad() {
  return InvalidArgument("BAD_CHECKPOINT",
                         "The line is not a checkpoint of an audit chain.");
}

// What is signed. Every part is of an alphabet without the line's end, or is
// last; VerifyCheckpoint() checks it.
std::string Statement(const Checkpoint& checkpoint) {
  return absl::StrCat("crm-audit-checkpoint-1\n", checkpoint.service, "\n",
                      checkpoint.tenant, "\n", checkpoint.n, "\n",
                      absl::BytesToHexString(checkpoint.hash), "\n",
                      checkpoint.time);
}

bool IsOneLine(absl::string_view text) {
  return text.find('\n') == absl::string_view::npos;
}

}  // namespace

void SignCheckpoint(const PrivateKey& key, Checkpoint& checkpoint) {
  checkpoint.key_id = key.Thumbprint();
  checkpoint.signature = key.Sign(Statement(checkpoint));
}

absl::Status VerifyCheckpoint(const Checkpoint& checkpoint,
                              const KeySet& keys) {
  const PublicKey* key = keys.Find(kAuditIssuer, checkpoint.key_id);
  if (key == nullptr) {
    return Unauthenticated(
        "CHECKPOINT_KEY",
        absl::StrCat("it is signed by the key '", checkpoint.key_id,
                     "', which is not known"));
  }
  if (!IsOneLine(checkpoint.service) || !IsOneLine(checkpoint.tenant) ||
      !key->Verify(Statement(checkpoint), checkpoint.signature)) {
    return Unauthenticated("CHECKPOINT_SIGNATURE",
                           "its signature does not hold");
  }
  return absl::OkStatus();
}

std::string FormatCheckpoint(const Checkpoint& checkpoint) {
  nlohmann::ordered_json json;
  json["service"] = checkpoint.service;
  json["tenant"] = checkpoint.tenant;
  json["n"] = checkpoint.n;
  json["hash"] = absl::BytesToHexString(checkpoint.hash);
  json["time"] = checkpoint.time;
  json["key"] = checkpoint.key_id;
  json["signature"] = EncodeBase64Url(checkpoint.signature);
  return json.dump();
}

absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view line) {
  const std::optional<JsonLine> json = JsonLine::Parse(line);
  if (!json.has_value()) return Bad();
  const auto service = json->Text("service");
  const auto tenant = json->Text("tenant");
  const auto n = json->Number("n");
  const auto hash = json->Hash("hash");
  const auto time = json->Text("time");
  const auto key = json->Text("key");
  const auto signature = json->Bytes("signature");
  if (!service || !tenant || !n || !hash || !time || !key || !signature) {
    return Bad();
  }
  return Checkpoint{*service, *tenant, *n, *hash, *time, *key, *signature};
}

}  // namespace crm
