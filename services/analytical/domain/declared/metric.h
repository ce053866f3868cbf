// Metrics of the catalogue (crm.analytical.v1.Metric): what they ask the
// warehouse for, and what its facts come to.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_METRIC_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_METRIC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/metric.pb.h"
#include "google/type/date.pb.h"
#include "shared/base/errors.h"

namespace crm::analytical {

// Orders from `start` on and before `end` count.
struct MetricWindow {
  absl::Time start;
  absl::Time end;
};

// What the warehouse tells of the orders in a window. Only what the kind of the
// metric needs has been asked for.
struct MetricFacts {
  // Whether there is any order before the end of the window.
  bool has_orders = false;
  int64_t order_count = 0;
  int64_t customer_count = 0;
  int64_t new_customer_count = 0;
  int64_t repeat_customer_count = 0;
  // In nanos.
  absl::int128 revenue = 0;
  // Of the greatest customers, and of all that are compared with them.
  absl::int128 top_revenue = 0;
  absl::int128 ranked_revenue = 0;
};

// Adds what is wrong with `metric`, the field `at`, to `violations`.
void CheckMetric(const v1::Metric& metric, const std::string& at,
                 std::vector<FieldViolation>& violations);

// Whether the metric grows with every order, so that a longer time never makes
// it less (of orders that are not negative).
bool IsTotal(v1::Metric::Kind kind);

// Returns the window that ends at `end`: the days that the metric looks back,
// or all since `start`.
MetricWindow WindowOf(const v1::Metric& metric, absl::Time start,
                      absl::Time end);

// Returns what the facts come to, in millionths, or nothing if there are no
// orders to tell by: a part or an average of none is not 0. Returns
// OUT_OF_RANGE (VALUE_OUT_OF_RANGE) if 64 bits do not hold it.
absl::StatusOr<std::optional<int64_t>> ValueOf(v1::Metric::Kind kind,
                                               const MetricFacts& facts);

// Returns numerator / denominator, halves rounded away from zero. Requires
// 0 < denominator, and a numerator below 2^126.
absl::int128 DivideRounded(absl::int128 numerator, absl::int128 denominator);

// Returns the first instant of a day in UTC.
absl::Time StartOf(const google::type::Date& date);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_DECLARED_METRIC_H_
