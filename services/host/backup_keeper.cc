#include "services/host/backup_keeper.h"

#include <algorithm>
#include <string>
#include <utility>

namespace crm {

BackupKeeper::BackupKeeper(Options options, const Clock& clock, Logger& logger,
                           MetricRegistry& metrics)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      last_success_(metrics.AddGauge(
          "crm_backup_last_success_seconds",
          "When the newest backup was taken, in seconds since 1970.")),
      failures_(metrics.AddCounter("crm_backup_failures_total",
                                   "Backups that could not be taken.")) {}

BackupKeeper::~BackupKeeper() { Stop(); }

void BackupKeeper::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void BackupKeeper::BackUpSoon() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_all();
}

void BackupKeeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BackupKeeper::Loop() {
  absl::Duration wait = UntilDue();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, absl::ToChronoMilliseconds(wait),
                      [this] { return stopping_ || wanted_; });
    if (stopping_) return;
    wanted_ = false;
    lock.unlock();
    wait = BackUp() ? UntilDue() : options_.retry;
    lock.lock();
  }
}

absl::Duration BackupKeeper::UntilDue() const {
  for (const BackupManifest& manifest : ListBackups(options_.place.folder)) {
    if (manifest.service != options_.place.service) continue;
    return std::clamp(manifest.time + options_.interval - clock_.Now(),
                      absl::ZeroDuration(), options_.interval);
  }
  return absl::ZeroDuration();
}

bool BackupKeeper::BackUp() {
  const absl::Duration start = clock_.Monotonic();
  const auto manifest = CreateBackup(options_.place, clock_.Now());
  if (!manifest.ok()) {
    failures_.Increment();
    logger_.Log(LogLevel::kWarning, "no backup was taken",
                {{"error", std::string(manifest.status().message())}});
    return false;
  }
  PruneBackups(options_.place, options_.keep);
  last_success_.Set(absl::ToDoubleSeconds(manifest->time - absl::UnixEpoch()));
  logger_.Log(LogLevel::kInfo, "backed up",
              {{"backup", manifest->name},
               {"bytes", manifest->bytes},
               {"milliseconds",
                absl::ToInt64Milliseconds(clock_.Monotonic() - start)}});
  return true;
}

}  // namespace crm
