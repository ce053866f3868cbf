// Takes backups of a running service, by the clock and on demand, and keeps the
// newest of them.

#ifndef CRM_SERVICES_HOST_BACKUP_KEEPER_H_
#define CRM_SERVICES_HOST_BACKUP_KEEPER_H_

#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/time/time.h"
#include "services/host/backup.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/observe/metrics.h"

namespace crm {

// Thread-safe.
class BackupKeeper {
 public:
  struct Options {
    BackupPlace place;
    // How old the newest backup becomes before there is another.
    absl::Duration interval = absl::Minutes(15);
    int keep = 8;
    // How long after a failure the next is tried.
    absl::Duration retry = absl::Minutes(1);
  };

  // All outlive this.
  BackupKeeper(Options options, const Clock& clock, Logger& logger,
               MetricRegistry& metrics);

  // Stops.
  ~BackupKeeper();

  // Starts the thread. Called once.
  void Start();

  // Has a backup taken now.
  void BackUpSoon();

  // Ends the thread, after the backup that is being taken.
  void Stop();

 private:
  void Loop();
  // Returns how long it is until the next backup is due.
  absl::Duration UntilDue() const;
  bool BackUp();

  const Options options_;
  const Clock& clock_;
  Logger& logger_;
  Gauge& last_success_;
  Counter& failures_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool wanted_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SERVICES_HOST_BACKUP_KEEPER_H_
