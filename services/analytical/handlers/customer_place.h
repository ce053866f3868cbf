// Where the next page of a list of customers with their value tiers begins.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_PLACE_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_PLACE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "shared/query/page_token.h"

namespace crm::analytical {

// Behind this customer, and not before this position among the scores of the
// model.
struct CustomerPlace {
  int64_t score = 0;
  std::string customer;
};

// Returns the place that a page token holds, the beginning without one. Errors
// of a page token.
absl::StatusOr<CustomerPlace> ReadCustomerPlace(const PageTokenCodec& codec,
                                                const std::string& token,
                                                const std::string& binding);

// Returns the token of a place. Errors of a page token.
absl::StatusOr<std::string> WriteCustomerPlace(const PageTokenCodec& codec,
                                               const CustomerPlace& place,
                                               const std::string& binding);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_PLACE_H_
