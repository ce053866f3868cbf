// What analyses ask the warehouse for: sums over the orders that count. The
// engine does the sums, exactly.
//
// An order counts while it is CONFIRMED and has a customer. Every function
// returns the errors of a statement.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_FACTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/freshness.pb.h"
#include "services/analytical/domain/clv/purchase_history.h"
#include "services/analytical/domain/currency.h"
#include "services/analytical/domain/customer_totals.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// The service whose orders these are.
inline constexpr char kOrderProducer[] = "operational";

// Returns the version up to which the events of a key have been applied; 0 if
// none were.
absl::StatusOr<int64_t> ReadAppliedVersion(SqlReader& reader,
                                           const std::string& producer,
                                           const std::string& tenant,
                                           const std::string& ordering_key);

// Which of the orders that count are asked for.
struct OrderSelection {
  std::string tenant;
  // From this instant on, and before that one, to the microsecond.
  std::optional<absl::Time> start_time = std::nullopt;
  std::optional<absl::Time> end_time = std::nullopt;
  // Of the customers in this segment alone; of all if it is empty.
  std::string segment = {};
  // In this currency alone; in all if it is empty.
  std::string currency = {};
  // Only those of these customers; of all if it is empty.
  std::vector<std::string> customers = {};
};

// Returns the condition of a SELECT over `orders` that takes the selected ones.
SqlFragment OrderCondition(const OrderSelection& selection);

// Returns the currencies of the selected orders, by name.
absl::StatusOr<std::vector<CurrencyUse>> ReadCurrencies(
    SqlReader& reader, const OrderSelection& selection);

// Returns the totals of each customer over the selected orders that are in
// `currency`, by customer.
absl::StatusOr<std::vector<CustomerTotals>> ReadCustomerTotals(
    SqlReader& reader, const OrderSelection& selection,
    absl::string_view currency);

// Returns what each customer bought by days, over the selected orders that are
// in `currency`, by customer.
absl::StatusOr<std::vector<PurchaseHistory>> ReadPurchaseHistories(
    SqlReader& reader, const OrderSelection& selection,
    absl::string_view currency);

// Returns when the newest of the selected orders in `currency` was made, or
// nothing without any.
absl::StatusOr<std::optional<absl::Time>> ReadNewestOrderTime(
    SqlReader& reader, const OrderSelection& selection,
    absl::string_view currency);

// How far the events of a customer have been applied.
struct AppliedKey {
  std::string customer;
  int64_t key_version = 0;
};

// Returns it for every customer of the tenant, by customer.
absl::StatusOr<std::vector<AppliedKey>> ReadAppliedCustomers(
    SqlReader& reader, const std::string& tenant);

// Returns what the warehouse has seen of the tenant's events. The times are
// unset where there is no event.
absl::StatusOr<v1::Freshness> ReadFreshness(SqlReader& reader,
                                            const std::string& tenant,
                                            absl::Time now);

// Converts between nanos and the text of a DECIMAL(38, 9).
// Example: -1750000000 <-> -1.750000000
std::string ToDecimal(absl::int128 nanos);
absl::StatusOr<absl::int128> FromDecimal(absl::string_view decimal);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_ORDER_FACTS_H_
