#include "services/operational/domain/order.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"

namespace crm::operational {
namespace {

absl::Status WrongState(const v1::Order& order, absl::string_view reason,
                        absl::string_view what) {
  return FailedPrecondition(
      reason,
      absl::StrCat("Order '", order.name(), "' is ",
                   v1::Order::State_Name(order.state()), "; ", what, "."),
      order.name());
}

// Whether both orders say the same about their lines. Amounts, which the server
// computes, are not compared: lines that are sent again as they are have none.
bool SameLines(const v1::Order& a, const v1::Order& b) {
  google::protobuf::util::MessageDifferencer differencer;
  differencer.IgnoreField(v1::OrderLine::descriptor()->FindFieldByNumber(
      v1::OrderLine::kAmountFieldNumber));
  const auto* lines =
      v1::Order::descriptor()->FindFieldByNumber(v1::Order::kLinesFieldNumber);
  return differencer.CompareWithFields(a, b, {lines}, {lines});
}

// Names and list prices are copied, so that an order shows what was agreed even
// after the product changes.
void TakeFromProducts(v1::Order& order, const RuleContext& context) {
  for (v1::OrderLine& line : *order.mutable_lines()) {
    const auto* product = context.Find<v1::Product>(line.product());
    if (product == nullptr) continue;
    if (line.product_name().empty()) {
      line.set_product_name(product->display_name());
    }
    if (!line.has_unit_price() && product->has_list_price()) {
      *line.mutable_unit_price() = product->list_price();
    }
  }
}

void NumberLines(v1::Order& order) {
  std::set<std::string> taken;
  for (const v1::OrderLine& line : order.lines()) taken.insert(line.line_id());
  int next = 1;
  for (v1::OrderLine& line : *order.mutable_lines()) {
    if (!line.line_id().empty()) continue;
    while (taken.contains(absl::StrCat(next))) ++next;
    line.set_line_id(absl::StrCat(next++));
  }
}

// Returns the amount of `line` in nanos, or the violation that stands in its
// way.
absl::StatusOr<absl::int128> PriceLine(const v1::OrderLine& line,
                                       const std::string& currency,
                                       const std::string& path) {
  if (!line.has_unit_price()) {
    return BadField(absl::StrCat(path, ".unit_price"),
                    "is required: the product has no list price.");
  }
  if (line.unit_price().currency_code() != currency) {
    return BadField(
        absl::StrCat(path, ".unit_price.currency_code"),
        absl::StrCat("must be '", currency, "', the currency of the order."));
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
  return amount;
}

}  // namespace

absl::Status PrepareOrder(const v1::Order* before, v1::Order& after,
                          const RuleContext& context) {
  if (before == nullptr) {
    if (!after.has_order_time()) {
      *after.mutable_order_time() = ToTimestamp(context.now);
    }
  } else if (before->state() != v1::Order::DRAFT) {
    if (!SameLines(*before, after)) {
      return WrongState(*before, "ORDER_NOT_DRAFT",
                        "its lines can change in DRAFT only");
    }
    *after.mutable_lines() = before->lines();
    return absl::OkStatus();
  }
  if (after.state() == v1::Order::SUBMITTED && after.lines().empty()) {
    return WrongState(*before, "ORDER_EMPTY",
                      "and it has no lines: add one before submitting it");
  }
  TakeFromProducts(after, context);
  NumberLines(after);
  return PriceOrder(after);
}

absl::Status PriceOrder(v1::Order& order) {
  std::vector<FieldViolation> violations;
  std::set<std::string> ids;
  absl::int128 total = 0;
  for (int i = 0; i < order.lines_size(); ++i) {
    v1::OrderLine& line = *order.mutable_lines(i);
    const std::string path = absl::StrCat("order.lines[", i, "]");
    if (!ids.insert(line.line_id()).second) {
      violations.push_back({absl::StrCat(path, ".line_id"),
                            "repeats the id of another line of the order."});
    }
    absl::StatusOr<google::type::Money> money;
    const auto amount = PriceLine(line, order.currency_code(), path);
    if (amount.ok()) {
      money = FromNanos(order.currency_code(), *amount);
      total += *amount;
    } else {
      money = amount.status();
    }
    if (money.ok()) {
      *line.mutable_amount() = *std::move(money);
      continue;
    }
    std::vector<FieldViolation> found = FieldViolations(money.status());
    if (found.empty()) {
      found.push_back({absl::StrCat(path, ".amount"), "is too large."});
    }
    violations.insert(violations.end(), found.begin(), found.end());
  }
  if (!violations.empty()) return BadRequest(violations);
  auto sum = FromNanos(order.currency_code(), total);
  if (!sum.ok()) {
    return BadField("order.lines", "cost more together than an amount holds.");
  }
  *order.mutable_total() = *std::move(sum);
  return absl::OkStatus();
}

}  // namespace crm::operational
