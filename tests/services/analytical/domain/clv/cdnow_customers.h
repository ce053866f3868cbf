// The customers of the CDNOW sample as the published models take them: what
// they bought to 1997-09-30, in weeks.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_CLV_CDNOW_CUSTOMERS_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_CLV_CDNOW_CUSTOMERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/analytical/domain/clv/purchase_history.h"
#include "services/analytical/domain/clv/purchase_summary.h"
#include "tests/services/analytical/reference_data.h"

namespace crm::analytical::testing {

// Returns the day's number since 1970. Example: 1997-09-30 -> 10134
int64_t DayNumber(absl::string_view day);

// Sums up what each customer bought to the end of `last_day`, by customer, in
// the plainest way, for the warehouse to be compared with.
std::vector<PurchaseHistory> MakeHistories(
    const std::vector<Purchase>& purchases, int64_t last_day);

// Returns the customers in the order of their ids, or nothing where the data
// are missing.
std::optional<std::vector<PurchaseSummary>> ReadCdnowCustomers(
    double days_per_unit = 7);

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_CLV_CDNOW_CUSTOMERS_H_
