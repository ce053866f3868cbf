// Backups of a service's store: taken while it runs, restored while it stands.
//
// They lie in a folder beside the store, each with its manifest. What they hold
// is what one transaction saw. A restored store begins a new epoch of its feed:
// its events go on from an older position, and whoever follows them starts
// anew.

#ifndef CRM_SERVICES_HOST_BACKUP_H_
#define CRM_SERVICES_HOST_BACKUP_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/host/backup_manifest.h"
#include "shared/storage/sqlite/sqlite_database.h"

namespace crm {

// The store that is backed up, and where to.
struct BackupPlace {
  std::string service;
  SqliteOptions store;
  std::string folder;
};

// Takes a backup of the store, which may be in use. One at a time. Returns what
// it holds, or the errors of SnapshotSqlite() and WriteManifest(), after which
// the folder is as it was.
absl::StatusOr<BackupManifest> CreateBackup(const BackupPlace& place,
                                            absl::Time now);

// Removes all but the newest `keep` backups, at least one, and what broken-off
// ones have left behind. The copies that migrations made are kept likewise.
void PruneBackups(const BackupPlace& place, int keep);

// Puts the backup called `name` in the store's place; of an empty name the
// newest one that is not damaged. The store that was there is kept beside it as
// `<store>.before-restore`. A power cut leaves one or the other. Returns what
// was restored; its `feed_epoch` is the new one.
//
// Returns FAILED_PRECONDITION (DATABASE_LOCKED) while a service uses the store,
// NOT_FOUND (BACKUP_NOT_FOUND), DATA_LOSS (BACKUP_DAMAGED), and UNAVAILABLE
// (STORAGE_UNUSABLE), each with nothing changed.
absl::StatusOr<BackupManifest> RestoreBackup(const BackupPlace& place,
                                             absl::string_view name,
                                             absl::Time now);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_BACKUP_H_
