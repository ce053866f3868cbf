// The keys of one issuer that publishes them at a URL, and when they are due to
// be fetched.

#ifndef CRM_SHARED_AUTH_JWKS_ISSUER_KEYS_H_
#define CRM_SHARED_AUTH_JWKS_ISSUER_KEYS_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/auth/key_set.h"

namespace crm {

// Keys are fetched again after this time, or this long after a failure.
inline constexpr absl::Duration kKeyRefresh = absl::Minutes(10);
inline constexpr absl::Duration kKeyRetry = absl::Seconds(30);
// A key that is not known has them fetched at most so often, and the same key
// not again for so long.
inline constexpr absl::Duration kUnknownKeyRefresh = absl::Seconds(30);
inline constexpr absl::Duration kUnknownKeyMemory = absl::Seconds(60);
// While none can be fetched, the last good ones count for so long.
inline constexpr absl::Duration kMaxKeyAge = absl::Hours(24);
// Unknown keys that are remembered.
inline constexpr size_t kMaxUnknownKeys = 1'000;

// Decides, and fetches nothing itself; all times are of a monotonic clock.
// Thread-compatible.
class IssuerKeys {
 public:
  explicit IssuerKeys(std::string issuer) : issuer_(std::move(issuer)) {}

  const std::string& issuer() const { return issuer_; }

  // Returns whether the keys are to be fetched now.
  bool Due(absl::Duration now) const { return now >= due_; }

  // When they are to be fetched next, as it looks now.
  absl::Duration due() const { return due_; }

  // Says that they are being fetched.
  void BeginFetch(absl::Duration now);

  // Takes what came of it: a text that is no good key set leaves the keys that
  // there are. Returns why it is not, or the error that came.
  absl::Status EndFetch(absl::StatusOr<std::string> text, absl::Duration now);

  // Notes that a token named the key `key_id`, which is not there. Returns
  // whether the keys have become due by it.
  bool Miss(absl::string_view key_id, absl::Duration now);

  // Returns the keys, null without any that still count.
  std::shared_ptr<const KeySet> Keys(absl::Duration now) const;

 private:
  const std::string issuer_;
  std::string text_;
  std::shared_ptr<const KeySet> keys_;
  absl::Duration fetched_;
  absl::Duration due_ = -absl::InfiniteDuration();
  // When an unknown key last made them due.
  absl::Duration last_miss_ = -absl::InfiniteDuration();
  // By id, until when each is remembered.
  std::map<std::string, absl::Duration, std::less<>> unknown_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_JWKS_ISSUER_KEYS_H_
