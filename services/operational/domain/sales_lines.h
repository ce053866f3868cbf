// The lines that orders and quotes are made of, and what they come to: exact,
// in whole nanos of one currency.
//
// Everything here is a pure function of its arguments.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_SALES_LINES_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_SALES_LINES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/order_line.pb.h"
#include "crm/operational/v1/sales_totals.pb.h"
#include "google/protobuf/repeated_field.h"
#include "shared/reflect/rule_context.h"

namespace crm::operational {

using SalesLines = google::protobuf::RepeatedPtrField<v1::OrderLine>;

// What all lines of an order or a quote have in common.
struct LineTerms {
  // What the lines belong to, as `order`: begins the paths of violations.
  absl::string_view field;
  std::string currency_code;
  // In millionths, from none to all.
  int32_t discount_millionths = 0;
};

// Completes lines: those without an id get the lowest free number; name, price
// and tax class are taken from the product where the line has none, so that it
// shows what was agreed even after the product changes; the rate from the tax
// class.
void CompleteLines(SalesLines& lines, const RuleContext& context);

// Sets the amount of each line, price x quantity x (1 - discount), exact to
// nanos; its net, less the discount of all lines, and the tax on it, both
// rounded half to even to nanos; and `totals` as the sums of the lines.
//
// Returns INVALID_ARGUMENT with a violation for every line that repeats an id,
// has no price or a negative one, one in another currency, or whose amount is
// no whole number of nanos or too large; or if a sum is too large.
absl::Status PriceLines(const LineTerms& terms, SalesLines& lines,
                        v1::SalesTotals& totals);

// Whether both say the same about what is sold. What the server works out is
// not compared: lines that are sent again as they are have none of it.
bool SameLines(const SalesLines& a, const SalesLines& b);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_SALES_LINES_H_
