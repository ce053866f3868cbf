#include "services/host/own_events_follower.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/resource/own_events.h"

namespace crm {
namespace {

std::unique_ptr<LeaseKeeper> KeeperOf(const Kernel& kernel, int partitions,
                                      std::string holder) {
  if (kernel.database.TimeSql().empty()) return nullptr;
  LeaseKeeper::Options options;
  options.pool = "own-events";
  for (int i = 0; i < partitions; ++i) options.names.push_back(absl::StrCat(i));
  options.holder = std::move(holder);
  return std::make_unique<LeaseKeeper>(kernel.database, kernel.clock,
                                       std::move(options));
}

}  // namespace

OwnEventsFollower::OwnEventsFollower(const Kernel& kernel,
                                     const Application& application,
                                     std::string holder)
    : kernel_(kernel),
      feed_(kernel.database, kernel.outbox, kernel.clock),
      applier_(OnOwnEvents(kernel, application.event_bodies())) {
  if (application.event_bodies().empty()) return;
  Consumer::Options options;
  options.producer = kernel.service;
  // So that the log keeps what is not decided on yet.
  options.name = kernel.service;
  options.partitions = kernel.outbox.partitions();
  // The feed is here: nothing is gained by asking the streams first.
  options.head_interval = options.poll_interval;
  keeper_ = KeeperOf(kernel, options.partitions, std::move(holder));
  consumer_ =
      std::make_unique<Consumer>(options, /*redis=*/nullptr, feed_, *applier_,
                                 kernel.clock, keeper_.get());
  consumer_->Start();
}

void OwnEventsFollower::Stop() {
  if (consumer_ == nullptr || std::exchange(stopped_, true)) return;
  consumer_->Stop();
  // Without it the others wait until the leases expire.
  if (keeper_ != nullptr) keeper_->GiveUp().IgnoreError();
}

void OwnEventsFollower::AddTo(std::vector<const Consumer*>& consumers) const {
  if (consumer_ != nullptr) consumers.push_back(consumer_.get());
}

void OwnEventsFollower::AddTo(std::vector<FollowedFeed>& feeds) {
  if (consumer_ == nullptr) return;
  Following following;
  following.producer = kernel_.service;
  following.applier = applier_.get();
  feeds.push_back({following, &feed_});
}

}  // namespace crm
