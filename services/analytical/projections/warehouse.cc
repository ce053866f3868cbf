#include "services/analytical/projections/warehouse.h"

#include <algorithm>
#include <filesystem>
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

absl::StatusOr<std::unique_ptr<Warehouse>> Warehouse::Open(
    const std::string& data_dir, const Clock& clock) {
  const std::filesystem::path folder =
      std::filesystem::path(data_dir) / "warehouse";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Unavailable("STORAGE_UNUSABLE",
                       absl::StrCat("The warehouse's folder cannot be made: ",
                                    error.message(), "."));
  }
  CRM_ASSIGN_OR_RETURN(
      std::unique_ptr<DuckDatabase> database,
      DuckDatabase::Open({.path = (folder / "warehouse.duckdb").string()}));
  CRM_RETURN_IF_ERROR(database->Transaction(PrepareWarehouse));
  return std::unique_ptr<Warehouse>(new Warehouse(std::move(database), clock));
}

Warehouse::Warehouse(std::unique_ptr<DuckDatabase> database, const Clock& clock)
    : database_(std::move(database)), clock_(clock) {}

absl::Status Warehouse::Read(absl::FunctionRef<absl::Status(SqlReader&)> body) {
  // A transaction, since an analysis takes several statements.
  return database_->Transaction(
      [body](DuckWriter& writer) { return body(writer); });
}

absl::Status Warehouse::Write(
    const std::set<std::string>& tenants,
    absl::FunctionRef<absl::Status(DuckWriter&)> body) {
  CRM_RETURN_IF_ERROR(database_->Transaction(body));
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& tenant : tenants) ++changes_[tenant];
  }
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status Warehouse::WriteAll(
    absl::FunctionRef<absl::Status(DuckWriter&)> body) {
  CRM_RETURN_IF_ERROR(database_->Transaction(body));
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
        database_->Query(kAppliedVersionSql,
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
