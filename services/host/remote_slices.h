// Asks other services for their slices, over gRPC and for the caller.

#ifndef CRM_SERVICES_HOST_REMOTE_SLICES_H_
#define CRM_SERVICES_HOST_REMOTE_SLICES_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "services/host/settings.h"
#include "shared/auth/tls_folder.h"
#include "shared/base/clock.h"
#include "shared/cache/slice_cache.h"
#include "shared/profile/compose.h"
#include "shared/profile/peer_slices.h"
#include "shared/rpc/channel.h"

namespace crm {

// How long the owner of a slice may take.
inline constexpr absl::Duration kPeerTimeout = absl::Milliseconds(500);

// Calls crm.internal.v1.SliceService of the owners with the credential of the
// caller, so that they decide what he may have. While one cannot be asked, what
// the cache holds is shown to who may read the profiles of all customers.
// Thread-safe.
class RemoteSlices final : public PeerSlices {
 public:
  // Finds the owners at `addresses`, by name. `clock` outlives this.
  RemoteSlices(std::map<std::string, std::string> addresses,
               const Clock& clock);

  // Says over what connections go, before the first call: TLS by `tls`, and the
  // cache in `cache`; either may be null. Both outlive the calls.
  void Connect(TlsFolder* tls, SliceCache* cache);

  std::optional<profile::v1::Slice> Read(
      const CallContext& call, const std::string& customer,
      profile::v1::Slice::Kind kind) override;

 private:
  // Returns the connection to `owner`; null if its address is not known.
  RpcChannel* ChannelTo(const std::string& owner);
  OwnerAnswer Ask(const CallContext& call, const std::string& customer,
                  const SliceSource& source);

  const std::map<std::string, std::string> addresses_;
  const Clock& clock_;
  std::atomic<TlsFolder*> tls_{nullptr};
  std::atomic<SliceCache*> cache_{nullptr};
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<RpcChannel>> channels_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_REMOTE_SLICES_H_
