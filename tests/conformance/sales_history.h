// Gives a tenant something to analyse: resources that are computed from sales
// need some before they can be created.

#ifndef CRM_TESTS_CONFORMANCE_SALES_HISTORY_H_
#define CRM_TESTS_CONFORMANCE_SALES_HISTORY_H_

#include <string>
#include <vector>

#include "tests/support/service_harness.h"

namespace crm::testing {

// Has a confirmed order in `operational` for the tenant of each of `tokens`,
// and waits until `analytical` has applied all events there are. What fails is
// a failure of the test.
void GiveSalesHistory(ServiceHarness& operational, ServiceHarness& analytical,
                      const std::vector<std::string>& tokens,
                      const std::string& system_token);

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_SALES_HISTORY_H_
