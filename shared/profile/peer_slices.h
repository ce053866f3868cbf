// What a service shows of the slices that other services own.

#ifndef CRM_SHARED_PROFILE_PEER_SLICES_H_
#define CRM_SHARED_PROFILE_PEER_SLICES_H_

#include <optional>
#include <string>

#include "crm/profile/v1/slice.pb.h"
#include "shared/call/call.h"

namespace crm {

// Reads slices of other services for the callers of this one. Thread-safe.
class PeerSlices {
 public:
  virtual ~PeerSlices() = default;

  // Returns the slice `kind` of `customer` as the caller of `call` may have it,
  // as ComposeProfile() does: from its owner or, if that cannot be asked, from
  // the cache, STALE if it is old; else MISSING with the reason. Returns
  // nothing if the owner refuses it to the caller. May take its time, but not
  // long.
  virtual std::optional<profile::v1::Slice> Read(
      const CallContext& call, const std::string& customer,
      profile::v1::Slice::Kind kind) = 0;
};

// Returns what reads nothing: all slices are MISSING.
PeerSlices& NoPeerSlices();

}  // namespace crm

#endif  // CRM_SHARED_PROFILE_PEER_SLICES_H_
