#include "shared/auth/key_set.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "shared/auth/json_object.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

absl::Status BadKeySet(absl::string_view what) {
  return InvalidArgument("BAD_KEY_SET", what);
}

// Returns the array of keys in `text`: objects, none of them a shared secret.
absl::StatusOr<nlohmann::json> ReadEntries(absl::string_view text) {
  if (text.size() > kMaxKeySetBytes) {
    return BadKeySet(
        absl::StrCat("A key set has at most ", kMaxKeySetBytes, " bytes."));
  }
  auto document = ParseJsonObject(text);
  if (!document.has_value() || !document->contains("keys") ||
      !(*document)["keys"].is_array()) {
    return BadKeySet("A key set is a JSON object with an array 'keys'.");
  }
  nlohmann::json entries = std::move((*document)["keys"]);
  if (entries.size() > kMaxKeys) {
    return BadKeySet(
        absl::StrCat("A key set has at most ", kMaxKeys, " keys."));
  }
  for (const nlohmann::json& entry : entries) {
    if (!entry.is_object()) return BadKeySet("A key is a JSON object.");
    if (FindString(entry, "kty") == "oct") {
      return BadKeySet("The key set holds a shared secret; replace it.");
    }
  }
  return entries;
}

bool IsForSigning(const nlohmann::json& entry) {
  return FindString(entry, "use").value_or("sig") == "sig";
}

// Returns what a key that names no algorithm is for.
std::string UsualAlgorithm(const nlohmann::json& entry) {
  const std::string type = FindString(entry, "kty").value_or("");
  const std::string curve = FindString(entry, "crv").value_or("");
  if (type == "RSA") return "RS256";
  if (type == "EC" && curve == "P-256") return "ES256";
  if (type == "OKP" && curve == "Ed25519") return "EdDSA";
  return "";
}

}  // namespace

absl::StatusOr<KeySet> KeySet::Parse(absl::string_view text) {
  CRM_ASSIGN_OR_RETURN(const nlohmann::json entries, ReadEntries(text));
  KeySet set;
  for (const nlohmann::json& entry : entries) {
    const auto algorithm =
        FindJwtAlgorithm(FindString(entry, "alg").value_or(""));
    if (!IsForSigning(entry) || !algorithm.has_value()) continue;
    const auto issuer = FindString(entry, "iss");
    const auto key_id = FindString(entry, "kid");
    if (issuer.value_or("").empty() || key_id.value_or("").empty()) {
      return BadKeySet("A key names its issuer in 'iss' and itself in 'kid'.");
    }
    CRM_RETURN_IF_ERROR(set.Add(*issuer, *key_id, entry, *algorithm));
  }
  return set;
}

absl::StatusOr<KeySet> KeySet::ParseOf(absl::string_view issuer,
                                       absl::string_view text) {
  CRM_ASSIGN_OR_RETURN(const nlohmann::json entries, ReadEntries(text));
  KeySet set;
  for (const nlohmann::json& entry : entries) {
    const auto algorithm = FindJwtAlgorithm(
        FindString(entry, "alg").value_or(UsualAlgorithm(entry)));
    const std::string key_id = FindString(entry, "kid").value_or("");
    if (!IsForSigning(entry) || !algorithm.has_value() || key_id.empty()) {
      continue;
    }
    CRM_RETURN_IF_ERROR(
        set.Add(std::string(issuer), key_id, entry, *algorithm));
  }
  return set;
}

absl::Status KeySet::Add(const std::string& issuer, const std::string& key_id,
                         const nlohmann::json& entry, JwtAlgorithm algorithm) {
  CRM_ASSIGN_OR_RETURN(PublicKey key, PublicKey::FromJwk(entry, algorithm));
  auto shared = std::make_shared<const PublicKey>(std::move(key));
  if (keys_.try_emplace({issuer, key_id}, std::move(shared)).second) {
    return absl::OkStatus();
  }
  return BadKeySet(
      absl::StrCat("Issuer '", issuer, "' has two keys '", key_id, "'."));
}

KeySet KeySet::Joined(std::span<const std::shared_ptr<const KeySet>> sets) {
  KeySet joined;
  for (const auto& set : sets) {
    joined.keys_.insert(set->keys_.begin(), set->keys_.end());
  }
  return joined;
}

const PublicKey* KeySet::Find(absl::string_view issuer,
                              absl::string_view key_id) const {
  const auto found = keys_.find({std::string(issuer), std::string(key_id)});
  return found == keys_.end() ? nullptr : found->second.get();
}

}  // namespace crm
