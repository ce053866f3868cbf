#include "shared/storage/lease.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm {

std::vector<SqlTable> LeaseTables() {
  return {
      {.name = "lease",
       .columns = {{"pool", SqlType::kText, false, {}},
                   {"name", SqlType::kText, false, {}},
                   {"holder", SqlType::kText, false, {}},
                   {"epoch", SqlType::kInteger, false, {}},
                   {"expire_time", SqlType::kInteger, false, {}}},
       .primary_key = {"pool", "name"},
       .clustered = true},
      {.name = "lease_member",
       .columns = {{"pool", SqlType::kText, false, {}},
                   {"holder", SqlType::kText, false, {}},
                   {"expire_time", SqlType::kInteger, false, {}}},
       .primary_key = {"pool", "holder"},
       .clustered = true},
  };
}

absl::StatusOr<int64_t> LeaseTime(const Database& database, SqlReader& reader,
                                  const Clock& clock) {
  const absl::string_view time_sql = database.TimeSql();
  if (time_sql.empty()) return absl::ToInt64Microseconds(clock.Monotonic());
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query(absl::StrCat("SELECT ", time_sql), {}));
  if (rows.size() != 1 || rows[0].size() != 1 ||
      !std::holds_alternative<int64_t>(rows[0][0])) {
    return Internal("STORAGE_CLOCK", "The store does not tell the time.");
  }
  return std::get<int64_t>(rows[0][0]);
}

absl::StatusOr<std::optional<Lease>> AcquireLease(SqlWriter& writer,
                                                  const LeaseName& name,
                                                  absl::string_view holder,
                                                  int64_t now,
                                                  absl::Duration duration) {
  const int64_t expiry = now + absl::ToInt64Microseconds(duration);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      writer.Query(
          "INSERT INTO lease (pool, name, holder, epoch, expire_time) "
          "VALUES (?, ?, ?, 1, ?) ON CONFLICT (pool, name) DO UPDATE SET "
          "holder = excluded.holder, epoch = lease.epoch + 1, "
          "expire_time = excluded.expire_time "
          "WHERE lease.expire_time <= ? OR lease.expire_time > ? "
          "RETURNING epoch",
          {name.pool, name.name, std::string(holder), expiry, now, expiry}));
  if (rows.empty()) return std::nullopt;
  return Lease{.name = name,
               .holder = std::string(holder),
               .epoch = std::get<int64_t>(rows[0][0])};
}

absl::Status RenewLease(SqlWriter& writer, const Lease& lease, int64_t now,
                        absl::Duration duration) {
  CRM_ASSIGN_OR_RETURN(
      const int64_t renewed,
      writer.Execute(
          "UPDATE lease SET expire_time = ? WHERE pool = ? AND "
          "name = ? AND holder = ? AND epoch = ?",
          {now + absl::ToInt64Microseconds(duration), lease.name.pool,
           lease.name.name, lease.holder, lease.epoch}));
  return renewed == 1 ? absl::OkStatus() : LeaseLost(lease.name);
}

absl::Status GiveUpLease(SqlWriter& writer, const Lease& lease) {
  return writer
      .Execute(
          "UPDATE lease SET holder = '', expire_time = 0 WHERE pool = ? AND "
          "name = ? AND holder = ? AND epoch = ?",
          {lease.name.pool, lease.name.name, lease.holder, lease.epoch})
      .status();
}

absl::Status CheckLease(SqlReader& reader, const Lease& lease) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          "SELECT 1 FROM lease WHERE pool = ? AND name = ? AND "
          "holder = ? AND epoch = ?",
          {lease.name.pool, lease.name.name, lease.holder, lease.epoch}));
  return rows.empty() ? LeaseLost(lease.name) : absl::OkStatus();
}

absl::Status CheckLeases(SqlReader& reader, const std::vector<Lease>& leases) {
  if (leases.empty()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          "SELECT name, epoch FROM lease WHERE pool = ? AND holder = ?",
          {leases.front().name.pool, leases.front().holder}));
  std::map<std::string, int64_t> epochs;
  for (const SqlRow& row : rows) {
    epochs[std::get<std::string>(row[0])] = std::get<int64_t>(row[1]);
  }
  for (const Lease& lease : leases) {
    const auto found = epochs.find(lease.name.name);
    if (found == epochs.end() || found->second != lease.epoch) {
      return LeaseLost(lease.name);
    }
  }
  return absl::OkStatus();
}

absl::Status LeaseLost(const LeaseName& name) {
  return Aborted(
      "LEASE_LOST",
      absl::StrCat("Another process has taken the lease '", name.name, "' of '",
                   name.pool, "'; leave this work to it."));
}

}  // namespace crm
