// What another retention would do to the profit of a customer. How much that is
// follows from the tenant's own orders alone: no figure of anybody else is in
// it.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_RETENTION_EFFECT_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_RETENTION_EFFECT_H_

#include <cstdint>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crm/analytical/v1/customer_base.pb.h"

namespace crm::analytical {

// What two periods of one length had.
struct RetentionFacts {
  // Who ordered in the earlier one, and how many of them in the later one too.
  int64_t earlier = 0;
  int64_t retained = 0;
  // Who ordered in the later one, and for how many nanos.
  int64_t ordering = 0;
  absl::int128 revenue = 0;
};

// Fills in what the change that the request asks for would do: a customer
// brings the mean profit in each period and stays with the probability of the
// retention r, so that with a discount d it brings profit x (1 + d) / (1 + d -
// r) in all. Exact, and rounded half to even once for each amount.
//
// Returns FAILED_PRECONDITION: NO_ORDERS without customers in one of the
// periods, RETENTION_COMPLETE where r = 1 and d = 0, before or after; and
// OUT_OF_RANGE (AMOUNT_OUT_OF_RANGE) for what no Money holds.
absl::Status FillRetentionEffect(
    const RetentionFacts& facts,
    const v1::EstimateRetentionEffectRequest& request,
    v1::RetentionEffect& effect);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_RETENTION_EFFECT_H_
