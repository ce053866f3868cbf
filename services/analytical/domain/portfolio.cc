#include "services/analytical/domain/portfolio.h"

#include <algorithm>

#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

using absl::int128;

constexpr int64_t kMillion = 1'000'000;

double Ratio(int128 part, int128 whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// The Gini coefficient of `ranked`, from the greatest revenue down: the sum of
// (n + 1 - 2i) x_i over the ranks i from 1, by n times the total.
double Gini(const std::vector<const CustomerTotals*>& ranked, int128 total) {
  const auto count = static_cast<int64_t>(ranked.size());
  int128 weighted = 0;
  int64_t weight = count - 1;
  for (const CustomerTotals* customer : ranked) {
    weighted += customer->revenue * weight;
    weight -= 2;
  }
  return Ratio(weighted, total) / static_cast<double>(count);
}

}  // namespace

Concentration MeasureConcentration(const std::vector<CustomerTotals>& totals,
                                   int32_t top_millionths) {
  Concentration result;
  std::vector<const CustomerTotals*> ranked;
  ranked.reserve(totals.size());
  for (const CustomerTotals& customer : totals) {
    if (customer.revenue < 0) {
      ++result.negative_customer_count;
      continue;
    }
    ranked.push_back(&customer);
    result.total_revenue += customer.revenue;
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto* a, const auto* b) {
    if (a->revenue != b->revenue) return a->revenue > b->revenue;
    return a->customer < b->customer;
  });

  result.customer_count = static_cast<int64_t>(ranked.size());
  result.top_customer_count =
      (result.customer_count * top_millionths + kMillion - 1) / kMillion;
  int128 cumulative = 0;
  for (int64_t i = 0; i < result.customer_count; ++i) {
    cumulative += ranked[static_cast<size_t>(i)]->revenue;
    if (i < result.top_customer_count) result.top_revenue = cumulative;
    if (result.customers_for_80_percent == 0 &&
        cumulative * 5 >= result.total_revenue * 4) {
      result.customers_for_80_percent = i + 1;
    }
  }
  if (result.total_revenue == 0) {
    result.customers_for_80_percent = 0;
    return result;
  }
  result.top_share = Ratio(result.top_revenue, result.total_revenue);
  result.gini = Gini(ranked, result.total_revenue);
  return result;
}

absl::Status FillConcentration(const Concentration& concentration,
                               absl::string_view currency,
                               v1::PortfolioAnalysis& analysis) {
  CRM_ASSIGN_OR_RETURN(*analysis.mutable_total_revenue(),
                       FromNanos(currency, concentration.total_revenue));
  CRM_ASSIGN_OR_RETURN(*analysis.mutable_top_revenue(),
                       FromNanos(currency, concentration.top_revenue));
  analysis.set_customer_count(concentration.customer_count);
  analysis.set_top_customer_count(concentration.top_customer_count);
  analysis.set_top_share(concentration.top_share);
  analysis.set_gini(concentration.gini);
  analysis.set_customers_for_80_percent(concentration.customers_for_80_percent);
  return absl::OkStatus();
}

}  // namespace crm::analytical
