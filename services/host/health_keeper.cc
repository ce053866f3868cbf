#include "services/host/health_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace crm {
namespace {

constexpr double kShedding = 0.9;

}  // namespace

HealthKeeper::HealthKeeper(Options options, Logger& logger)
    : options_(std::move(options)), logger_(logger), random_(options_.seed) {}

HealthKeeper::~HealthKeeper() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void HealthKeeper::Start() {
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopped_.wait_for(lock, std::chrono::seconds(1),
                              [this] { return stopping_; })) {
      Check();
    }
  });
}

void HealthKeeper::Check() {
  CheckProgress();
  CheckLoad();
}

void HealthKeeper::CheckProgress() {
  const absl::Duration stall = options_.stall();
  const bool live = stall < kMaxStall;
  if (live == live_) return;
  live_ = live;
  options_.set_live(live);
  logger_.Log(live ? LogLevel::kInfo : LogLevel::kError,
              live ? "there is progress again" : "there is no progress",
              {{"seconds", absl::ToDoubleSeconds(stall)}});
}

void HealthKeeper::CheckLoad() {
  const Admission::Stats now = options_.load();
  const auto shed = static_cast<double>(now.shed - last_.shed);
  const auto admitted = static_cast<double>(now.admitted - last_.admitted);
  last_ = now;
  if (relief_seconds_ > 0) {
    if (--relief_seconds_ == 0) options_.set_serving(true);
    return;
  }
  shedding_seconds_ =
      shed > kShedding * (shed + admitted) ? shedding_seconds_ + 1 : 0;
  if (shedding_seconds_ < kSheddingSeconds || options_.replicas < 2) return;
  shedding_seconds_ = 0;
  if (random_() % 2 == 0) return;
  std::uniform_int_distribution<int> seconds(kMinRelief, kMaxRelief);
  relief_seconds_ = seconds(random_);
  options_.set_serving(false);
  logger_.Log(LogLevel::kWarning, "asking for relief",
              {{"seconds", relief_seconds_}});
}

HealthKeeper::Options HealthOf(RpcServer& server, HealthServer* health,
                               const Database& database,
                               const Admission& admission, int replicas) {
  HealthKeeper::Options options;
  options.stall = [&server, &database] {
    return std::max(server.Stall(), database.WriterStall());
  };
  options.set_live = [&server, health](bool live) {
    server.SetLive(live);
    if (health != nullptr) health->SetLive(live);
  };
  options.load = [&admission] { return admission.GetStats(); };
  options.set_serving = [&server](bool serving) { server.SetServing(serving); };
  options.replicas = replicas;
  return options;
}

}  // namespace crm
