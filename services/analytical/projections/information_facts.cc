#include "services/analytical/projections/information_facts.h"

#include "absl/strings/str_cat.h"
#include "services/analytical/projections/customer_facts.h"
#include "services/analytical/projections/measurements.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// Counts what `sql` selects.
absl::StatusOr<int64_t> Count(SqlReader& reader, const std::string& sql,
                              const std::vector<SqlValue>& params) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.Query(sql, params));
  return std::get<int64_t>(rows[0][0]);
}

// Counts the resources of a type, in a state unless that is empty.
absl::StatusOr<int64_t> CountFacts(SqlReader& reader, const std::string& tenant,
                                   const std::string& condition) {
  return Count(reader,
               absl::StrCat("SELECT COUNT(*) FROM resource_facts WHERE tenant "
                            "= ? AND ",
                            condition),
               {tenant});
}

}  // namespace

absl::StatusOr<InformationFacts> ReadInformationFacts(SqlReader& reader,
                                                      const std::string& tenant,
                                                      absl::Time since,
                                                      absl::Time now) {
  InformationFacts facts;
  CRM_ASSIGN_OR_RETURN(const int64_t customers,
                       CountFacts(reader, tenant, "type = 'crm/Customer'"));
  facts.has_customers = customers > 0;
  const SqlFragment condition =
      CustomerCondition({.tenant = tenant, .start = now, .end = now});
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT known, COUNT(*) FROM resource_facts WHERE ",
                       condition.text, " GROUP BY known ORDER BY known"),
          condition.params));
  for (const SqlRow& row : rows) {
    facts.customers_by_known[std::get<int64_t>(row[0])] =
        std::get<int64_t>(row[1]);
  }
  std::vector<SqlValue> params = condition.params;
  params.push_back(tenant);
  const std::string in_use = absl::StrCat(
      "SELECT COUNT(*) FROM (SELECT producer, name FROM resource_facts WHERE ",
      condition.text, ") AS customer WHERE ");
  CRM_ASSIGN_OR_RETURN(
      facts.waiting_count,
      Count(reader,
            absl::StrCat(in_use,
                         "EXISTS (SELECT 1 FROM parked_event WHERE tenant = ? "
                         "AND parked_event.producer = customer.producer AND "
                         "ordering_key = name)"),
            params));
  params.push_back(absl::ToUnixMicros(since));
  CRM_ASSIGN_OR_RETURN(
      facts.stale_count,
      Count(reader,
            absl::StrCat(in_use,
                         "EXISTS (SELECT 1 FROM applied_keys WHERE tenant = ? "
                         "AND applied_keys.producer = customer.producer AND "
                         "ordering_key = name AND event_time < ?)"),
            params));
  CRM_ASSIGN_OR_RETURN(
      const int64_t candidates,
      CountFacts(reader, tenant, "type = 'crm/DuplicateCandidate'"));
  if (candidates == 0) return facts;
  CRM_ASSIGN_OR_RETURN(
      facts.open_duplicate_count,
      CountFacts(reader, tenant,
                 "type = 'crm/DuplicateCandidate' AND state = 'OPEN' AND "
                 "category = 'crm/Customer'"));
  return facts;
}

absl::StatusOr<std::vector<v1::FeedAge>> ReadFeedAges(
    SqlReader& reader, const std::string& tenant) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          "SELECT producer, CAST(SUM(subjects) AS BIGINT), MAX(newest), "
          "CAST(SUM(waiting) AS BIGINT) FROM "
          "(SELECT producer, COUNT(*) AS subjects, MAX(event_time) AS newest, "
          "0 AS waiting FROM applied_keys WHERE tenant = ? GROUP BY producer "
          "UNION ALL SELECT producer, 0, NULL, COUNT(*) FROM parked_event "
          "WHERE tenant = ? GROUP BY producer) AS feed GROUP BY producer "
          "ORDER BY producer",
          {tenant, tenant}));
  std::vector<v1::FeedAge> ages;
  for (const SqlRow& row : rows) {
    v1::FeedAge& age = ages.emplace_back();
    age.set_service(std::get<std::string>(row[0]));
    age.set_subject_count(std::get<int64_t>(row[1]));
    if (std::holds_alternative<int64_t>(row[2])) {
      *age.mutable_newest_event_time() =
          ToTimestamp(absl::FromUnixMicros(std::get<int64_t>(row[2])));
    }
    age.set_waiting_event_count(std::get<int64_t>(row[3]));
  }
  return ages;
}

}  // namespace crm::analytical
