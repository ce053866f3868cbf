#include "services/analytical/projections/warehouse.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/analytical/projections/order_facts.h"
#include "services/analytical/projections/warehouse_schema.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// The longest wait before the clock is asked again.
constexpr absl::Duration kMaxWait = absl::Seconds(1);

// The names that the file takes in turns, and the file that says which is
// current; without it the first is.
constexpr char kFirstFile[] = "warehouse.duckdb";
constexpr char kSecondFile[] = "warehouse-2.duckdb";
constexpr char kPointerFile[] = "current";

absl::Status Unusable(absl::string_view why) {
  return Unavailable("STORAGE_UNUSABLE", why);
}

// Removes a database file and those that DuckDB keeps beside it.
void RemoveFiles(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", ".wal", ".lock", ".opening", ".aside"}) {
    std::filesystem::remove_all(path + suffix, ignored);
  }
}

std::string CurrentFile(const std::filesystem::path& folder) {
  std::ifstream pointer(folder / kPointerFile);
  std::string file;
  std::getline(pointer, file);
  return file == kSecondFile ? kSecondFile : kFirstFile;
}

void RemoveOthers(const std::filesystem::path& folder,
                  const std::string& current) {
  for (const char* file : {kFirstFile, kSecondFile}) {
    if (current != file) RemoveFiles((folder / file).string());
  }
}

absl::Status SetCurrentFile(const std::string& folder,
                            const std::string& file) {
  // What the pointer loses to a power cut comes back from the feed, as the
  // warehouse itself does.
  const std::string written = absl::StrCat(folder, "/", kPointerFile, ".new");
  std::ofstream stream(written, std::ios::trunc);
  stream << file << "\n";
  stream.close();
  std::error_code error;
  if (stream) {
    std::filesystem::rename(written, absl::StrCat(folder, "/", kPointerFile),
                            error);
  }
  if (!stream || error) {
    return Unusable("The warehouse's folder takes no new file.");
  }
  return absl::OkStatus();
}

absl::Status NotYetApplied(const KeyRequirement& requirement) {
  return Unavailable(
      "NOT_YET_APPLIED",
      absl::StrCat("Version ", requirement.key_version, " of '",
                   requirement.ordering_key,
                   "' has not reached the warehouse yet. Try again."),
      {{"ordering_key", requirement.ordering_key},
       {"key_version", absl::StrCat(requirement.key_version)}});
}

}  // namespace

struct Warehouse::Store {
  std::string path;
  std::unique_ptr<DuckDatabase> database;
  std::atomic<bool> replaced = false;

  ~Store() {
    database.reset();
    if (replaced) RemoveFiles(path);
  }
};

absl::StatusOr<std::unique_ptr<Warehouse>> Warehouse::Open(
    const std::string& data_dir, const Clock& clock) {
  const std::filesystem::path folder =
      std::filesystem::path(data_dir) / "warehouse";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Unusable(absl::StrCat(
        "The warehouse's folder cannot be made: ", error.message(), "."));
  }
  const std::string file = CurrentFile(folder);
  RemoveOthers(folder, file);
  CRM_ASSIGN_OR_RETURN(std::shared_ptr<Store> store,
                       OpenStore(folder.string(), file));
  return std::unique_ptr<Warehouse>(
      new Warehouse(folder.string(), std::move(store), clock));
}

absl::StatusOr<std::shared_ptr<Warehouse::Store>> Warehouse::OpenStore(
    const std::string& folder, const std::string& file) {
  auto store = std::make_shared<Store>();
  store->path = absl::StrCat(folder, "/", file);
  CRM_ASSIGN_OR_RETURN(store->database,
                       DuckDatabase::Open({.path = store->path}));
  CRM_RETURN_IF_ERROR(store->database->Transaction(PrepareWarehouse));
  return store;
}

