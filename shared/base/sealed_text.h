// Text that travels through callers and comes back unchanged: authenticated,
// not secret. Tokens of several kinds are made of it. Pure functions,
// thread-safe.

#ifndef CRM_SHARED_BASE_SEALED_TEXT_H_
#define CRM_SHARED_BASE_SEALED_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace crm {

// Returns `body` as URL-safe text with an authenticator under `secret`.
// `purpose` keeps one kind of token from being taken for another.
std::string Seal(absl::string_view body, absl::string_view purpose,
                 absl::string_view secret);

// Returns the body of `text`, or nothing unless Seal() made it with the same
// purpose and secret.
std::optional<std::string> Unseal(absl::string_view text,
                                  absl::string_view purpose,
                                  absl::string_view secret);

}  // namespace crm

#endif  // CRM_SHARED_BASE_SEALED_TEXT_H_
