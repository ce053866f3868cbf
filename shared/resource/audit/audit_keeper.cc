#include "shared/resource/audit/audit_keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/audit/checkpoint.h"
#include "shared/resource/pending_audit.h"

namespace crm {
namespace {

constexpr absl::Duration kDatabaseTimeout = absl::Seconds(5);
constexpr size_t kEntriesAtOnce = 128;

}  // namespace

AuditKeeper::AuditKeeper(Database& database, const ResourceCatalog& catalog,
                         std::vector<AuditSource*> sources, const Clock& clock,
                         Logger& logger, Options options)
    : database_(database),
      entries_(catalog.Find(platform::v1::AuditEntry::descriptor())),
      sources_(std::move(sources)),
      clock_(clock),
      logger_(logger),
      options_(std::move(options)),
      chain_(options_.service, catalog) {}

AuditKeeper::~AuditKeeper() { Stop(); }

void AuditKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void AuditKeeper::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  Report("the audit chain", Advance(/*all=*/true));
  Report("the audit checkpoint", GiveCheckpoint());
}

void AuditKeeper::Run() {
  absl::Duration checkpoint_due =
      clock_.Monotonic() + options_.checkpoint_interval;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Report("the audit chain", Advance());
    if (clock_.Monotonic() >= checkpoint_due) {
      checkpoint_due = clock_.Monotonic() + options_.checkpoint_interval;
      Report("the audit checkpoint", GiveCheckpoint());
    }
    lock.lock();
    wake_.wait_for(lock, absl::ToChronoMilliseconds(options_.interval),
                   [this] { return stopping_; });
  }
}

absl::Status AuditKeeper::Advance(bool all) {
  std::lock_guard lock(work_mutex_);
  for (AuditSource* source : sources_) {
    CRM_RETURN_IF_ERROR(WriteDown(*source, all));
  }
  for (;;) {
    auto step = std::make_shared<AuditChain::Step>();
    CRM_RETURN_IF_ERROR(database_.Read(
        clock_.Now() + kDatabaseTimeout,
        [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(*step, chain_.Plan(reader, options_.batch));
          return absl::OkStatus();
        }));
    if (step->empty()) return absl::OkStatus();
    const absl::Status status = database_.WriteAndWait(
        clock_.Now() + kDatabaseTimeout, [this, step](SqlWriter& writer) {
          return chain_.Apply(writer, *step);
        });
    // Another process was faster; there is nothing left to do here.
    if (absl::IsAborted(status)) return absl::OkStatus();
    CRM_RETURN_IF_ERROR(status);
    if (step->missing > 0) {
      logger_.Log(LogLevel::kError, "events have no audit entry",
                  {{"count", step->missing}});
    }
  }
}

absl::Status AuditKeeper::WriteDown(AuditSource& source, bool all) {
  std::vector<TenantEntry> entries = source.Take(all);
  if (const int64_t lost = source.lost(); lost > lost_[&source]) {
    logger_.Log(LogLevel::kError, "calls were not written down",
                {{"count", lost - lost_[&source]}});
    lost_[&source] = lost;
  }
  while (!entries.empty()) {
    // A few at a time, since other writers wait meanwhile.
    const size_t rest =
        entries.size() - std::min(entries.size(), kEntriesAtOnce);
    const auto some = std::make_shared<const std::vector<TenantEntry>>(
        entries.begin() + static_cast<ptrdiff_t>(rest), entries.end());
    const absl::Status status =
        database_.WriteAndWait(clock_.Now() + kDatabaseTimeout,
                               [this, some](SqlWriter& writer) -> absl::Status {
                                 for (const TenantEntry& one : *some) {
                                   CRM_RETURN_IF_ERROR(entries_->table.Insert(
                                       writer, one.tenant, one.entry));
                                   CRM_RETURN_IF_ERROR(AddPendingAudit(
                                       writer, one.tenant, one.entry.name()));
                                 }
                                 return absl::OkStatus();
                               });
    if (!status.ok()) {
      source.PutBack(std::move(entries));
      return status;
    }
    entries.resize(rest);
  }
  return absl::OkStatus();
}

absl::Status AuditKeeper::GiveCheckpoint() {
  if (!options_.key.has_value() || !options_.sink) return absl::OkStatus();
  std::lock_guard lock(work_mutex_);
  std::map<std::string, AuditHead> heads;
  CRM_RETURN_IF_ERROR(database_.Read(
      clock_.Now() + kDatabaseTimeout, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(heads, chain_.Heads(reader));
        return absl::OkStatus();
      }));
  for (const auto& [tenant, head] : heads) {
    const auto before = signed_.find(tenant);
    if (before != signed_.end() && before->second == head) continue;
    Checkpoint checkpoint;
    checkpoint.service = options_.service;
    checkpoint.tenant = tenant;
    checkpoint.n = head.n;
    checkpoint.hash = head.hash;
    checkpoint.time =
        absl::FormatTime(absl::RFC3339_full, clock_.Now(), absl::UTCTimeZone());
    SignCheckpoint(*options_.key, checkpoint);
    CRM_RETURN_IF_ERROR(options_.sink(FormatCheckpoint(checkpoint)));
    signed_[tenant] = head;
  }
  return absl::OkStatus();
}

void AuditKeeper::Report(const char* what, const absl::Status& status) {
  std::string& last = reported_[what];
  if (last == status.message()) return;
  last = std::string(status.message());
  if (status.ok()) {
    logger_.Log(LogLevel::kInfo, "goes on", {{"what", what}});
  } else {
    logger_.Log(
        LogLevel::kError, "is held up",
        {{"what", what}, {"reason", ErrorReason(status)}, {"error", last}});
  }
}

absl::StatusOr<AuditKeeper::Sink> CheckpointSink(const std::string& path) {
  const bool standard = path == "-";
  // Shared, since a function must be copyable; closed with the last copy.
  const std::shared_ptr<int> file(
      new int(standard ? STDOUT_FILENO
                       : open(path.c_str(),
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)),
      [standard](int* fd) {
        if (!standard && *fd >= 0) close(*fd);
        delete fd;
      });
  if (*file < 0) {
    return FailedPrecondition(
        "CHECKPOINTS_UNWRITABLE",
        absl::StrCat("The file of checkpoints '", path, "' cannot be opened."));
  }
  return [file, standard](const std::string& line) -> absl::Status {
    const std::string text = absl::StrCat(line, "\n");
    if (write(*file, text.data(), text.size()) !=
            static_cast<ssize_t>(text.size()) ||
        (!standard && fdatasync(*file) != 0)) {
      return Unavailable("CHECKPOINTS_UNWRITABLE",
                         "A checkpoint cannot be written.");
    }
    return absl::OkStatus();
  };
}

}  // namespace crm
