// Customers that buy by the models of customer lifetime value, with parameters
// that tests know. The same seed gives the same customers.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_CLV_SIMULATED_CUSTOMERS_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_CLV_SIMULATED_CUSTOMERS_H_

#include <cstdint>
#include <vector>

#include "services/analytical/domain/clv/bg_nbd.h"
#include "services/analytical/domain/clv/gamma_gamma.h"
#include "services/analytical/domain/clv/purchase_summary.h"

namespace crm::analytical::testing {

// Returns `count` customers that were first seen from 20 to 60 units of time
// ago and buy by `model`. Without `leaving` nobody leaves.
std::vector<PurchaseSummary> SimulatePurchases(const BgNbd& model, int count,
                                               uint64_t seed,
                                               bool leaving = true);

// Gives the repeat purchases of `customers` values by `model`.
void SimulateValues(const GammaGamma& model, uint64_t seed,
                    std::vector<PurchaseSummary>& customers);

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_DOMAIN_CLV_SIMULATED_CUSTOMERS_H_
