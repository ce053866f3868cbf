#include "services/operational/domain/base_currency.h"

#include "services/operational/domain/calendar_day.h"

namespace crm::operational {

absl::Status PrepareBaseCurrency(const v1::BaseCurrency* /*before*/,
                                 v1::BaseCurrency& after,
                                 const RuleContext& /*context*/) {
  after.set_valid_from_key(FormatDay(ToDay(after.valid_from_date())));
  return absl::OkStatus();
}

}  // namespace crm::operational
