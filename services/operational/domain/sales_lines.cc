#include "services/operational/domain/sales_lines.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/tax_class.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"
#include "shared/reflect/resource_schema.h"

namespace crm::operational {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::google::type::Money;

constexpr int32_t kWhole = 1'000'000;

void TakeFromProduct(v1::OrderLine& line, const RuleContext& context) {
  const auto* product = context.Find<v1::Product>(line.product());
  if (product == nullptr) return;
  if (line.product_name().empty()) {
    line.set_product_name(product->display_name());
  }
  if (!line.has_unit_price() && product->has_list_price()) {
    *line.mutable_unit_price() = product->list_price();
  }
  if (line.tax_class().empty()) line.set_tax_class(product->tax_class());
}

// Returns the amount of `line` in nanos, or the violation that stands in its
// way.
absl::StatusOr<absl::int128> AmountOf(const v1::OrderLine& line,
                                      const std::string& currency,
                                      const std::string& path) {
  if (!line.has_unit_price()) {
    return BadField(absl::StrCat(path, ".unit_price"),
                    "is required: the product has no list price.");
  }
  if (line.unit_price().currency_code() != currency) {
    return BadField(
        absl::StrCat(path, ".unit_price.currency_code"),
        absl::StrCat("must be '", currency, "', the currency of the whole."));
  }
  const absl::int128 price = ToNanos(line.unit_price());
  if (price < 0) {
    return BadField(absl::StrCat(path, ".unit_price"), "must not be negative.");
  }
  auto amount =
      MultiplyExact(price, line.quantity(), line.discount_millionths());
  if (!amount.ok()) {
    return BadField(absl::StrCat(path, ".amount"),
                    "is no whole number of nanos: give the price, quantity and "
                    "discount that were agreed, unrounded.");
  }
  if (!FromNanos(currency, *amount).ok()) {
    return BadField(absl::StrCat(path, ".amount"), "is too large.");
  }
  return amount;
}

// The tax of the lines of one class and rate.
v1::TaxTotal& TaxOf(const v1::OrderLine& line, v1::SalesTotals& totals) {
  for (v1::TaxTotal& tax : *totals.mutable_taxes()) {
    if (tax.tax_class() == line.tax_class() &&
        tax.rate_millionths() == line.tax_rate_millionths()) {
      return tax;
    }
  }
  v1::TaxTotal& tax = *totals.add_taxes();
  tax.set_tax_class(line.tax_class());
  tax.set_rate_millionths(line.tax_rate_millionths());
  return tax;
}

absl::Status AddTo(Money& sum, const Money& amount) {
  CRM_ASSIGN_OR_RETURN(sum, Add(sum, amount));
  return absl::OkStatus();
}

// Adds a line of an amount that fits to the totals.
absl::Status AddLine(const LineTerms& terms, absl::int128 amount,
                     v1::OrderLine& line, v1::SalesTotals& totals) {
  const absl::int128 net =
      PartOf(amount, kWhole - terms.discount_millionths, kWhole);
  const absl::int128 tax = PartOf(net, line.tax_rate_millionths(), kWhole);
  const std::string& currency = terms.currency_code;
  CRM_ASSIGN_OR_RETURN(*line.mutable_amount(), FromNanos(currency, amount));
  CRM_ASSIGN_OR_RETURN(*line.mutable_net(), FromNanos(currency, net));
  CRM_ASSIGN_OR_RETURN(*line.mutable_tax(), FromNanos(currency, tax));
  CRM_ASSIGN_OR_RETURN(const Money discount, FromNanos(currency, amount - net));
  CRM_RETURN_IF_ERROR(AddTo(*totals.mutable_subtotal(), line.amount()));
  CRM_RETURN_IF_ERROR(AddTo(*totals.mutable_discount(), discount));
  CRM_RETURN_IF_ERROR(AddTo(*totals.mutable_net(), line.net()));
  CRM_RETURN_IF_ERROR(AddTo(*totals.mutable_tax(), line.tax()));
  CRM_RETURN_IF_ERROR(AddTo(*totals.mutable_total(), line.net()));
  CRM_RETURN_IF_ERROR(AddTo(*totals.mutable_total(), line.tax()));
  v1::TaxTotal& taxes = TaxOf(line, totals);
  CRM_RETURN_IF_ERROR(AddTo(*taxes.mutable_base(), line.net()));
  return AddTo(*taxes.mutable_tax(), line.tax());
}

// Compares lines by what their writer says of them.
MessageDifferencer& IgnoreOutput(MessageDifferencer& differencer) {
  const auto* line = v1::OrderLine::descriptor();
  for (int i = 0; i < line->field_count(); ++i) {
    if (ResourceSchema::IsOutputOnly(line->field(i))) {
      differencer.IgnoreField(line->field(i));
    }
  }
  return differencer;
}

}  // namespace

void CompleteLines(SalesLines& lines, const RuleContext& context) {
  std::set<std::string> taken;
  for (const v1::OrderLine& line : lines) taken.insert(line.line_id());
  int next = 1;
  for (v1::OrderLine& line : lines) {
    if (line.line_id().empty()) {
      while (taken.contains(absl::StrCat(next))) ++next;
      line.set_line_id(absl::StrCat(next++));
    }
    TakeFromProduct(line, context);
    const auto* tax_class = context.Find<v1::TaxClass>(line.tax_class());
    line.set_tax_rate_millionths(
        tax_class == nullptr ? 0 : tax_class->rate_millionths());
  }
}

absl::Status PriceLines(const LineTerms& terms, SalesLines& lines,
                        v1::SalesTotals& totals) {
  totals.Clear();
  for (Money* sum :
       {totals.mutable_subtotal(), totals.mutable_discount(),
        totals.mutable_net(), totals.mutable_tax(), totals.mutable_total()}) {
    sum->set_currency_code(terms.currency_code);
  }
  std::vector<FieldViolation> violations;
  std::set<std::string> ids;
  for (int i = 0; i < lines.size(); ++i) {
    const std::string path = absl::StrCat(terms.field, ".lines[", i, "]");
    if (!ids.insert(lines[i].line_id()).second) {
      violations.push_back(
          {absl::StrCat(path, ".line_id"), "repeats the id of another line."});
    }
    const auto amount = AmountOf(lines[i], terms.currency_code, path);
    if (!amount.ok()) {
      const std::vector<FieldViolation> found =
          FieldViolations(amount.status());
      violations.insert(violations.end(), found.begin(), found.end());
    } else if (violations.empty() &&
               !AddLine(terms, *amount, lines[i], totals).ok()) {
      return BadField(absl::StrCat(terms.field, ".lines"),
                      "cost more together than an amount holds.");
    }
  }
  return violations.empty() ? absl::OkStatus() : BadRequest(violations);
}

bool SameLines(const SalesLines& a, const SalesLines& b) {
  if (a.size() != b.size()) return false;
  for (int i = 0; i < a.size(); ++i) {
    MessageDifferencer differencer;
    if (!IgnoreOutput(differencer).Compare(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace crm::operational
