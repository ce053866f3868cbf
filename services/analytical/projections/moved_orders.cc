#include "services/analytical/projections/moved_orders.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

constexpr char kSelect[] =
    "SELECT name, uid, version, event_time FROM moved_orders WHERE producer = "
    "? AND tenant = ?";
// A tenant with more is asked about the orders that changed, one list at a
// time.
constexpr size_t kMostAtOnce = 1000;

using Remembered = std::map<TenantKey, OrderVersion>;

void Add(const std::string& tenant, const SqlRows& rows, Remembered& out) {
  for (const SqlRow& row : rows) {
    out[{tenant, std::get<std::string>(row[0])}] = {
        .uid = std::get<std::string>(row[1]),
        .version = std::get<int64_t>(row[2]),
        .event_time = absl::FromUnixMicros(std::get<int64_t>(row[3]))};
  }
}

// Reads what is remembered of some orders of one tenant, and perhaps of others.
absl::Status Read(SqlReader& reader, const WarehouseDialect& dialect,
                  const std::string& producer, const std::string& tenant,
                  const std::vector<std::string>& names, Remembered& out) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows all,
      reader.Query(absl::StrCat(kSelect, " LIMIT ", kMostAtOnce + 1),
                   {producer, tenant}));
  if (all.size() <= kMostAtOnce) {
    Add(tenant, all, out);
    return absl::OkStatus();
  }
  const size_t at_a_time = dialect.names_at_a_time;
  const std::string sql = absl::StrCat(
      kSelect, " AND name IN (",
      absl::StrJoin(std::vector<const char*>(at_a_time, "?"), ", "), ")");
  for (size_t begin = 0; begin < names.size(); begin += at_a_time) {
    std::vector<SqlValue> params = {producer, tenant};
    for (size_t i = begin; i < begin + at_a_time; ++i) {
      params.push_back(names[std::min(i, names.size() - 1)]);
    }
    CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, params));
    Add(tenant, rows, out);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MovedOrders> FindMovedOrders(SqlReader& reader,
                                            const WarehouseDialect& dialect,
                                            const std::string& producer,
                                            const OrderChanges& changes) {
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& [key, state] : changes.orders) {
    names[key.tenant].push_back(key.name);
  }
  for (const auto& [key, state] : changes.facts) {
    names[key.tenant].push_back(key.name);
  }
  Remembered remembered;
  for (const auto& [tenant, list] : names) {
    CRM_RETURN_IF_ERROR(
        Read(reader, dialect, producer, tenant, list, remembered));
  }
  MovedOrders moved;
  const auto compare = [&](const TenantKey& key, const auto& state) {
    const auto found = remembered.find(key);
    if (found != remembered.end() && state.version.ComesBefore(found->second)) {
      moved.overtaken.insert(key);
    } else if (found != remembered.end() || state.moved) {
      moved.versions[key] = state.version;
    }
  };
  for (const auto& [key, state] : changes.orders) compare(key, state);
  for (const auto& [key, state] : changes.facts) compare(key, state);
  return moved;
}

}  // namespace crm::analytical
