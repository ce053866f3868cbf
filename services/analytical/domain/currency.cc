#include "services/analytical/domain/currency.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/errors.h"

namespace crm::analytical {

absl::StatusOr<std::string> ChooseCurrency(
    absl::string_view requested, const std::vector<CurrencyUse>& used) {
  if (!requested.empty()) return std::string(requested);
  if (used.empty()) return std::string();
  if (used.size() == 1) return used.front().currency;
  std::vector<std::string> names;
  for (const CurrencyUse& use : used) names.push_back(use.currency);
  std::sort(names.begin(), names.end());
  const std::string list = absl::StrJoin(names, ", ");
  return InvalidArgument(
      "MIXED_CURRENCIES",
      absl::StrCat("The orders are in several currencies: ", list,
                   ". Set 'currency_code' to one of them."),
      {{"currencies", list}});
}

std::string MainCurrency(const std::vector<CurrencyUse>& used) {
  const auto main = std::min_element(used.begin(), used.end(),
                                     [](const auto& a, const auto& b) {
                                       if (a.order_count != b.order_count) {
                                         return a.order_count > b.order_count;
                                       }
                                       return a.currency < b.currency;
                                     });
  return main == used.end() ? std::string() : main->currency;
}

}  // namespace crm::analytical
