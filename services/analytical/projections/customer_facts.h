// What analyses ask the warehouse of customers: conditions, and counts over
// their orders. Every function returns the errors of a statement.

#ifndef CRM_SERVICES_ANALYTICAL_PROJECTIONS_CUSTOMER_FACTS_H_
#define CRM_SERVICES_ANALYTICAL_PROJECTIONS_CUSTOMER_FACTS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/analytical/domain/frameworks/months.h"
#include "services/analytical/projections/measurements.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/storage/database.h"

namespace crm::analytical {

// Returns the condition of a SELECT over `resource_facts` that takes the
// customers in use at the end of the question.
SqlFragment CustomerCondition(const MeasureQuestion& question);

// Returns one that takes the resources of `type` that ended within the
// question, of its customers.
SqlFragment FactCondition(const MeasureQuestion& question,
                          absl::string_view type);

// Whether the attribute `field` is among those whose bits are set.
bool IsKnown(int64_t known, absl::string_view field);

// Returns a table `month` for a FROM, with month_number, month_start and
// month_end. `months` are not empty.
std::string MonthTable(const std::vector<Month>& months);

// Who ordered when: in the period of a question, in the one of the same length
// before it, or ever before.
struct Orderers {
  int64_t now = 0;
  int64_t earlier = 0;
  // In both.
  int64_t retained = 0;
  int64_t before = 0;
  // Now, and never before.
  int64_t added = 0;
  // On two days of the period or more.
  int64_t repeated = 0;
};

// Counts them, of orders in `currency` or, if it is empty, in any.
absl::StatusOr<Orderers> ReadOrderers(SqlReader& reader,
                                      const MeasureQuestion& question,
                                      absl::string_view currency = {});

// Counts the pairs of customer and product in the selected orders.
absl::StatusOr<int64_t> CountCustomerProducts(SqlReader& reader,
                                              const OrderSelection& selection);

// Returns how many of the customers of the question have one of the names.
absl::StatusOr<int64_t> CountNamedCustomers(SqlReader& reader,
                                            const MeasureQuestion& question,
                                            const std::set<std::string>& names);

// A customer as far as frameworks go.
struct CustomerFact {
  std::string customer;
  std::string segment;
  int64_t known = 0;
  absl::Time create_time = absl::UnixEpoch();
};

// Returns the customers of the question whose names come after `after`, by
// name, `most` of them.
absl::StatusOr<std::vector<CustomerFact>> ReadCustomers(
    SqlReader& reader, const MeasureQuestion& question,
    const std::string& after, int64_t most);

// Returns the customer of that name that is in use, or nothing.
absl::StatusOr<std::optional<CustomerFact>> FindCustomer(
    SqlReader& reader, const std::string& tenant, const std::string& name);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_PROJECTIONS_CUSTOMER_FACTS_H_
