#include "services/operational/handlers/merge_records.h"

#include <cstdint>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

// Writes the lines of one record.
class Lines {
 public:
  Lines(const Transaction& transaction, const std::string& operation)
      : transaction_(transaction), operation_(operation) {}

  absl::Status Add(const MovedLink& link, const std::string& before,
                   const std::string& after) {
    return transaction_.writer().Post(
        "INSERT INTO merge_record (tenant, operation, number, name, field, "
        "customer, moved_to, before_merge, after_merge) VALUES (?, ?, ?, ?, ?, "
        "?, ?, ?, ?)",
        {transaction_.view().tenant(), operation_, number_++, link.name,
         link.field, link.customer, link.moved_to, SqlBlob{before},
         SqlBlob{after}});
  }

 private:
  const Transaction& transaction_;
  const std::string& operation_;
  int64_t number_ = 0;
};

}  // namespace

SqlTable MergeRecordTable() {
  return {.name = "merge_record",
          .columns = {{"tenant", SqlType::kText, false},
                      {"operation", SqlType::kText, false},
                      {"number", SqlType::kInteger, false},
                      {"name", SqlType::kText, false},
                      // Empty in a line of a customer, which alone has before
                      // and after.
                      {"field", SqlType::kText, false},
                      {"customer", SqlType::kText, false},
                      {"moved_to", SqlType::kText, false},
                      {"before_merge", SqlType::kBlob, false},
                      {"after_merge", SqlType::kBlob, false}},
          .primary_key = {"tenant", "operation", "number"}};
}

absl::Status StoreMergeRecord(const Transaction& transaction,
                              const std::string& operation,
                              const MergeRecord& record) {
  Lines lines(transaction, operation);
  for (size_t i = 0; i < record.customers.before.size(); ++i) {
    CRM_RETURN_IF_ERROR(
        lines.Add({}, record.customers.before[i], record.customers.after[i]));
  }
  for (const MovedLink& link : record.links) {
    CRM_RETURN_IF_ERROR(lines.Add(link, "", ""));
  }
  return absl::OkStatus();
}

absl::StatusOr<MergeRecord> ReadMergeRecord(const Transaction& transaction,
                                            const std::string& operation) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      transaction.writer().Query(
          "SELECT name, field, customer, moved_to, before_merge, after_merge "
          "FROM "
          "merge_record WHERE tenant = ? AND operation = ? ORDER BY number",
          {transaction.view().tenant(), operation}));
  MergeRecord record;
  for (SqlRow& row : rows) {
    if (std::get<std::string>(row[1]).empty()) {
      record.customers.before.push_back(
          std::move(std::get<SqlBlob>(row[4]).bytes));
      record.customers.after.push_back(
          std::move(std::get<SqlBlob>(row[5]).bytes));
      continue;
    }
    record.links.push_back(
        {.name = std::move(std::get<std::string>(row[0])),
         .field = std::move(std::get<std::string>(row[1])),
         .customer = std::move(std::get<std::string>(row[2])),
         .moved_to = std::move(std::get<std::string>(row[3]))});
  }
  return record;
}

absl::Status RemoveMergeRecord(const Transaction& transaction,
                               const std::string& operation) {
  return transaction.writer()
      .Execute("DELETE FROM merge_record WHERE tenant = ? AND operation = ?",
               {transaction.view().tenant(), operation})
      .status();
}

}  // namespace crm::operational
