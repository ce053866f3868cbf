#include "services/operational/domain/invoice.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/operational/domain/calendar_day.h"
#include "services/operational/domain/invoice_payment.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::google::type::Money;
using Line = v1::Invoice::Line;

constexpr int kUsualDigits = 2;

absl::Status Refused(const v1::Invoice& invoice, absl::string_view rule,
                     absl::string_view what) {
  return FailedPrecondition(
      rule, absl::StrCat("Invoice '", invoice.name(), "' ", what, "."),
      invoice.name());
}

// How many digits the minor unit of a currency has (ISO 4217, list one).
int DigitsOf(absl::string_view currency) {
  static const auto& others = *new std::map<absl::string_view, int>{
      {"BIF", 0}, {"CLP", 0}, {"DJF", 0}, {"GNF", 0}, {"ISK", 0}, {"JPY", 0},
      {"KMF", 0}, {"KRW", 0}, {"PYG", 0}, {"RWF", 0}, {"UGX", 0}, {"UYI", 0},
      {"VND", 0}, {"VUV", 0}, {"XAF", 0}, {"XOF", 0}, {"XPF", 0}, {"BHD", 3},
      {"IQD", 3}, {"JOD", 3}, {"KWD", 3}, {"LYD", 3}, {"OMR", 3}, {"TND", 3},
      {"CLF", 4}, {"UYW", 4}};
  const auto found = others.find(currency);
  return found == others.end() ? kUsualDigits : found->second;
}

const v1::OrderLine* FindLine(const v1::Order& order,
                              const std::string& line_id) {
  for (const v1::OrderLine& line : order.lines()) {
    if (line.line_id() == line_id) return &line;
  }
  return nullptr;
}

// What invoices ask for of a line already; made if there is nothing yet.
v1::InvoicedLine& InvoicedOf(const std::string& line_id, v1::Order& order) {
  for (v1::InvoicedLine& line : *order.mutable_invoiced_lines()) {
    if (line.line_id() == line_id) return line;
  }
  v1::InvoicedLine& line = *order.add_invoiced_lines();
  line.set_line_id(line_id);
  line.mutable_net()->set_currency_code(order.currency_code());
  line.mutable_tax()->set_currency_code(order.currency_code());
  return line;
}

// What a line of an order is worth. One that was confirmed before there were
// discounts and taxes has an amount alone.
const Money& NetOf(const v1::OrderLine& line) {
  return line.has_net() ? line.net() : line.amount();
}

absl::Status DrawLine(const v1::OrderLine& from, const v1::Invoice& invoice,
                      Line& line, v1::Order& order) {
  v1::InvoicedLine& invoiced = InvoicedOf(line.line_id(), order);
  const int64_t left = from.quantity() - invoiced.quantity();
  if (line.quantity() > left) {
    return Refused(
        invoice, "INVOICE_TOO_MUCH",
        absl::StrCat("asks for more than is left: of line '", line.line_id(),
                     "' of '", order.name(), "' that is ", left));
  }
  const std::string& currency = order.currency_code();
  CRM_ASSIGN_OR_RETURN(
      *line.mutable_net(),
      FromNanos(currency, NextPart(NetOf(from), invoiced.net(), line.quantity(),
                                   left, from.quantity())));
  CRM_ASSIGN_OR_RETURN(
      *line.mutable_tax(),
      FromNanos(currency, NextPart(from.tax(), invoiced.tax(), line.quantity(),
                                   left, from.quantity())));
  line.set_product(from.product());
  line.set_product_name(from.product_name());
  line.set_tax_rate_millionths(from.tax_rate_millionths());
  invoiced.set_quantity(invoiced.quantity() + line.quantity());
  CRM_ASSIGN_OR_RETURN(*invoiced.mutable_net(),
                       Add(invoiced.net(), line.net()));
  CRM_ASSIGN_OR_RETURN(*invoiced.mutable_tax(),
                       Add(invoiced.tax(), line.tax()));
  return absl::OkStatus();
}

// Works out what the lines of `invoice` come to, and notes in `order` that they
// are asked for.
absl::Status Draw(v1::Invoice& invoice, v1::Order& order) {
  std::vector<FieldViolation> violations;
  std::set<std::string> ids;
  absl::int128 exact = 0;
  for (int i = 0; i < invoice.lines_size(); ++i) {
    Line& line = *invoice.mutable_lines(i);
    const std::string path = absl::StrCat("invoice.lines[", i, "].line_id");
    const v1::OrderLine* from = FindLine(order, line.line_id());
    if (from == nullptr) {
      violations.push_back({path, "is no line of the order."});
    } else if (!ids.insert(line.line_id()).second) {
      violations.push_back({path, "repeats another line."});
    } else {
      CRM_RETURN_IF_ERROR(DrawLine(*from, invoice, line, order));
      exact += ToNanos(line.net()) + ToNanos(line.tax());
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  const std::string& currency = order.currency_code();
  const absl::int128 total = RoundToMinorUnit(currency, exact);
  invoice.set_currency_code(currency);
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_exact_total(),
                       FromNanos(currency, exact));
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_total(), FromNanos(currency, total));
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_rounding(),
                       FromNanos(currency, total - exact));
  return absl::OkStatus();
}

