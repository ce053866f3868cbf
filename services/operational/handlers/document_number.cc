#include "services/operational/handlers/document_number.h"

#include "absl/strings/str_cat.h"
#include "services/operational/domain/document_number.h"
#include "shared/base/status_macros.h"

namespace crm::operational {

SqlTable DocumentSeriesTable(absl::string_view name) {
  SqlTable table;
  table.name = std::string(name);
  table.columns = {{"tenant", SqlType::kText, false, {}},
                   {"series", SqlType::kText, false, {}},
                   {"count", SqlType::kInteger, false, {}}};
  table.primary_key = {"tenant", "series"};
  return table;
}

absl::StatusOr<std::string> NextDocumentNumber(Transaction& transaction,
                                               absl::string_view table,
                                               absl::string_view series,
                                               absl::string_view usual) {
  const std::string of(series.empty() ? usual : series);
  // The row is locked until the commit: so there is no gap, and no number is
  // given twice.
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      transaction.writer().Query(
          absl::StrCat("INSERT INTO ", table,
                       " (tenant, series, count) VALUES (?, ?, 1) "
                       "ON CONFLICT (tenant, series) DO UPDATE SET count = ",
                       table, ".count + 1 RETURNING count"),
          {transaction.view().tenant(), of}));
  return DocumentNumber(of, std::get<int64_t>(rows.at(0).at(0)));
}

}  // namespace crm::operational
