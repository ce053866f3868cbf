#include "services/operational/domain/credit_note.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/order_return.pb.h"
#include "services/operational/domain/invoice.h"
#include "services/operational/domain/invoice_payment.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::type::Money;
using Line = v1::CreditNote::Line;
using CreditedLine = v1::Invoice::CreditedLine;

absl::Status Refused(const v1::CreditNote& note, absl::string_view rule,
                     absl::string_view what) {
  return FailedPrecondition(
      rule, absl::StrCat("Credit note '", note.name(), "' ", what, "."),
      note.name());
}

const v1::Invoice::Line* FindLine(const v1::Invoice& invoice,
                                  const std::string& line_id) {
  for (const v1::Invoice::Line& line : invoice.lines()) {
    if (line.line_id() == line_id) return &line;
  }
  return nullptr;
}

// What credit notes take back of a line already; made if there is nothing yet.
CreditedLine& CreditedOf(const std::string& line_id, v1::Invoice& invoice) {
  for (CreditedLine& line : *invoice.mutable_credited_lines()) {
    if (line.line_id() == line_id) return line;
  }
  CreditedLine& line = *invoice.add_credited_lines();
  line.set_line_id(line_id);
  line.mutable_net()->set_currency_code(invoice.currency_code());
  line.mutable_tax()->set_currency_code(invoice.currency_code());
  return line;
}

absl::Status DrawLine(const v1::Invoice::Line& from, const v1::CreditNote& note,
                      Line& line, v1::Invoice& invoice) {
  CreditedLine& credited = CreditedOf(line.line_id(), invoice);
  const int64_t left = from.quantity() - credited.quantity();
  if (line.quantity() > left) {
    return Refused(
        note, "CREDIT_TOO_MUCH",
        absl::StrCat("takes back more than is left: of line '", line.line_id(),
                     "' of '", invoice.name(), "' that is ", left));
  }
  const std::string& currency = invoice.currency_code();
  CRM_ASSIGN_OR_RETURN(
      *line.mutable_net(),
      FromNanos(currency, NextPart(from.net(), credited.net(), line.quantity(),
                                   left, from.quantity())));
  CRM_ASSIGN_OR_RETURN(
      *line.mutable_tax(),
      FromNanos(currency, NextPart(from.tax(), credited.tax(), line.quantity(),
                                   left, from.quantity())));
  line.set_product(from.product());
  line.set_product_name(from.product_name());
  line.set_tax_rate_millionths(from.tax_rate_millionths());
  credited.set_quantity(credited.quantity() + line.quantity());
  CRM_ASSIGN_OR_RETURN(*credited.mutable_net(),
                       Add(credited.net(), line.net()));
  CRM_ASSIGN_OR_RETURN(*credited.mutable_tax(),
                       Add(credited.tax(), line.tax()));
  return absl::OkStatus();
}

bool IsAllCredited(const v1::Invoice& invoice) {
  std::map<std::string, int64_t> credited;
  for (const CreditedLine& line : invoice.credited_lines()) {
    credited[line.line_id()] = line.quantity();
  }
  return std::all_of(invoice.lines().begin(), invoice.lines().end(),
                     [&](const v1::Invoice::Line& line) {
                       return credited[line.line_id()] == line.quantity();
                     });
}

// What a credit note takes back beside the others, after its lines were noted
// in `invoice`. Single notes cannot be rounded each by itself: two halves of a
// cent would come to more than the cent.
absl::int128 NextTotal(const v1::Invoice& invoice) {
  const absl::int128 left =
      ToNanos(invoice.total()) - ToNanos(invoice.credited_amount());
  if (IsAllCredited(invoice)) return left;
  absl::int128 exact = 0;
  for (const CreditedLine& line : invoice.credited_lines()) {
    exact += ToNanos(line.net()) + ToNanos(line.tax());
  }
  const absl::int128 next = RoundToMinorUnit(invoice.currency_code(), exact) -
                            ToNanos(invoice.credited_amount());
  // Others that were withdrawn may have left a unit more or less.
  return std::clamp(next, absl::int128{0}, left);
}

