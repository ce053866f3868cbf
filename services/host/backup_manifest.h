// What is known of a backup: a text file beside it, written once the backup is
// whole, so that a backup without one does not count.

#ifndef CRM_SERVICES_HOST_BACKUP_MANIFEST_H_
#define CRM_SERVICES_HOST_BACKUP_MANIFEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm {

// A backup and the state that it holds.
struct BackupManifest {
  // The backup's name: its file is `<name>.db`, its manifest
  // `<name>.manifest`. Later ones come later in the alphabet.
  std::string name;
  std::string service;
  absl::Time time;
  int64_t schema_version = 0;
  std::string schema_checksum;
  int64_t feed_epoch = 0;
  // The last position of each event partition that has events, by partition.
  std::vector<int64_t> head_seqs;
  std::vector<std::string> tenants;
  int64_t bytes = 0;
  // Of the file, in hexadecimal digits.
  std::string sha256;

  friend bool operator==(const BackupManifest&,
                         const BackupManifest&) = default;
};

// Returns the manifest as text, one `NAME=value` a line.
std::string FormatManifest(const BackupManifest& manifest);

// Reads what FormatManifest() wrote. Returns DATA_LOSS (BACKUP_DAMAGED) for
// anything else.
absl::StatusOr<BackupManifest> ParseManifest(absl::string_view text);

// Writes the manifest into `folder`; it is there whole, or not at all. Returns
// UNAVAILABLE (STORAGE_UNUSABLE) and RESOURCE_EXHAUSTED (DISK_FULL).
absl::Status WriteManifest(const std::string& folder,
                           const BackupManifest& manifest);

// Returns the manifests in `folder` that can be read, the newest first; none if
// there is no such folder.
std::vector<BackupManifest> ListBackups(const std::string& folder);

// Returns the path of a backup's file.
std::string BackupFile(const std::string& folder, absl::string_view name);

// Compares the file with the manifest. Returns DATA_LOSS (BACKUP_DAMAGED) if
// its size or digest is another, and the errors of Sha256OfFile().
absl::Status VerifyBackup(const std::string& folder,
                          const BackupManifest& manifest);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_BACKUP_MANIFEST_H_
