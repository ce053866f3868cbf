#include "services/host/store_commands.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/host/store.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"
#include "shared/storage/lease.h"
#include "shared/storage/program_version.h"

namespace crm {
namespace {

constexpr absl::Duration kCommandTimeout = absl::Seconds(30);

void Print(const BackupManifest& manifest, std::ostream& out) {
  out << manifest.name << "  "
      << absl::FormatTime(absl::RFC3339_sec, manifest.time, absl::UTCTimeZone())
      << "  " << manifest.bytes << " bytes, " << manifest.tenants.size()
      << " tenants, epoch " << manifest.feed_epoch << "\n";
}

std::string BackupFolder(const HostSettings& settings) {
  return absl::StrCat(settings.data_dir, "/backups");
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
    "      List the backups, the newest first, then exit.\n"
    "  new-epoch\n"
    "      Have all that follow the service's events begin anew, once events "
    "are\n"
    "      lost: after a failover to a server that lacked some, or a restored\n"
    "      database. No replica must run.\n";

SqliteOptions StoreOptionsOf(const HostSettings& settings) {
  SqliteOptions options;
  options.path = absl::StrCat(settings.data_dir, "/", settings.service, ".db");
  options.min_free_bytes = settings.min_free_bytes;
  options.min_free_fraction = settings.min_free_fraction;
  options.ballast_bytes = settings.ballast_bytes;
  options.vfs = settings.store_vfs;
  if (settings.backup_interval > absl::ZeroDuration()) {
    options.snapshot_folder = BackupFolder(settings);
  }
  return options;
}

BackupPlace BackupPlaceOf(const HostSettings& settings) {
  return {.service = settings.service,
          .store = StoreOptionsOf(settings),
          .folder = BackupFolder(settings)};
}

std::unique_ptr<BackupKeeper> StartBackups(const HostSettings& settings,
                                           const Clock& clock, Logger& logger,
                                           MetricRegistry& metrics) {
  if (settings.backup_interval <= absl::ZeroDuration()) return nullptr;
  // A database on a server is backed up where the server is run.
  if (!settings.database.empty()) return nullptr;
  BackupKeeper::Options options;
  options.place = BackupPlaceOf(settings);
  options.interval = settings.backup_interval;
  options.keep = settings.backups_kept;
  auto keeper = std::make_unique<BackupKeeper>(std::move(options), clock,
                                               logger, metrics);
  keeper->Start();
  return keeper;
}

namespace {

// Nothing may remember the epoch that ends.
absl::Status CheckNobodyRuns(const Database& database, SqlReader& reader,
                             const Clock& clock) {
  // A store without a clock of its own is this process's alone.
  if (database.TimeSql().empty()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const int64_t now, LeaseTime(database, reader, clock));
  CRM_ASSIGN_OR_RETURN(const bool runs, HasMembers(reader, now));
  if (!runs) return absl::OkStatus();
  return FailedPrecondition(
      "STORE_IN_USE",
      "A replica of the service runs, or did a few seconds ago. Stop all of "
      "them first.",
      "database");
}

absl::Status BeginEpoch(const HostSettings& settings, const Clock& clock,
                        std::ostream& out) {
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                       OpenStoreOf(settings, clock));
  const Outbox outbox(settings.service, clock);
  int64_t epoch = 0;
  CRM_RETURN_IF_ERROR(database->WriteAndWait(
      clock.Now() + kCommandTimeout, [&](SqlWriter& writer) -> absl::Status {
        CRM_RETURN_IF_ERROR(CheckNobodyRuns(*database, writer, clock));
        CRM_ASSIGN_OR_RETURN(epoch, outbox.RaiseEpoch(writer, clock.Now()));
        return absl::OkStatus();
      }));
  out << "The feed of " << settings.service << " is in epoch " << epoch
      << ".\n";
  return database->Close();
}

}  // namespace

StoreCommand TakeStoreCommand(int& argc, char**& argv) {
  StoreCommand command;
  if (argc < 2) return command;
  const absl::string_view word = argv[1];
  if (word == "restore") command.kind = StoreCommand::Kind::kRestore;
  if (word == "backups") command.kind = StoreCommand::Kind::kBackups;
  if (word == "new-epoch") command.kind = StoreCommand::Kind::kNewEpoch;
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
  if (command.kind == StoreCommand::Kind::kNewEpoch) {
    return BeginEpoch(settings, clock, out);
  }
  if (!settings.database.empty()) {
    return FailedPrecondition(
        "STORE_ON_A_SERVER",
        "The store is a database on a server. Back it up and restore it with "
        "the tools of the server.");
  }
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
