#include "services/host/remote_slices.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/slice.pb.h"
#include "shared/auth/caller.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

using ::crm::internal::v1::ReadSlicesRequest;
using ::crm::internal::v1::ReadSlicesResponse;
using ::crm::internal::v1::SliceEnvelope;
using ::crm::profile::v1::Slice;

constexpr char kProfilePermission[] = "customers.getProfile";

const SliceSource* SourceOf(Slice::Kind kind) {
  for (const SliceSource& source : SliceSources()) {
    if (source.kind == kind) return &source;
  }
  return nullptr;
}

// Whether the caller may be shown what was built for others.
bool MaySeeCached(const CallContext& call) {
  return call.caller == nullptr ||
         call.caller->AccessTo(kProfilePermission).everything;
}

}  // namespace

RemoteSlices::RemoteSlices(std::map<std::string, std::string> addresses,
                           const Clock& clock)
    : addresses_(std::move(addresses)), clock_(clock) {}

void RemoteSlices::Connect(TlsFolder* tls, SliceCache* cache) {
  tls_ = tls;
  cache_ = cache;
}

std::optional<Slice> RemoteSlices::Read(const CallContext& call,
                                        const std::string& customer,
                                        Slice::Kind kind) {
  const SliceSource* source = SourceOf(kind);
  if (source == nullptr) return std::nullopt;
  ProfileParts parts;
  parts.customer = customer;
  parts.kinds = {kind};
  parts.rule.now = clock_.Now();
  OwnerAnswer answer = Ask(call, customer, *source);
  SliceCache* cache = cache_;
  if (!answer.status.ok() && !absl::IsPermissionDenied(answer.status) &&
      cache != nullptr && MaySeeCached(call)) {
    auto cached =
        cache->Read({call.principal.tenant, customer}, {source->name});
    // Without the cache nothing is known, which is what is shown then.
    if (cached.ok()) {
      parts.cached.insert(cached->begin(), cached->end());
    }
  }
  parts.answers[source->owner] = std::move(answer);
  const auto profile = ComposeProfile(parts);
  if (!profile.ok() || profile->slices().empty()) return std::nullopt;
  return profile->slices(0);
}

RpcChannel* RemoteSlices::ChannelTo(const std::string& owner) {
  const auto address = addresses_.find(owner);
  if (address == addresses_.end() || address->second.empty()) return nullptr;
  std::lock_guard lock(mutex_);
  std::unique_ptr<RpcChannel>& channel = channels_[owner];
  if (channel == nullptr) {
    RpcChannel::Options options;
    options.tls = tls_;
    options.tls_service = owner;
    options.services = {
        ReadSlicesRequest::descriptor()->file()->FindServiceByName(
            "SliceService")};
    channel = std::make_unique<RpcChannel>(address->second, options);
  }
  return channel.get();
}

OwnerAnswer RemoteSlices::Ask(const CallContext& call,
                              const std::string& customer,
                              const SliceSource& source) {
  OwnerAnswer answer;
  RpcChannel* channel = ChannelTo(source.owner);
  if (channel == nullptr) {
    answer.status = Unavailable("SERVICE_UNREACHABLE",
                                absl::StrCat("The address of the service '",
                                             source.owner, "' is not known."));
    return answer;
  }
  ReadSlicesRequest request;
  request.set_customer(customer);
  request.add_slices(source.name);
  const absl::Time now = clock_.Now();
  CallOptions options = OnBehalfOf(call, now);
  options.deadline = std::min(options.deadline, now + kPeerTimeout);
  ReadSlicesResponse response;
  answer.status = channel->Call("/crm.internal.v1.SliceService/Read", request,
                                &response, options);
  for (const SliceEnvelope& slice : response.slices()) {
    answer.slices[slice.slice()] = slice;
  }
  return answer;
}

}  // namespace crm
