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

}  // namespace

absl::StatusOr<KeySet> KeySet::Parse(absl::string_view text) {
  if (text.size() > kMaxKeySetBytes) {
    return BadKeySet(
        absl::StrCat("A key set has at most ", kMaxKeySetBytes, " bytes."));
  }
  const auto document = ParseJsonObject(text);
  if (!document.has_value() || !document->contains("keys") ||
      !(*document)["keys"].is_array()) {
    return BadKeySet("A key set is a JSON object with an array 'keys'.");
  }
  const nlohmann::json& entries = (*document)["keys"];
  if (entries.size() > kMaxKeys) {
    return BadKeySet(
        absl::StrCat("A key set has at most ", kMaxKeys, " keys."));
  }
  KeySet set;
  for (const nlohmann::json& entry : entries) {
    if (!entry.is_object()) return BadKeySet("A key is a JSON object.");
    if (FindString(entry, "kty") == "oct") {
      return BadKeySet("The key set holds a shared secret; replace it.");
    }
    if (FindString(entry, "use").value_or("sig") != "sig") continue;
    const auto algorithm =
        FindJwtAlgorithm(FindString(entry, "alg").value_or(""));
    if (!algorithm.has_value()) continue;
    const auto issuer = FindString(entry, "iss");
    const auto key_id = FindString(entry, "kid");
    if (issuer.value_or("").empty() || key_id.value_or("").empty()) {
      return BadKeySet("A key names its issuer in 'iss' and itself in 'kid'.");
    }
    CRM_ASSIGN_OR_RETURN(PublicKey key, PublicKey::FromJwk(entry, *algorithm));
    if (!set.keys_.try_emplace({*issuer, *key_id}, std::move(key)).second) {
      return BadKeySet(
          absl::StrCat("Issuer '", *issuer, "' has two keys '", *key_id, "'."));
    }
  }
  return set;
}

const PublicKey* KeySet::Find(absl::string_view issuer,
                              absl::string_view key_id) const {
  const auto found = keys_.find({std::string(issuer), std::string(key_id)});
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace crm
