#include "services/host/followed_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

// The leases of the partitions, by the names that a consumer knows them by.
LeaseKeeper::Options LeasesOf(const Consumer::Options& consumer,
                              std::string holder) {
  LeaseKeeper::Options options;
  options.pool = absl::StrCat("consumer-", consumer.producer);
  for (int i = 0; i < consumer.partitions; ++i) {
    options.names.push_back(absl::StrCat(i));
  }
  options.holder = std::move(holder);
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FollowedService>> FollowedService::Start(
    const FollowingParts& parts, const Following& following,
    std::string holder) {
  const auto address = parts.settings.addresses.find(following.producer);
  if (address == parts.settings.addresses.end()) {
    return InvalidArgument("BAD_CONFIG",
                           absl::StrCat("No address is known for the service '",
                                        following.producer, "'."));
  }
  auto followed = std::unique_ptr<FollowedService>(new FollowedService());
  followed->following_ = following;
  followed->feed_ =
      std::make_unique<RemoteFeed>(following.producer, address->second,
                                   parts.tls, parts.tokens, parts.clock);
  Consumer::Options options;
  options.producer = following.producer;
  options.name = parts.settings.service;
  if (following.shared_store != nullptr) {
    followed->keeper_ =
        std::make_unique<LeaseKeeper>(*following.shared_store, parts.clock,
                                      LeasesOf(options, std::move(holder)));
  }
  followed->consumer_ = std::make_unique<Consumer>(
      options, parts.redis, *followed->feed_, *following.applier, parts.clock,
      followed->keeper_.get());
  followed->consumer_->Start();
  return followed;
}

void FollowedService::Stop() {
  if (std::exchange(stopped_, true)) return;
  consumer_->Stop();
  // Without it the others wait until the leases expire.
  if (keeper_ != nullptr) keeper_->GiveUp().IgnoreError();
}

}  // namespace crm
