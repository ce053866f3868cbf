#include "tests/services/analytical/reference_data.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace crm::analytical::testing {
namespace {

constexpr int64_t kNanosPerCent = 10'000'000;

std::optional<std::vector<std::string>> ReadLines(const std::string& file) {
  const char* folder = std::getenv("CRM_REFERENCE_DATA");
  std::ifstream input(absl::StrCat(
      folder == nullptr ? CRM_DEFAULT_REFERENCE_DATA : folder, "/", file));
  if (!input) return std::nullopt;
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) {
    lines.emplace_back(absl::StripAsciiWhitespace(line));
  }
  return lines;
}

// Example: 29.33 -> 29'330'000'000
absl::int128 ParseAmount(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  int64_t units = 0;
  int64_t cents = 0;
  if (!absl::SimpleAtoi(parts[0], &units)) std::abort();
  if (parts.size() > 1 && !absl::SimpleAtoi(parts[1], &cents)) std::abort();
  return absl::int128{units * 100 + cents} * kNanosPerCent;
}

}  // namespace

absl::Time Midnight(absl::string_view day) {
  absl::Time time;
  if (!absl::ParseTime("%Y-%m-%d", day, &time, nullptr)) std::abort();
  return time;
}

std::optional<std::vector<Purchase>> ReadRfmOrders() {
  const auto lines = ReadLines("rfm/rfm_data_orders.csv");
  if (!lines.has_value()) return std::nullopt;
  std::vector<Purchase> purchases;
  for (size_t i = 1; i < lines->size(); ++i) {
    const std::vector<std::string> cells = absl::StrSplit((*lines)[i], ',');
    purchases.push_back({cells[0], Midnight(cells[1]), ParseAmount(cells[2])});
  }
  return purchases;
}

std::optional<std::vector<Purchase>> ReadCdnowPurchases() {
  const auto lines = ReadLines("cdnow/CDNOW_sample.txt");
  if (!lines.has_value()) return std::nullopt;
  std::vector<Purchase> purchases;
  for (const std::string& line : *lines) {
    const std::vector<std::string> cells =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    const std::string day =
        absl::StrCat(cells[2].substr(0, 4), "-", cells[2].substr(4, 2), "-",
                     cells[2].substr(6, 2));
    purchases.push_back({cells[0], Midnight(day), ParseAmount(cells[4])});
  }
  return purchases;
}

std::vector<CustomerTotals> SumUp(const std::vector<Purchase>& purchases) {
  std::map<std::string, CustomerTotals> totals;
  std::map<std::string, std::set<absl::Time>> days;
  for (const Purchase& purchase : purchases) {
    CustomerTotals& customer = totals[purchase.customer];
    customer.customer = purchase.customer;
    customer.last_order_time =
        std::max(customer.last_order_time, purchase.time);
    ++customer.order_count;
    customer.revenue += purchase.nanos;
    days[purchase.customer].insert(purchase.time);
  }
  std::vector<CustomerTotals> result;
  for (auto& [name, customer] : totals) {
    customer.purchase_day_count = static_cast<int64_t>(days[name].size());
    result.push_back(std::move(customer));
  }
  return result;
}

}  // namespace crm::analytical::testing
