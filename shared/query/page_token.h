// Page tokens: where a list goes on, in a form that only we can make.
//
// A token carries the state of the list, the time of issue and a hash of the
// arguments it belongs to, under an HMAC: clients can neither alter it nor use
// it with other arguments, as somebody else, or for long.

#ifndef CRM_SHARED_QUERY_PAGE_TOKEN_H_
#define CRM_SHARED_QUERY_PAGE_TOKEN_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"

namespace crm {

// The longest token, in bytes of its text.
inline constexpr size_t kMaxPageTokenBytes = 2048;

// How long a token can be used.
inline constexpr absl::Duration kPageTokenLifetime = absl::Hours(24);

// Makes and reads page tokens. Processes with the same secret read each
// other's. Immutable.
class PageTokenCodec final {
 public:
  // `secret` is at least 32 random bytes; `clock` outlives the codec.
  PageTokenCodec(absl::string_view secret, const Clock& clock);

  // Returns a URL-safe token for `state`. `binding` is whatever must be the
  // same when the token comes back: tenant, principal, method, parent, filter,
  // order.
  //
  // Returns INVALID_ARGUMENT (PAGE_TOKEN_TOO_LONG) if `state` does not fit: the
  // list is ordered by longer text than a token can hold.
  absl::StatusOr<std::string> Encode(absl::string_view state,
                                     absl::string_view binding) const;

  // Returns the state in `token`.
  //
  // Returns INVALID_ARGUMENT: PAGE_TOKEN_INVALID if we did not make it,
  // PAGE_TOKEN_MISMATCH if it was made for another `binding`,
  // PAGE_TOKEN_EXPIRED if that was more than kPageTokenLifetime ago.
  absl::StatusOr<std::string> Decode(absl::string_view token,
                                     absl::string_view binding) const;

 private:
  std::string BindingHash(absl::string_view binding) const;

  std::string key_;
  const Clock& clock_;
};

}  // namespace crm

#endif  // CRM_SHARED_QUERY_PAGE_TOKEN_H_
