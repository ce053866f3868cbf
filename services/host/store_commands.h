// What the settings of a service say of its store and backups, and what its
// program does instead of serving: restoring the store, listing the backups,
// beginning a new epoch of the feed.

#ifndef CRM_SERVICES_HOST_STORE_COMMANDS_H_
#define CRM_SERVICES_HOST_STORE_COMMANDS_H_

#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/host/backup.h"
#include "services/host/backup_keeper.h"
#include "services/host/settings.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/observe/metrics.h"

namespace crm {

// Returns how the store of a service is opened, but for the clock.
SqliteOptions StoreOptionsOf(const HostSettings& settings);

// Returns where the store of a service lies and where its backups go.
BackupPlace BackupPlaceOf(const HostSettings& settings);

// Starts to take backups as the settings say; returns null if they are off. All
// but the settings outlive the keeper.
std::unique_ptr<BackupKeeper> StartBackups(const HostSettings& settings,
                                           const Clock& clock, Logger& logger,
                                           MetricRegistry& metrics);

// A command and the name of a backup, which may be empty.
struct StoreCommand {
  enum class Kind { kNone, kRestore, kBackups, kNewEpoch };
  Kind kind = Kind::kNone;
  std::string backup = {};
};

// Takes `restore [BACKUP]`, `backups` or `new-epoch` off the front of the
// arguments: `argc` and `argv` are then as if they had not been there.
StoreCommand TakeStoreCommand(int& argc, char**& argv);

// How the commands are used, for --help.
extern const char kStoreCommandsHelp[];

// Runs the command and says on `out` what was done. Errors as RestoreBackup(),
// and FAILED_PRECONDITION (STORE_ON_A_SERVER) for a store that is no file;
// those of `new-epoch` as OpenStoreOf(), and FAILED_PRECONDITION (STORE_IN_USE)
// while a replica runs.
absl::Status RunStoreCommand(const StoreCommand& command,
                             const HostSettings& settings, const Clock& clock,
                             std::ostream& out);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_STORE_COMMANDS_H_
