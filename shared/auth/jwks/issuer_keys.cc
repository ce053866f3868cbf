#include "shared/auth/jwks/issuer_keys.h"

#include <utility>

namespace crm {

void IssuerKeys::BeginFetch(absl::Duration now) { due_ = now + kKeyRetry; }

absl::Status IssuerKeys::EndFetch(absl::StatusOr<std::string> text,
                                  absl::Duration now) {
  if (!text.ok()) return text.status();
  // The same keys stay the same set, since verified tokens are remembered by
  // it.
  if (keys_ == nullptr || *text != text_) {
    absl::StatusOr<KeySet> keys = KeySet::ParseOf(issuer_, *text);
    if (!keys.ok()) return keys.status();
    keys_ = std::make_shared<const KeySet>(*std::move(keys));
    text_ = *std::move(text);
  }
  fetched_ = now;
  due_ = now + kKeyRefresh;
  return absl::OkStatus();
}

bool IssuerKeys::Miss(absl::string_view key_id, absl::Duration now) {
  const auto known = unknown_.find(key_id);
  if (known != unknown_.end() && now < known->second) return false;
  if (unknown_.size() >= kMaxUnknownKeys) unknown_.clear();
  unknown_.insert_or_assign(std::string(key_id), now + kUnknownKeyMemory);
  if (now - last_miss_ < kUnknownKeyRefresh) return false;
  last_miss_ = now;
  due_ = now;
  return true;
}

std::shared_ptr<const KeySet> IssuerKeys::Keys(absl::Duration now) const {
  if (keys_ == nullptr || now - fetched_ > kMaxKeyAge) return nullptr;
  return keys_;
}

}  // namespace crm
