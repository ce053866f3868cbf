#include "services/analytical/projections/duck_warehouse.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/duckdb/duck_database.h"
#include "shared/storage/statement_errors.h"

namespace crm::analytical {
namespace {

// Nobody else changes the file, so this only bounds how long the clock goes
// unasked.
constexpr absl::Duration kPollInterval = absl::Seconds(1);

// The names that the file takes in turns, and the file that says which is
// current; without it the first is.
constexpr char kFirstFile[] = "warehouse.duckdb";
constexpr char kSecondFile[] = "warehouse-2.duckdb";
constexpr char kPointerFile[] = "current";

// Passes on to a transaction of the file.
class FactWriter final : public WarehouseWriter {
 public:
  explicit FactWriter(DuckWriter& writer) : writer_(writer) {}

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override {
    return writer_.Query(sql, params);
  }
  absl::StatusOr<int64_t> Execute(
      absl::string_view sql, const std::vector<SqlValue>& params) override {
    return writer_.Execute(sql, params);
  }
  absl::Status Append(const FactTable& table,
                      absl::Span<const SqlRow> rows) override {
    // Preparing to append has its price.
    return rows.empty() ? absl::OkStatus() : writer_.Append(table.name, rows);
  }

  const WarehouseDialect& dialect() const override { return kDuckWarehouse; }

 private:
  DuckWriter& writer_;
};

// Begins no statement after a deadline.
class DeadlineReader final : public SqlReader {
 public:
  DeadlineReader(SqlReader& reader, const Clock& clock, absl::Time deadline)
      : reader_(reader), clock_(clock), deadline_(deadline) {}

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override {
    if (clock_.Now() >= deadline_) return ReadInterrupted();
    return reader_.Query(sql, params);
  }

 private:
  SqlReader& reader_;
  const Clock& clock_;
  const absl::Time deadline_;
};

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

absl::StatusOr<bool> IsCurrent(SqlReader& reader) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows tables,
      reader.Query("SELECT 1 FROM information_schema.tables WHERE "
                   "table_schema = 'main' AND table_name = 'warehouse_format'",
                   {}));
  if (tables.empty()) return false;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT version FROM warehouse_format", {}));
  return rows == SqlRows{{SqlValue(kWarehouseFormat)}};
}

absl::Status DropAll(DuckWriter& writer) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows tables,
      writer.Query("SELECT table_name FROM information_schema.tables WHERE "
                   "table_schema = 'main'",
                   {}));
  for (const SqlRow& row : tables) {
    CRM_RETURN_IF_ERROR(writer.Post(
        absl::StrCat("DROP TABLE ", QuoteName(std::get<std::string>(row[0]))),
        {}));
  }
  return absl::OkStatus();
}

// Makes the tables unless they are there in the current format; tables of
// another format are dropped with all they hold.
absl::Status Prepare(DuckWriter& writer) {
  CRM_ASSIGN_OR_RETURN(const bool is_current, IsCurrent(writer));
  if (is_current) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(DropAll(writer));
  for (const std::string& sql : CreateWarehouseSql(kDuckWarehouse)) {
    CRM_RETURN_IF_ERROR(writer.Post(sql, {}));
  }
  CRM_RETURN_IF_ERROR(writer.Post(
      "CREATE TABLE warehouse_format (version BIGINT NOT NULL)", {}));
  return writer.Post("INSERT INTO warehouse_format (version) VALUES (?)",
                     {kWarehouseFormat});
}

}  // namespace

struct DuckWarehouse::Store {
  std::string path;
  std::unique_ptr<DuckDatabase> database;
  std::atomic<bool> replaced = false;

  ~Store() {
    database.reset();
    if (replaced) RemoveFiles(path);
  }
};

absl::StatusOr<std::unique_ptr<Warehouse>> DuckWarehouse::Open(
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
      new DuckWarehouse(folder.string(), std::move(store), clock));
}

DuckWarehouse::DuckWarehouse(std::string folder, std::shared_ptr<Store> store,
                             const Clock& clock)
    : Warehouse(clock, kPollInterval),
      folder_(std::move(folder)),
      clock_(clock),
      store_(std::move(store)) {}

absl::StatusOr<std::shared_ptr<DuckWarehouse::Store>> DuckWarehouse::OpenStore(
    const std::string& folder, const std::string& file) {
  auto store = std::make_shared<Store>();
  store->path = absl::StrCat(folder, "/", file);
  CRM_ASSIGN_OR_RETURN(store->database,
                       DuckDatabase::Open({.path = store->path}));
  CRM_RETURN_IF_ERROR(store->database->Transaction(Prepare));
  return store;
}

std::shared_ptr<DuckWarehouse::Store> DuckWarehouse::store() const {
  const std::lock_guard lock(mutex_);
  return store_;
}

absl::Status DuckWarehouse::Read(absl::Time deadline, ReadBody body) {
  // A transaction, since an analysis takes several statements.
  return store()->database->Transaction([&](DuckWriter& writer) {
    DeadlineReader reader(writer, clock_, deadline);
    return body(reader);
  });
}

absl::Status DuckWarehouse::Write(const WarehouseChange& change,
                                  WriteBody body) {
  {
    const std::lock_guard one_by_one(write_mutex_);
    CRM_RETURN_IF_ERROR(store()->database->Transaction([&](DuckWriter& duck) {
      FactWriter writer(duck);
      return body(writer);
    }));
  }
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& tenant : change.tenants) ++changes_[tenant];
    if (change.everything) ++common_changes_;
  }
  TellOfChange();
  return absl::OkStatus();
}

absl::StatusOr<ChangeMark> DuckWarehouse::Mark(const std::string& tenant,
                                               absl::Time /*deadline*/) {
  const std::lock_guard lock(mutex_);
  const auto changes = changes_.find(tenant);
  return ChangeMark{common_changes_,
                    changes == changes_.end() ? 0 : changes->second};
}

absl::StatusOr<std::unique_ptr<Warehouse>> DuckWarehouse::OpenShadow() {
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
      new DuckWarehouse(folder_, std::move(shadow), clock_));
}

absl::Status DuckWarehouse::Adopt(Warehouse& shadow, MayReplace may_replace) {
  const std::shared_ptr<Store> next =
      static_cast<DuckWarehouse&>(shadow).store();
  {
    const std::lock_guard no_writes(write_mutex_);
    CRM_RETURN_IF_ERROR(store()->database->Transaction([&](DuckWriter& live) {
      return next->database->Transaction(
          [&](DuckWriter& replacing) { return may_replace(live, replacing); });
    }));
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
  TellOfChange();
  return absl::OkStatus();
}

}  // namespace crm::analytical
