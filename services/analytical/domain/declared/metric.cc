#include "services/analytical/domain/declared/metric.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

namespace crm::analytical {
namespace {

using v1::Metric;

constexpr int64_t kMillion = 1'000'000;
constexpr int64_t kNanosPerMillionth = 1'000;

bool NeedsCurrency(Metric::Kind kind) {
  return kind == Metric::REVENUE || kind == Metric::AVERAGE_ORDER_VALUE ||
         kind == Metric::TOP_CUSTOMER_SHARE;
}

absl::StatusOr<std::optional<int64_t>> Narrow(absl::int128 millionths) {
  if (millionths < std::numeric_limits<int64_t>::min() ||
      millionths > std::numeric_limits<int64_t>::max()) {
    return OutOfRange("VALUE_OUT_OF_RANGE",
                      "A metric is too great to be told in millionths; "
                      "measure fewer days.");
  }
  return static_cast<int64_t>(millionths);
}

absl::StatusOr<std::optional<int64_t>> PartOfWhole(absl::int128 part,
                                                   absl::int128 whole) {
  if (whole == 0) return std::nullopt;
  return Narrow(DivideRounded(part * kMillion, whole));
}

absl::StatusOr<std::optional<int64_t>> Total(bool is_known,
                                             absl::int128 millionths) {
  if (!is_known) return std::nullopt;
  return Narrow(millionths);
}

}  // namespace

void CheckMetric(const Metric& metric, const std::string& at,
                 std::vector<FieldViolation>& violations) {
  if (NeedsCurrency(metric.kind()) && metric.currency_code().empty()) {
    violations.push_back({absl::StrCat(at, ".currency_code"),
                          "must be set: amounts of two currencies are never "
                          "added."});
  }
  if (metric.kind() != Metric::TOP_CUSTOMER_SHARE &&
      metric.top_fraction_millionths() != 0) {
    violations.push_back({absl::StrCat(at, ".top_fraction_millionths"),
                          "belongs to TOP_CUSTOMER_SHARE alone."});
  }
}

bool IsTotal(Metric::Kind kind) {
  return kind == Metric::REVENUE || kind == Metric::ORDERS ||
         kind == Metric::CUSTOMERS || kind == Metric::NEW_CUSTOMERS;
}

MetricWindow WindowOf(const Metric& metric, absl::Time start, absl::Time end) {
  if (metric.period_days() == 0) return {start, end};
  return {end - absl::Hours(24) * metric.period_days(), end};
}

absl::StatusOr<std::optional<int64_t>> ValueOf(Metric::Kind kind,
                                               const MetricFacts& facts) {
  switch (kind) {
    case Metric::REVENUE:
      return Total(facts.has_orders,
                   DivideRounded(facts.revenue, kNanosPerMillionth));
    case Metric::ORDERS:
      return Total(facts.has_orders,
                   absl::int128(facts.order_count) * kMillion);
    case Metric::CUSTOMERS:
      return Total(facts.has_orders,
                   absl::int128(facts.customer_count) * kMillion);
    case Metric::NEW_CUSTOMERS:
      return Total(facts.has_orders,
                   absl::int128(facts.new_customer_count) * kMillion);
    case Metric::REPEAT_RATE:
      return PartOfWhole(facts.repeat_customer_count, facts.customer_count);
    case Metric::AVERAGE_ORDER_VALUE:
      if (facts.order_count == 0) return std::nullopt;
      return Narrow(DivideRounded(
          facts.revenue, absl::int128(facts.order_count) * kNanosPerMillionth));
    case Metric::TOP_CUSTOMER_SHARE:
      return PartOfWhole(facts.top_revenue, facts.ranked_revenue);
    default:
      return std::nullopt;
  }
}

absl::int128 DivideRounded(absl::int128 numerator, absl::int128 denominator) {
  const absl::int128 half = denominator / 2;
  // Of an odd denominator there is no half, and less than one is rounded off.
  return (numerator < 0 ? numerator - half : numerator + half) / denominator;
}

absl::Time StartOf(const google::type::Date& date) {
  return absl::FromCivil(absl::CivilDay(date.year(), date.month(), date.day()),
                         absl::UTCTimeZone());
}

}  // namespace crm::analytical
