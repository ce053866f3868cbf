#include "services/operational/handlers/base_currency.h"

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/base_currency.pb.h"
#include "services/operational/domain/calendar_day.h"
#include "shared/base/status_macros.h"

namespace crm::operational {

absl::StatusOr<std::string> BaseCurrencyOn(const ReadView& view,
                                           absl::CivilDay day) {
  const Resource& resource =
      *view.catalog().Find(v1::BaseCurrency::descriptor());
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      view.reader().Query(
          absl::StrCat("SELECT c_currency_code FROM ", resource.schema.table(),
                       " WHERE tenant = ? AND c_valid_from_key <= ? AND "
                       "delete_time IS NULL ORDER BY c_valid_from_key DESC "
                       "LIMIT 1"),
          {view.tenant(), FormatDay(day)}));
  if (rows.empty()) return std::string();
  return std::get<std::string>(rows[0][0]);
}

}  // namespace crm::operational
