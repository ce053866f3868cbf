#include "services/operational/domain/price_book.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/calendar_day.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/resource_name.h"
#include "shared/reflect/unique_name.h"

namespace crm::operational {
namespace {

using ::google::type::Money;
using Price = v1::PriceBookEntry::Price;

// The first and last day of something; those that are unset lie beyond all
// others.
template <typename T>
absl::CivilDay FirstDay(const T& of) {
  return of.has_start_date() ? ToDay(of.start_date()) : absl::CivilDay::min();
}

template <typename T>
absl::CivilDay LastDay(const T& of) {
  return of.has_end_date() ? ToDay(of.end_date()) : absl::CivilDay::max();
}

void CheckPrice(const Money& price, const std::string& currency,
                const std::string& path,
                std::vector<FieldViolation>& violations) {
  if (ToNanos(price) < 0) violations.push_back({path, "must not be negative."});
  if (!currency.empty() && price.currency_code() != currency) {
    violations.push_back({absl::StrCat(path, ".currency_code"),
                          absl::StrCat("must be '", currency,
                                       "', the currency of the price book.")});
  }
}

void CheckTiers(const Price& price, const std::string& currency,
                const std::string& path,
                std::vector<FieldViolation>& violations) {
  int64_t last = 1;
  for (int i = 0; i < price.tiers_size(); ++i) {
    const auto& tier = price.tiers(i);
    const std::string at = absl::StrCat(path, ".tiers[", i, "]");
    CheckPrice(tier.unit_price(), currency, absl::StrCat(at, ".unit_price"),
               violations);
    if (tier.min_quantity() <= last) {
      violations.push_back({absl::StrCat(at, ".min_quantity"),
                            "must be more than that of the tier before."});
    }
    last = tier.min_quantity();
  }
}

bool InUse(const v1::PriceBook& book, absl::CivilDay day) {
  return book.state() == v1::PriceBook::ACTIVE && !book.has_delete_time() &&
         FirstDay(book) <= day && day <= LastDay(book);
}

}  // namespace

absl::Status PreparePriceBook(const v1::PriceBook* /*before*/,
                              v1::PriceBook& after,
                              const RuleContext& /*context*/) {
  if (FirstDay(after) <= LastDay(after)) return absl::OkStatus();
  return BadField("price_book.end_date", "must not be before the first day.");
}

absl::Status PreparePriceBookEntry(const v1::PriceBookEntry* /*before*/,
                                   v1::PriceBookEntry& after,
                                   const RuleContext& context) {
  const auto* book = context.Find<v1::PriceBook>(ParentOf(after.name()));
  const std::string currency = book == nullptr ? "" : book->currency_code();
  std::vector<FieldViolation> violations;
  for (int i = 0; i < after.prices_size(); ++i) {
    const Price& price = after.prices(i);
    const std::string path = absl::StrCat("price_book_entry.prices[", i, "]");
    CheckPrice(price.unit_price(), currency, absl::StrCat(path, ".unit_price"),
               violations);
    CheckTiers(price, currency, path, violations);
    if (LastDay(price) < FirstDay(price)) {
      violations.push_back({absl::StrCat(path, ".end_date"),
                            "must not be before the first day."});
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  std::stable_sort(
      after.mutable_prices()->begin(), after.mutable_prices()->end(),
      [](const Price& a, const Price& b) { return FirstDay(a) < FirstDay(b); });
  for (int i = 1; i < after.prices_size(); ++i) {
    if (FirstDay(after.prices(i)) <= LastDay(after.prices(i - 1))) {
      return BadField("price_book_entry.prices",
                      absl::StrCat("must not overlap: there are two prices on ",
                                   FormatDay(std::max(FirstDay(after.prices(i)),
                                                      absl::CivilDay(1, 1, 1))),
                                   "."));
    }
  }
  return absl::OkStatus();
}

const Money* PriceOn(const v1::PriceBookEntry& entry, absl::CivilDay day,
                     int64_t quantity) {
  for (const Price& price : entry.prices()) {
    if (day < FirstDay(price) || LastDay(price) < day) continue;
    const Money* unit_price = &price.unit_price();
    for (const auto& tier : price.tiers()) {
      if (quantity >= tier.min_quantity()) unit_price = &tier.unit_price();
    }
    return unit_price;
  }
  return nullptr;
}

absl::Status TakeBookPrices(const BookTerms& terms, SalesLines& lines,
                            const RuleContext& context) {
  const bool needed = std::any_of(
      lines.begin(), lines.end(),
      [](const v1::OrderLine& line) { return !line.has_unit_price(); });
  if (terms.price_book.empty() || !needed) return absl::OkStatus();
  const auto* book = context.Find<v1::PriceBook>(terms.price_book);
  // That it exists is checked with all references.
  if (book == nullptr) return absl::OkStatus();
  if (book->currency_code() != terms.currency_code) {
    return BadField(absl::StrCat(terms.field, ".price_book"),
                    absl::StrCat("has prices in '", book->currency_code(),
                                 "', not in '", terms.currency_code, "'."));
  }
  if (!InUse(*book, terms.day)) {
    return FailedPrecondition(
        "PRICE_BOOK_NOT_IN_USE",
        absl::StrCat("'", book->name(), "' is ",
                     v1::PriceBook::State_Name(book->state()), " or not for ",
                     FormatDay(terms.day), "; name another, or the prices."),
        book->name());
  }
  for (v1::OrderLine& line : lines) {
    if (line.has_unit_price()) continue;
    const auto* entry = context.Find<v1::PriceBookEntry>(
        UniqueName(book->name(), "product", line.product()));
    if (entry == nullptr) continue;
    const Money* price = PriceOn(*entry, terms.day, line.quantity());
    if (price != nullptr) *line.mutable_unit_price() = *price;
  }
  return absl::OkStatus();
}

}  // namespace crm::operational