absl::StatusOr<std::unique_ptr<Warehouse>> Warehouse::OpenShadow() {
  const std::string current =
      std::filesystem::path(store()->path).filename().string();
  // Two names take turns: no more than one shadow is adopted at a time.
  const std::string file = current == kFirstFile ? kSecondFile : kFirstFile;
  {
    const std::lock_guard lock(mutex_);
    if (!replaced_.expired()) {
      return Aborted("WAREHOUSE_IN_USE",
                     "The warehouse that was replaced last is still read.");
    }
  }
  RemoveFiles(absl::StrCat(folder_, "/", file));
  CRM_ASSIGN_OR_RETURN(std::shared_ptr<Store> shadow, OpenStore(folder_, file));
  // Until it is adopted.
  shadow->replaced = true;
  return std::unique_ptr<Warehouse>(
      new Warehouse(folder_, std::move(shadow), clock_));
}

absl::Status Warehouse::Adopt(Warehouse& shadow,
                              absl::FunctionRef<absl::Status()> may_replace) {
  const std::shared_ptr<Store> next = shadow.store();
  {
    const std::lock_guard no_writes(write_mutex_);
    CRM_RETURN_IF_ERROR(may_replace());
    CRM_RETURN_IF_ERROR(next->database->Checkpoint());
    CRM_RETURN_IF_ERROR(SetCurrentFile(
        folder_, std::filesystem::path(next->path).filename().string()));
    next->replaced = false;
    const std::lock_guard lock(mutex_);
    store_->replaced = true;
    replaced_ = store_;
    store_ = next;
    ++common_changes_;
  }
  changed_.notify_all();
  return absl::OkStatus();
}

Warehouse::Warehouse(std::string folder, std::shared_ptr<Store> store,
                     const Clock& clock)
    : folder_(std::move(folder)), clock_(clock), store_(std::move(store)) {}

std::shared_ptr<Warehouse::Store> Warehouse::store() const {
  const std::lock_guard lock(mutex_);
  return store_;
}

absl::Status Warehouse::Read(absl::FunctionRef<absl::Status(SqlReader&)> body) {
  // A transaction, since an analysis takes several statements.
  return store()->database->Transaction(
      [body](DuckWriter& writer) { return body(writer); });
}

absl::Status Warehouse::WriteStore(
    absl::FunctionRef<absl::Status(DuckWriter&)> body) {
  const std::lock_guard lock(write_mutex_);
  return store()->database->Transaction(body);
}

absl::Status Warehouse::Write(
    const std::set<std::string>& tenants,
    absl::FunctionRef<absl::Status(DuckWriter&)> body) {
  CRM_RETURN_IF_ERROR(WriteStore(body));
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& tenant : tenants) ++changes_[tenant];
  }
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status Warehouse::WriteAll(
    absl::FunctionRef<absl::Status(DuckWriter&)> body) {
  CRM_RETURN_IF_ERROR(WriteStore(body));
  {
    const std::lock_guard lock(mutex_);
    ++common_changes_;
  }
  changed_.notify_all();
  return absl::OkStatus();
}

int64_t Warehouse::ChangeCount(absl::string_view tenant) const {
  const std::lock_guard lock(mutex_);
  return ChangeCountLocked(tenant);
}

int64_t Warehouse::ChangeCountLocked(absl::string_view tenant) const {
  const auto changes = changes_.find(tenant);
  return common_changes_ + (changes == changes_.end() ? 0 : changes->second);
}

absl::Status Warehouse::WaitForKey(const KeyRequirement& requirement,
                                   absl::Time deadline) {
  for (;;) {
    const int64_t seen = ChangeCount(requirement.tenant);
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        store()->database->Query(kAppliedVersionSql,
                                 {requirement.producer, requirement.tenant,
                                  requirement.ordering_key}));
    if (!rows.empty() &&
        std::get<int64_t>(rows[0][0]) >= requirement.key_version) {
      return absl::OkStatus();
    }
    std::unique_lock lock(mutex_);
    while (ChangeCountLocked(requirement.tenant) == seen) {
      const absl::Duration left = deadline - clock_.Now();
      if (left <= absl::ZeroDuration()) return NotYetApplied(requirement);
      changed_.wait_for(lock,
                        absl::ToChronoMicroseconds(std::min(left, kMaxWait)));
    }
  }
}

}  // namespace crm::analytical
