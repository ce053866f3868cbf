#include "services/operational/domain/order_return.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::protobuf::util::MessageDifferencer;

const v1::OrderLine* FindLine(const v1::Order& order,
                              const std::string& line_id) {
  for (const v1::OrderLine& line : order.lines()) {
    if (line.line_id() == line_id) return &line;
  }
  return nullptr;
}

// What the first `quantity` units of a line are worth. Lines that were
// confirmed before there were discounts and taxes have an amount alone.
absl::int128 WorthOf(const v1::OrderLine& line, int64_t quantity) {
  const absl::int128 whole = line.has_net()
                                 ? ToNanos(line.net()) + ToNanos(line.tax())
                                 : ToNanos(line.amount());
  return PartOf(whole, quantity, line.quantity());
}

absl::Status PriceReturn(const v1::Order& order, v1::OrderReturn& after) {
  std::vector<FieldViolation> violations;
  std::set<std::string> ids;
  absl::int128 refund = 0;
  for (int i = 0; i < after.lines_size(); ++i) {
    v1::OrderReturn::Line& back = *after.mutable_lines(i);
    const std::string path =
        absl::StrCat("order_return.lines[", i, "].line_id");
    const v1::OrderLine* line = FindLine(order, back.line_id());
    if (line == nullptr) {
      violations.push_back({path, "is no line of the order."});
      continue;
    }
    if (!ids.insert(back.line_id()).second) {
      violations.push_back({path, "repeats another line."});
      continue;
    }
    const int64_t held = line->fulfilled_quantity() - line->returned_quantity();
    if (back.quantity() > held) {
      return FailedPrecondition(
          "RETURN_TOO_MUCH",
          absl::StrCat("Of line '", back.line_id(), "' of '", order.name(),
                       "' only ", held, " units are with the customer."),
          order.name());
    }
    const int64_t returned = line->returned_quantity();
    const absl::int128 worth =
        WorthOf(*line, returned + back.quantity()) - WorthOf(*line, returned);
    CRM_ASSIGN_OR_RETURN(*back.mutable_amount(),
                         FromNanos(order.currency_code(), worth));
    refund += worth;
  }
  if (!violations.empty()) return BadRequest(violations);
  CRM_ASSIGN_OR_RETURN(*after.mutable_refund(),
                       FromNanos(order.currency_code(), refund));
  return absl::OkStatus();
}

bool SameLines(const v1::OrderReturn& a, const v1::OrderReturn& b) {
  MessageDifferencer differencer;
  differencer.IgnoreField(
      v1::OrderReturn::Line::descriptor()->FindFieldByNumber(
          v1::OrderReturn::Line::kAmountFieldNumber));
  const auto* lines = v1::OrderReturn::descriptor()->FindFieldByNumber(
      v1::OrderReturn::kLinesFieldNumber);
  return differencer.CompareWithFields(a, b, {lines}, {lines});
}

}  // namespace

absl::Status PrepareOrderReturn(const v1::OrderReturn* before,
                                v1::OrderReturn& after,
                                const RuleContext& context) {
  if (before != nullptr && before->state() != v1::OrderReturn::REQUESTED) {
    if (!SameLines(*before, after)) {
      return FailedPrecondition(
          "RETURN_FIXED",
          absl::StrCat("'", after.name(), "' is ",
                       v1::OrderReturn::State_Name(before->state()),
                       "; its lines can change in REQUESTED only."),
          after.name());
    }
    // What it is worth is known again when the goods come back.
    if (after.state() != v1::OrderReturn::RECEIVED ||
        before->state() == v1::OrderReturn::RECEIVED) {
      *after.mutable_lines() = before->lines();
    }
    return absl::OkStatus();
  }
  if (after.state() == v1::OrderReturn::APPROVED && after.lines().empty()) {
    return FailedPrecondition(
        "RETURN_EMPTY",
        absl::StrCat("'", after.name(), "' has no lines: add one first."),
        after.name());
  }
  const auto* order = context.Find<v1::Order>(after.order());
  // That it exists is checked with all references.
  if (order == nullptr) return absl::OkStatus();
  after.set_customer(order->customer());
  // What stays as it is may be more than is left by now: it can still be
  // refused, and its customer merged.
  if (before != nullptr && after.state() != v1::OrderReturn::APPROVED &&
      SameLines(*before, after)) {
    *after.mutable_lines() = before->lines();
    return absl::OkStatus();
  }
  return PriceReturn(*order, after);
}

absl::Status TakeBack(v1::OrderReturn& order_return, v1::Order& order) {
  CRM_RETURN_IF_ERROR(PriceReturn(order, order_return));
  for (const v1::OrderReturn::Line& back : order_return.lines()) {
    for (v1::OrderLine& line : *order.mutable_lines()) {
      if (line.line_id() != back.line_id()) continue;
      line.set_returned_quantity(line.returned_quantity() + back.quantity());
    }
  }
  return absl::OkStatus();
}

}  // namespace crm::operational
