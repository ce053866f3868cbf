#include "services/collaborative/projections/merged_customers.h"

#include <utility>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/status_macros.h"

namespace crm::collaborative {

using operational::v1::MergeOperation;

SqlTable MergedCustomerTable() {
  return {.name = "merged_customer",
          .columns = {{"tenant", SqlType::kText, false},
                      {"customer", SqlType::kText, false},
                      {"operation", SqlType::kText, false},
                      {"survivor", SqlType::kText, false},
                      {"apply_time", SqlType::kInteger, false}},
          .primary_key = {"tenant", "customer", "operation"},
          .indexes = {{.name = "merged_customer_survivor",
                       .columns = {"tenant", "survivor"}},
                      {.name = "merged_customer_operation",
                       .columns = {"tenant", "operation"}}}};
}

bool Stands(const MergeOperation& operation) {
  return operation.has_apply_time() && !operation.has_undo_time();
}

absl::Status NoteMerge(SqlWriter& writer, const std::string& tenant,
                       const MergeOperation& operation) {
  if (!Stands(operation)) {
    return writer
        .Execute(
            "DELETE FROM merged_customer WHERE tenant = ? AND operation = ?",
            {tenant, operation.name()})
        .status();
  }
  for (const std::string& customer : operation.merged()) {
    CRM_RETURN_IF_ERROR(
        writer
            .Execute(
                "INSERT INTO merged_customer (tenant, customer, operation, "
                "survivor, apply_time) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (tenant, customer, operation) DO NOTHING",
                {tenant, customer, operation.name(), operation.survivor(),
                 absl::ToUnixMicros(FromTimestamp(operation.apply_time()))})
            .status());
  }
  return absl::OkStatus();
}

absl::Status ForgetMerges(SqlWriter& writer) {
  return writer.Execute("DELETE FROM merged_customer", {}).status();
}

absl::StatusOr<std::string> SurvivorOf(SqlReader& reader,
                                       const std::string& tenant,
                                       const std::string& customer) {
  std::string current = customer;
  std::set<std::string> met = {current};
  while (true) {
    // While an undo has not come yet, the customer may be in a newer merge.
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query("SELECT survivor FROM merged_customer WHERE tenant = ? "
                     "AND customer = ? ORDER BY apply_time DESC, operation "
                     "DESC LIMIT 1",
                     {tenant, current}));
    if (rows.empty()) return current;
    std::string next = std::get<std::string>(rows[0][0]);
    // A circle is there only until the undo that opens it has come.
    if (!met.insert(next).second) return current;
    current = std::move(next);
  }
}

absl::StatusOr<std::set<std::string>> TakenIn(SqlReader& reader,
                                              const std::string& tenant,
                                              const std::string& customer) {
  std::set<std::string> all = {customer};
  std::vector<std::string> left = {customer};
  while (!left.empty()) {
    const std::string survivor = std::move(left.back());
    left.pop_back();
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        reader.Query("SELECT customer FROM merged_customer WHERE tenant = ? "
                     "AND survivor = ?",
                     {tenant, survivor}));
    for (const SqlRow& row : rows) {
      const auto& merged = std::get<std::string>(row[0]);
      if (all.insert(merged).second) left.push_back(merged);
    }
  }
  return all;
}

}  // namespace crm::collaborative
