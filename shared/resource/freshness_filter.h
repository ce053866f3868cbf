// The filter that holds a call against the consistency tokens it came with:
// what it is answered from must hold the writes that the tokens stand for.

#ifndef CRM_SHARED_RESOURCE_FRESHNESS_FILTER_H_
#define CRM_SHARED_RESOURCE_FRESHNESS_FILTER_H_

#include <cstdint>
#include <string>

#include "shared/call/call.h"

namespace crm {

// A service reads its own store, in which every acknowledged write is seen by
// the next read, so a token of this service is kept by itself, unless the store
// was put back to an older state meanwhile, which its epoch tells. Tokens of
// other services are for those that read from copies. The suite's own methods
// pass: what they hand on says itself how old it is.
//
// Ends calls with INVALID_ARGUMENT (CONSISTENCY_TOKEN_INVALID) for a token that
// nobody of the suite made, and FAILED_PRECONDITION (CONSISTENCY_LOST) for one
// from before the store was restored. Thread-safe.
class FreshnessFilter final : public CallFilter {
 public:
  // `service` is this one; tokens are authenticated by `secret`.
  FreshnessFilter(std::string service, int64_t feed_epoch, std::string secret);

  absl::Status Begin(Call& call) override;

 private:
  const std::string service_;
  const int64_t feed_epoch_;
  const std::string secret_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_FRESHNESS_FILTER_H_
