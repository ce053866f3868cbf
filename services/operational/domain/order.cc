#include "services/operational/domain/order.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/calendar_day.h"
#include "services/operational/domain/price_book.h"
#include "services/operational/domain/sales_lines.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

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

// Lines after DRAFT are as they were, but for what was handed over or came
// back, which only grows.
void KeepLines(const v1::Order& before, v1::Order& after) {
  const SalesLines now = after.lines();
  *after.mutable_lines() = before.lines();
  for (int i = 0; i < after.lines_size(); ++i) {
    v1::OrderLine& line = *after.mutable_lines(i);
    line.set_fulfilled_quantity(
        std::max(line.fulfilled_quantity(), now[i].fulfilled_quantity()));
    line.set_returned_quantity(
        std::max(line.returned_quantity(), now[i].returned_quantity()));
  }
}

bool SameTerms(const v1::Order& a, const v1::Order& b) {
  return SameLines(a.lines(), b.lines()) &&
         a.discount_millionths() == b.discount_millionths() &&
         a.currency_code() == b.currency_code();
}

v1::Order::Fulfillment FulfillmentOf(const v1::Order& order) {
  bool any = false;
  bool all = !order.lines().empty();
  for (const v1::OrderLine& line : order.lines()) {
    any = any || line.fulfilled_quantity() > 0;
    all = all && line.fulfilled_quantity() == line.quantity();
  }
  if (all) return v1::Order::COMPLETE;
  return any ? v1::Order::PARTIAL : v1::Order::OPEN;
}

}  // namespace

absl::Status PrepareOrder(const v1::Order* before, v1::Order& after,
                          const RuleContext& context) {
  if (before == nullptr) {
    if (!after.has_order_time()) {
      *after.mutable_order_time() = ToTimestamp(context.now);
    }
  } else if (before->state() != v1::Order::DRAFT) {
    if (!SameLines(before->lines(), after.lines()) ||
        before->discount_millionths() != after.discount_millionths()) {
      return WrongState(
          *before, "ORDER_NOT_DRAFT",
          "its lines and their discount can change in DRAFT only");
    }
    KeepLines(*before, after);
    after.set_fulfillment(FulfillmentOf(after));
    if (after.state() == v1::Order::CANCELLED &&
        before->state() != v1::Order::CANCELLED &&
        after.fulfillment() != v1::Order::OPEN) {
      return WrongState(*before, "ORDER_FULFILLED",
                        "and a part was handed over: take it back by a return");
    }
    if (after.state() == v1::Order::CANCELLED &&
        before->state() != v1::Order::CANCELLED &&
        !after.invoiced_lines().empty()) {
      return WrongState(*before, "ORDER_INVOICED",
                        "and a part was invoiced: void its invoices first");
    }
    return absl::OkStatus();
  }
  if (after.state() == v1::Order::SUBMITTED && after.lines().empty()) {
    return WrongState(before == nullptr ? after : *before, "ORDER_EMPTY",
                      "and it has no lines: add one before submitting it");
  }
  // A draft is worked out when its lines are written and when it is submitted.
  // In between it stays, whatever becomes of its products: a merge of its
  // customer has to leave it as it was.
  if (before != nullptr && after.state() == v1::Order::DRAFT &&
      SameTerms(*before, after)) {
    KeepLines(*before, after);
    after.set_fulfillment(FulfillmentOf(after));
    return absl::OkStatus();
  }
  // What comes of a quote has the lines, prices and taxes of the quote.
  const bool agreed = before == nullptr && !after.quote().empty();
  if (!agreed) {
    CRM_RETURN_IF_ERROR(TakeBookPrices({.field = "order",
                                        .price_book = after.price_book(),
                                        .currency_code = after.currency_code(),
                                        .day = DayOf(context.now)},
                                       *after.mutable_lines(), context));
    CompleteLines(*after.mutable_lines(), context);
  }
  after.set_fulfillment(FulfillmentOf(after));
  return PriceOrder(after);
}

absl::Status PriceOrder(v1::Order& order) {
  CRM_RETURN_IF_ERROR(
      PriceLines({.field = "order",
                  .currency_code = order.currency_code(),
                  .discount_millionths = order.discount_millionths()},
                 *order.mutable_lines(), *order.mutable_totals()));
  *order.mutable_total() = order.totals().total();
  return absl::OkStatus();
}

absl::Status FulfillLines(const v1::FulfillOrderRequest& request,
                          v1::Order& order) {
  std::map<std::string, int64_t> quantities;
  for (const v1::FulfilledLine& line : request.fulfilled_lines()) {
    if (!quantities.emplace(line.line_id(), line.quantity()).second) {
      return BadField("fulfilled_lines",
                      absl::StrCat("repeats line '", line.line_id(), "'."));
    }
  }
  const bool all = quantities.empty();
  for (v1::OrderLine& line : *order.mutable_lines()) {
    const int64_t open = line.quantity() - line.fulfilled_quantity();
    const auto found = quantities.find(line.line_id());
    const int64_t asked =
        all ? open : (found == quantities.end() ? 0 : found->second);
    if (asked > open) {
      return WrongState(order, "LINE_NOT_OPEN",
                        absl::StrCat("and of line '", line.line_id(), "' only ",
                                     open, " are open"));
    }
    line.set_fulfilled_quantity(line.fulfilled_quantity() + asked);
    if (found != quantities.end()) quantities.erase(found);
  }
  if (quantities.empty()) return absl::OkStatus();
  return BadField("fulfilled_lines",
                  absl::StrCat("names line '", quantities.begin()->first,
                               "', which the order has not."));
}

}  // namespace crm::operational
