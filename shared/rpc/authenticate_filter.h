// Finds out who makes a call, from the token that comes with it.

#ifndef CRM_SHARED_RPC_AUTHENTICATE_FILTER_H_
#define CRM_SHARED_RPC_AUTHENTICATE_FILTER_H_

#include "absl/status/status.h"
#include "shared/auth/token_verifier.h"
#include "shared/call/call.h"

namespace crm {

// Verifies `authorization: Bearer <token>` and takes the consistency tokens
// from `crm-token`, which may repeat. Thread-safe.
class AuthenticateFilter final : public CallFilter {
 public:
  // `verifier` outlives the filter.
  explicit AuthenticateFilter(const TokenVerifier& verifier)
      : verifier_(verifier) {}

  // Sets the principal, the bearer token and the consistency tokens. Returns
  // UNAUTHENTICATED with reason TOKEN_MISSING for a call without a bearer
  // token, INVALID_ARGUMENT with reason TOO_MANY_CONSISTENCY_TOKENS for more
  // than 16, and what the verifier says of a token that is not good.
  absl::Status Begin(Call& call) override;

 private:
  const TokenVerifier& verifier_;
};

}  // namespace crm

#endif  // CRM_SHARED_RPC_AUTHENTICATE_FILTER_H_