// All that no invoice asks for yet.
void TakeRest(const v1::Order& order, v1::Invoice& invoice) {
  std::map<std::string, int64_t> invoiced;
  for (const v1::InvoicedLine& line : order.invoiced_lines()) {
    invoiced[line.line_id()] = line.quantity();
  }
  for (const v1::OrderLine& line : order.lines()) {
    const int64_t left = line.quantity() - invoiced[line.line_id()];
    if (left <= 0) continue;
    Line& rest = *invoice.add_lines();
    rest.set_line_id(line.line_id());
    rest.set_quantity(left);
  }
}

// Whether both ask for the same.
bool SameLines(const v1::Invoice& a, const v1::Invoice& b) {
  return std::equal(a.lines().begin(), a.lines().end(), b.lines().begin(),
                    b.lines().end(), [](const Line& one, const Line& other) {
                      return one.line_id() == other.line_id() &&
                             one.quantity() == other.quantity();
                    });
}

}  // namespace

absl::Status PrepareInvoice(const v1::Invoice* before, v1::Invoice& after,
                            const RuleContext& context) {
  if (before != nullptr && before->state() != v1::Invoice::DRAFT) {
    if (!SameLines(*before, after) ||
        !MessageDifferencer::Equals(before->due_date(), after.due_date())) {
      return Refused(*before, "INVOICE_NOT_DRAFT",
                     "was issued or withdrawn: void it and write another");
    }
    *after.mutable_lines() = before->lines();
    return absl::OkStatus();
  }
  // One that is issued has been worked out with its order.
  if (after.state() != v1::Invoice::DRAFT) return absl::OkStatus();
  const auto* found = context.Find<v1::Order>(after.order());
  // That it exists is checked with all references.
  if (found == nullptr) return absl::OkStatus();
  v1::Order order = *found;
  after.set_customer(order.customer());
  after.set_account(order.account());
  if (before != nullptr && !after.lines().empty() &&
      SameLines(*before, after)) {
    *after.mutable_lines() = before->lines();
    return absl::OkStatus();
  }
  if (after.lines().empty()) TakeRest(order, after);
  return Draw(after, order);
}

absl::Status Issue(absl::Time now, v1::Invoice& invoice, v1::Order& order) {
  if (order.state() != v1::Order::CONFIRMED) {
    return Refused(invoice, "ORDER_NOT_CONFIRMED",
                   absl::StrCat("is of '", order.name(), "', which is ",
                                v1::Order::State_Name(order.state())));
  }
  if (invoice.lines().empty()) {
    return Refused(invoice, "INVOICE_EMPTY",
                   absl::StrCat("asks for nothing: all of '", order.name(),
                                "' was invoiced, or it has no lines"));
  }
  if (invoice.has_due_date() && ToDay(invoice.due_date()) < DayOf(now)) {
    return Refused(invoice, "INVOICE_DUE_TOO_SOON",
                   "would be due before it is issued: set due_date");
  }
  CRM_RETURN_IF_ERROR(Draw(invoice, order));
  return SettleAmounts(now, invoice);
}

void GiveBack(const v1::Invoice& invoice, v1::Order& order) {
  const auto subtract = [](const Money& part, Money& from) {
    // A difference of what was added fits.
    from = FromNanos(from.currency_code(), ToNanos(from) - ToNanos(part))
               .value_or(from);
  };
  for (const Line& line : invoice.lines()) {
    v1::InvoicedLine& invoiced = InvoicedOf(line.line_id(), order);
    invoiced.set_quantity(invoiced.quantity() - line.quantity());
    subtract(line.net(), *invoiced.mutable_net());
    subtract(line.tax(), *invoiced.mutable_tax());
  }
  auto& lines = *order.mutable_invoiced_lines();
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [](const v1::InvoicedLine& line) {
                               return line.quantity() == 0;
                             }),
              lines.end());
}

absl::int128 NextPart(const Money& whole, const Money& taken, int64_t quantity,
                      int64_t left, int64_t all) {
  return quantity == left ? ToNanos(whole) - ToNanos(taken)
                          : PartOf(ToNanos(whole), quantity, all);
}

absl::int128 RoundToMinorUnit(absl::string_view currency, absl::int128 nanos) {
  int64_t unit = kNanosPerUnit;
  for (int i = DigitsOf(currency); i > 0; --i) unit /= 10;
  return PartOf(nanos, 1, unit) * unit;
}

}  // namespace crm::operational
