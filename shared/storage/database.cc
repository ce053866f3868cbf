#include "shared/storage/database.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"

namespace crm {

absl::StatusOr<SqlRows> SqlReader::SearchText(const TextQuery& query) {
  const SqlFragment statement = ScanText(query);
  return Query(statement.text, statement.params);
}

absl::Status SqlWriter::PutText(const TextRow& row) {
  const SqlFragment statement = UpsertText(row);
  return Post(statement.text, statement.params);
}

absl::Status SqlWriter::RemoveText(const SqlTable& table,
                                   const std::string& tenant,
                                   const std::string& name) {
  return Post(absl::StrCat("DELETE FROM ", QuoteName(table.name),
                           " WHERE tenant = ? AND name = ?"),
              {tenant, name});
}

absl::Status SqlWriter::QueryLater(absl::string_view sql,
                                   const std::vector<SqlValue>& params,
                                   Then then) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows, Query(sql, params));
  return then(*this, rows);
}

absl::Status Database::WriteAndWait(absl::Time deadline, WriteBody body) {
  // The wait has no limit of its own: once the body has begun, it runs to its
  // end, and what it refers to must live until then.
  std::promise<absl::Status> outcome;
  Write(deadline, std::move(body),
        [&outcome](absl::Status status) { outcome.set_value(status); });
  return outcome.get_future().get();
}

}  // namespace crm
