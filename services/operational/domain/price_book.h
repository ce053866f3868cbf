// The rules of price books: what a product costs on a day, by quantity.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_PRICE_BOOK_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_PRICE_BOOK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "crm/operational/v1/price_book.pb.h"
#include "crm/operational/v1/price_book_entry.pb.h"
#include "google/type/money.pb.h"
#include "services/operational/domain/sales_lines.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

// Returns INVALID_ARGUMENT if the last day comes before the first.
absl::Status PreparePriceBook(const v1::PriceBook* before, v1::PriceBook& after,
                              const RuleContext& context);

// Puts the prices in the order of their days.
//
// Returns INVALID_ARGUMENT with a violation for each price that is negative, in
// another currency than the book, or ends before it begins; for tiers that do
// not grow; and for two prices of one day.
absl::Status PreparePriceBookEntry(const v1::PriceBookEntry* before,
                                   v1::PriceBookEntry& after,
                                   const RuleContext& context);

// Returns what one unit of so many costs on `day`, null if there is no price.
// It lives as long as `entry`.
const google::type::Money* PriceOn(const v1::PriceBookEntry& entry,
                                   absl::CivilDay day, int64_t quantity);

// Where lines take their prices from.
struct BookTerms {
  // What the lines belong to, as `order`: begins the paths of violations.
  absl::string_view field;
  std::string price_book;
  std::string currency_code;
  absl::CivilDay day;
};

// Gives lines without a price that of the price book, as far as it has one. A
// book that no line needs is not asked.
//
// Returns FAILED_PRECONDITION (PRICE_BOOK_NOT_IN_USE) if the book is not active
// on the day, and INVALID_ARGUMENT if it is in another currency.
absl::Status TakeBookPrices(const BookTerms& terms, SalesLines& lines,
                            const RuleContext& context);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_PRICE_BOOK_H_
