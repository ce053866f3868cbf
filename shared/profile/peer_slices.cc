#include "shared/profile/peer_slices.h"

namespace crm {
namespace {

class NoSlices final : public PeerSlices {
 public:
  std::optional<profile::v1::Slice> Read(
      const CallContext& /*call*/, const std::string& /*customer*/,
      profile::v1::Slice::Kind kind) override {
    profile::v1::Slice slice;
    slice.set_kind(kind);
    slice.set_state(profile::v1::Slice::MISSING);
    slice.set_reason("SERVICE_UNREACHABLE");
    return slice;
  }
};

}  // namespace

PeerSlices& NoPeerSlices() {
  static auto& none = *new NoSlices();
  return none;
}

}  // namespace crm
