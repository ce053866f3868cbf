// Published data sets that stand outside the tree, for tests against published
// figures. CRM_REFERENCE_DATA names their folder; else they are looked for
// beside the tree.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_REFERENCE_DATA_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_REFERENCE_DATA_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/analytical/domain/customer_totals.h"

namespace crm::analytical::testing {

// What tests say when they skip themselves.
inline constexpr char kNoReferenceData[] = "skipped: no reference data";

// One purchase of a customer.
struct Purchase {
  std::string customer;
  absl::Time time;
  absl::int128 nanos = 0;
};

// Returns the purchases in the data set `rfm` (4,906 orders of 995 customers),
// or nothing where it is missing.
std::optional<std::vector<Purchase>> ReadRfmOrders();

// Returns the purchases in the whole CDNOW sample's file (6,919 of 2,357
// customers), or nothing where it is missing.
std::optional<std::vector<Purchase>> ReadCdnowPurchases();

// Returns midnight UTC of `day`, as 2006-12-31.
absl::Time Midnight(absl::string_view day);

// Sums up purchases by customer, as the warehouse does.
std::vector<CustomerTotals> SumUp(const std::vector<Purchase>& purchases);

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_REFERENCE_DATA_H_
