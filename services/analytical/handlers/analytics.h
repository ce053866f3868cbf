// What the analytical service's methods work with.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_ANALYTICS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_ANALYTICS_H_

#include "services/analytical/projections/warehouse.h"
#include "shared/base/clock.h"
#include "shared/observe/metrics.h"
#include "shared/query/page_token.h"

namespace crm::analytical {

// Owns nothing. Thread-safe, since its parts are.
struct Analytics {
  Warehouse& warehouse;
  const Clock& clock;
  const PageTokenCodec& page_tokens;
  // Observes each computation of RFM scores.
  Histogram& rfm_seconds;
};

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_ANALYTICS_H_