// Works out what the lines of `note` come to, and notes in `invoice` that they
// are taken back.
absl::Status Draw(v1::CreditNote& note, v1::Invoice& invoice) {
  std::vector<FieldViolation> violations;
  std::set<std::string> ids;
  absl::int128 exact = 0;
  for (int i = 0; i < note.lines_size(); ++i) {
    Line& line = *note.mutable_lines(i);
    const std::string path = absl::StrCat("credit_note.lines[", i, "].line_id");
    const v1::Invoice::Line* from = FindLine(invoice, line.line_id());
    if (from == nullptr) {
      violations.push_back({path, "is no line of the invoice."});
    } else if (!ids.insert(line.line_id()).second) {
      violations.push_back({path, "repeats another line."});
    } else {
      CRM_RETURN_IF_ERROR(DrawLine(*from, note, line, invoice));
      exact += ToNanos(line.net()) + ToNanos(line.tax());
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  const std::string& currency = invoice.currency_code();
  const absl::int128 total = note.lines().empty() ? 0 : NextTotal(invoice);
  note.set_currency_code(currency);
  CRM_ASSIGN_OR_RETURN(*note.mutable_exact_total(), FromNanos(currency, exact));
  CRM_ASSIGN_OR_RETURN(*note.mutable_total(), FromNanos(currency, total));
  CRM_ASSIGN_OR_RETURN(*note.mutable_rounding(),
                       FromNanos(currency, total - exact));
  return absl::OkStatus();
}

// All that no credit note takes back yet.
void TakeRest(const v1::Invoice& invoice, v1::CreditNote& note) {
  std::map<std::string, int64_t> credited;
  for (const CreditedLine& line : invoice.credited_lines()) {
    credited[line.line_id()] = line.quantity();
  }
  for (const v1::Invoice::Line& line : invoice.lines()) {
    const int64_t left = line.quantity() - credited[line.line_id()];
    if (left <= 0) continue;
    Line& rest = *note.add_lines();
    rest.set_line_id(line.line_id());
    rest.set_quantity(left);
  }
}

bool SameLines(const v1::CreditNote& a, const v1::CreditNote& b) {
  return std::equal(a.lines().begin(), a.lines().end(), b.lines().begin(),
                    b.lines().end(), [](const Line& one, const Line& other) {
                      return one.line_id() == other.line_id() &&
                             one.quantity() == other.quantity();
                    });
}

}  // namespace

absl::Status PrepareCreditNote(const v1::CreditNote* before,
                               v1::CreditNote& after,
                               const RuleContext& context) {
  if (before != nullptr && before->state() != v1::CreditNote::DRAFT) {
    if (!SameLines(*before, after)) {
      return Refused(*before, "CREDIT_NOTE_NOT_DRAFT",
                     "was issued or withdrawn: void it and write another");
    }
    *after.mutable_lines() = before->lines();
    return absl::OkStatus();
  }
  // One that is issued has been worked out with its invoice.
  if (after.state() != v1::CreditNote::DRAFT) return absl::OkStatus();
  const auto* found = context.Find<v1::Invoice>(after.invoice());
  // That it exists is checked with all references.
  if (found == nullptr) return absl::OkStatus();
  const auto* back = context.Find<v1::OrderReturn>(after.order_return());
  if (back != nullptr && back->order() != found->order()) {
    return BadField("credit_note.order_return",
                    absl::StrCat("must be a return of '", found->order(),
                                 "', the order of the invoice."));
  }
  v1::Invoice invoice = *found;
  after.set_order(invoice.order());
  after.set_customer(invoice.customer());
  after.set_account(invoice.account());
  if (before != nullptr && !after.lines().empty() &&
      SameLines(*before, after)) {
    *after.mutable_lines() = before->lines();
    return absl::OkStatus();
  }
  if (after.lines().empty()) TakeRest(invoice, after);
  return Draw(after, invoice);
}

absl::Status IssueCredit(absl::Time now, v1::CreditNote& note,
                         v1::Invoice& invoice) {
  if (invoice.state() == v1::Invoice::DRAFT ||
      invoice.state() == v1::Invoice::VOID) {
    return Refused(note, "INVOICE_NOT_ISSUED",
                   absl::StrCat("is of '", invoice.name(), "', which is ",
                                v1::Invoice::State_Name(invoice.state())));
  }
  if (note.lines().empty()) {
    return Refused(note, "CREDIT_EMPTY",
                   absl::StrCat("takes back nothing: all of '", invoice.name(),
                                "' was taken back, or it has no lines"));
  }
  // What was paid before there were payments is noted first, while the state
  // still says so.
  CRM_RETURN_IF_ERROR(SettleAmounts(now, invoice));
  CRM_RETURN_IF_ERROR(Draw(note, invoice));
  invoice.mutable_credited_amount()->set_currency_code(invoice.currency_code());
  CRM_ASSIGN_OR_RETURN(*invoice.mutable_credited_amount(),
                       Add(invoice.credited_amount(), note.total()));
  return SettleAmounts(now, invoice);
}

absl::Status WithdrawCredit(const v1::CreditNote& note, absl::Time now,
                            v1::Invoice& invoice) {
  const auto subtract = [](const Money& part, Money& from) {
    // A difference of what was added fits.
    from = FromNanos(from.currency_code(), ToNanos(from) - ToNanos(part))
               .value_or(from);
  };
  for (const Line& line : note.lines()) {
    CreditedLine& credited = CreditedOf(line.line_id(), invoice);
    credited.set_quantity(credited.quantity() - line.quantity());
    subtract(line.net(), *credited.mutable_net());
    subtract(line.tax(), *credited.mutable_tax());
  }
  auto& lines = *invoice.mutable_credited_lines();
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [](const CreditedLine& line) {
                               return line.quantity() == 0;
                             }),
              lines.end());
  subtract(note.total(), *invoice.mutable_credited_amount());
  return SettleAmounts(now, invoice);
}

}  // namespace crm::operational
