#include "shared/call/consistency_token.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/digest.h"
#include "shared/base/errors.h"
#include "shared/base/sealed_text.h"

namespace crm {
namespace {

constexpr char kPurpose[] = "crm-token";
constexpr char kDirectoryMark[] = ":d";

absl::Status TokenInvalid() {
  return InvalidArgument(
      "CONSISTENCY_TOKEN_INVALID",
      "The consistency token was not issued here; send one that a mutation "
      "answered, unchanged.");
}

}  // namespace

int64_t ConsistencyToken::VersionOf(absl::string_view tenant,
                                    absl::string_view ordering_key) const {
  const uint64_t hash = OrderingKeyHash(tenant, ordering_key);
  for (const Key& key : keys) {
    if (key.key_hash == hash) return key.key_version;
  }
  return 0;
}

uint64_t OrderingKeyHash(absl::string_view tenant,
                         absl::string_view ordering_key) {
  return StableHash(
      absl::StrCat(tenant, absl::string_view("\0", 1), ordering_key));
}

std::string EncodeConsistencyToken(const ConsistencyToken& token,
                                   absl::string_view secret) {
  std::string body = absl::StrCat(token.service, ",", token.feed_epoch);
  const size_t count = std::min(token.keys.size(), kMaxTokenKeys);
  for (size_t i = 0; i < count; ++i) {
    absl::StrAppend(&body, ",", absl::Hex(token.keys[i].key_hash), ":",
                    token.keys[i].key_version,
                    token.keys[i].directory ? kDirectoryMark : "");
  }
  return Seal(body, kPurpose, secret);
}

absl::StatusOr<ConsistencyToken> DecodeConsistencyToken(
    absl::string_view text, absl::string_view secret) {
  const std::optional<std::string> body = Unseal(text, kPurpose, secret);
  if (!body.has_value()) return TokenInvalid();
  const std::vector<absl::string_view> parts = absl::StrSplit(*body, ',');
  ConsistencyToken token;
  token.service = std::string(parts[0]);
  if (parts.size() < 2 || !absl::SimpleAtoi(parts[1], &token.feed_epoch)) {
    return TokenInvalid();
  }
  for (size_t i = 2; i < parts.size(); ++i) {
    ConsistencyToken::Key key;
    absl::string_view part = parts[i];
    key.directory = absl::ConsumeSuffix(&part, kDirectoryMark);
    const std::vector<absl::string_view> pair = absl::StrSplit(part, ':');
    if (pair.size() != 2 || !absl::SimpleHexAtoi(pair[0], &key.key_hash) ||
        !absl::SimpleAtoi(pair[1], &key.key_version)) {
      return TokenInvalid();
    }
    token.keys.push_back(key);
  }
  return token;
}

}  // namespace crm
