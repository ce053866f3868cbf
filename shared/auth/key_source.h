// Where the keys come from that tokens are checked with.

#ifndef CRM_SHARED_AUTH_KEY_SOURCE_H_
#define CRM_SHARED_AUTH_KEY_SOURCE_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "shared/auth/key_set.h"

namespace crm {

// Gives the keys that count now. Thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;

  // Returns the keys; never null, and at once. The same set is the same
  // pointer.
  virtual std::shared_ptr<const KeySet> Get() = 0;

  // Told that `issuer`, whose tokens are accepted, was said to have the key
  // `key_id` and has not. Returns at once.
  virtual void Miss(absl::string_view /*issuer*/,
                    absl::string_view /*key_id*/) {}
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_KEY_SOURCE_H_
