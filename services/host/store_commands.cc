#include "services/host/store_commands.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"

namespace crm {
namespace {

void Print(const BackupManifest& manifest, std::ostream& out) {
  out << manifest.name << "  "
      << absl::FormatTime(absl::RFC3339_sec, manifest.time, absl::UTCTimeZone())
      << "  " << manifest.bytes << " bytes, " << manifest.tenants.size()
      << " tenants, epoch " << manifest.feed_epoch << "\n";
}

// The commands take `argv[0]` along, so that flags stay where they were.
void Shift(int& argc, char**& argv) {
  argv[1] = argv[0];
  ++argv;
  --argc;
}

}  // namespace

const char kStoreCommandsHelp[] =
    "Commands, before the flags:\n"
    "  restore [BACKUP]\n"
    "      Put a backup in the store's place, the newest good one unless it "
    "is\n"
    "      named, then exit. The service must not run.\n"
    "  backups\n"
    "      List the backups, the newest first, then exit.\n";

BackupPlace BackupPlaceOf(const HostSettings& settings) {
  BackupPlace place;
  place.service = settings.service;
  place.store.path =
      absl::StrCat(settings.data_dir, "/", settings.service, ".db");
  place.store.min_free_bytes = settings.min_free_bytes;
  place.store.min_free_fraction = settings.min_free_fraction;
  place.store.vfs = settings.store_vfs;
  place.folder = absl::StrCat(settings.data_dir, "/backups");
  return place;
}

StoreCommand TakeStoreCommand(int& argc, char**& argv) {
  StoreCommand command;
  if (argc < 2) return command;
  const absl::string_view word = argv[1];
  if (word == "restore") command.kind = StoreCommand::Kind::kRestore;
  if (word == "backups") command.kind = StoreCommand::Kind::kBackups;
  if (command.kind == StoreCommand::Kind::kNone) return command;
  Shift(argc, argv);
  if (command.kind == StoreCommand::Kind::kRestore && argc > 1 &&
      argv[1][0] != '-') {
    command.backup = argv[1];
    Shift(argc, argv);
  }
  return command;
}

absl::Status RunStoreCommand(const StoreCommand& command,
                             const HostSettings& settings, const Clock& clock,
                             std::ostream& out) {
  const BackupPlace place = BackupPlaceOf(settings);
  if (command.kind == StoreCommand::Kind::kBackups) {
    for (const BackupManifest& manifest : ListBackups(place.folder)) {
      Print(manifest, out);
    }
    return absl::OkStatus();
  }
  CRM_ASSIGN_OR_RETURN(const BackupManifest restored,
                       RestoreBackup(place, command.backup, clock.Now()));
  out << "Restored ";
  Print(restored, out);
  return absl::OkStatus();
}

}  // namespace crm
