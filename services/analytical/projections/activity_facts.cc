#include "services/analytical/projections/activity_facts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/projections/order_facts.h"
#include "services/analytical/projections/warehouse_schema.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

constexpr char kActivities[] =
    "tenant = ? AND type = 'crm/Activity' AND customer <> ''";

}  // namespace

absl::StatusOr<std::vector<ActivityFact>> ReadActivities(
    SqlReader& reader, const std::string& tenant, const std::string& customer,
    const std::string& after, int64_t most) {
  std::string sql = absl::StrCat(
      "SELECT name, customer, category, start_time, end_time FROM "
      "resource_facts WHERE ",
      kActivities);
  std::vector<SqlValue> params = {tenant};
  if (!customer.empty()) {
    sql += " AND customer = ?";
    params.push_back(customer);
  }
  params.push_back(after);
  params.push_back(most);
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(absl::StrCat(sql, " AND name > ? ORDER BY name LIMIT ?"),
                   params));
  std::vector<ActivityFact> activities;
  for (SqlRow& row : rows) {
    const int64_t end = std::get<int64_t>(row[4]);
    activities.push_back(
        {std::get<std::string>(std::move(row[0])),
         std::get<std::string>(std::move(row[1])),
         std::get<std::string>(std::move(row[2])),
         absl::FromUnixMicros(end == kNoEnd ? std::get<int64_t>(row[3])
                                            : end)});
  }
  return activities;
}

absl::StatusOr<std::map<std::string, CustomerPast>> ReadPasts(
    SqlReader& reader, const std::string& tenant,
    const std::vector<std::string>& customers) {
  std::map<std::string, CustomerPast> pasts;
  const SqlFragment orders =
      OrderCondition({.tenant = tenant, .customers = customers});
  CRM_ASSIGN_OR_RETURN(
      const SqlRows ordered,
      reader.Query(
          absl::StrCat("SELECT customer, MIN(order_time) FROM orders WHERE ",
                       orders.text, " GROUP BY customer"),
          orders.params));
  for (const SqlRow& row : ordered) {
    pasts[std::get<std::string>(row[0])].first_order_time =
        absl::FromUnixMicros(std::get<int64_t>(row[1]));
  }
  std::vector<SqlValue> params = {tenant};
  params.insert(params.end(), customers.begin(), customers.end());
  CRM_ASSIGN_OR_RETURN(
      const SqlRows offered,
      reader.Query(
          absl::StrCat(
              "SELECT customer, MIN(start_time) FROM resource_facts WHERE "
              "tenant = ? AND type = 'crm/Opportunity' AND customer IN (",
              absl::StrJoin(std::vector<const char*>(customers.size(), "?"),
                            ", "),
              ") GROUP BY customer"),
          params));
  for (const SqlRow& row : offered) {
    pasts[std::get<std::string>(row[0])].first_opportunity_time =
        absl::FromUnixMicros(std::get<int64_t>(row[1]));
  }
  return pasts;
}

absl::StatusOr<std::vector<CustomerService>> ReadService(
    SqlReader& reader, const ServiceQuestion& question) {
  const std::string end = absl::StrCat(absl::ToUnixMicros(question.end));
  const std::string standard =
      absl::StrCat(absl::ToInt64Microseconds(question.standard));
  // What was completed after the end was open then.
  const std::string attained = absl::StrCat(
      "(end_time <= ", end, " AND end_time <= start_time + ", standard, ")");
  const std::string decided = absl::StrCat(
      "(end_time <= ", end, " OR start_time < ", end, " - ", standard, ")");
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(
          absl::StrCat(
              "SELECT customer, COUNT(*), CAST(SUM(CASE WHEN ", attained,
              " THEN 1 ELSE 0 END) AS BIGINT) FROM resource_facts WHERE ",
              kActivities,
              " AND state <> 'CANCELLED' AND start_time > ? AND start_time <= "
              "? AND ",
              decided, " GROUP BY customer ORDER BY customer"),
          {question.tenant, absl::ToUnixMicros(question.start),
           absl::ToUnixMicros(question.end)}));
  std::vector<CustomerService> service;
  for (SqlRow& row : rows) {
    service.push_back({std::get<std::string>(std::move(row[0])),
                       {.decided = std::get<int64_t>(row[1]),
                        .attained = std::get<int64_t>(row[2])}});
  }
  return service;
}

}  // namespace crm::analytical
