#include "services/operational/domain/quote.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/operational/domain/calendar_day.h"
#include "services/operational/domain/price_book.h"
#include "services/operational/domain/sales_lines.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::protobuf::util::MessageDifferencer;

absl::Status WrongState(const v1::Quote& quote, const char* rule,
                        absl::string_view what) {
  return FailedPrecondition(
      rule,
      absl::StrCat("Quote '", quote.name(), "' is ",
                   v1::Quote::State_Name(quote.state()), "; ", what, "."),
      quote.name());
}

bool SameTerms(const v1::Quote& a, const v1::Quote& b) {
  return SameLines(a.lines(), b.lines()) &&
         a.discount_millionths() == b.discount_millionths() &&
         a.currency_code() == b.currency_code();
}

bool SameOffer(const v1::Quote& a, const v1::Quote& b) {
  return SameLines(a.lines(), b.lines()) &&
         a.discount_millionths() == b.discount_millionths() &&
         MessageDifferencer::Equals(a.expire_time(), b.expire_time());
}

absl::Status CheckSendable(const v1::Quote& before, const v1::Quote& quote,
                           absl::Time now) {
  if (quote.lines().empty()) {
    return WrongState(before, "QUOTE_EMPTY",
                      "and it has no lines: add one before sending it");
  }
  if (FromTimestamp(quote.expire_time()) <= now) {
    return WrongState(before, "QUOTE_EXPIRES_TOO_SOON",
                      "and it must expire later than now: set expire_time");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareQuote(const v1::Quote* before, v1::Quote& after,
                          const RuleContext& context) {
  if (after.version() == 0) after.set_version(1);
  if (before != nullptr && before->state() != v1::Quote::DRAFT) {
    if (!SameOffer(*before, after)) {
      return WrongState(*before, "QUOTE_NOT_DRAFT",
                        "what it offers can change in DRAFT only. Revise it");
    }
    *after.mutable_lines() = before->lines();
    if (before->state() == v1::Quote::SENT &&
        after.state() == v1::Quote::ACCEPTED &&
        FromTimestamp(before->expire_time()) <= context.now) {
      return WrongState(*before, "QUOTE_EXPIRED",
                        "but its time of expiry has passed. Revise it");
    }
    return absl::OkStatus();
  }
  // A draft is worked out when its lines are written and when it is sent. In
  // between it stays, whatever becomes of its products: a merge of its customer
  // has to leave it as it was.
  if (before != nullptr && after.state() == v1::Quote::DRAFT &&
      SameTerms(*before, after)) {
    *after.mutable_lines() = before->lines();
    return absl::OkStatus();
  }
  CRM_RETURN_IF_ERROR(TakeBookPrices({.field = "quote",
                                      .price_book = after.price_book(),
                                      .currency_code = after.currency_code(),
                                      .day = DayOf(context.now)},
                                     *after.mutable_lines(), context));
  CompleteLines(*after.mutable_lines(), context);
  CRM_RETURN_IF_ERROR(
      PriceLines({.field = "quote",
                  .currency_code = after.currency_code(),
                  .discount_millionths = after.discount_millionths()},
                 *after.mutable_lines(), *after.mutable_totals()));
  return after.state() == v1::Quote::SENT && before != nullptr
             ? CheckSendable(*before, after, context.now)
             : absl::OkStatus();
}

v1::Order OrderOf(const v1::Quote& quote, absl::Time now) {
  v1::Order order;
  order.set_customer(quote.customer());
  order.set_account(quote.account());
  order.set_currency_code(quote.currency_code());
  order.set_price_book(quote.price_book());
  order.set_discount_millionths(quote.discount_millionths());
  order.set_owner(quote.owner());
  order.set_quote(quote.name());
  order.set_state(v1::Order::SUBMITTED);
  *order.mutable_lines() = quote.lines();
  *order.mutable_submit_time() = ToTimestamp(now);
  return order;
}

absl::StatusOr<v1::Quote> ReviseQuote(const v1::Quote& quote) {
  if (quote.state() != v1::Quote::SENT &&
      quote.state() != v1::Quote::DECLINED &&
      quote.state() != v1::Quote::EXPIRED) {
    return WrongState(quote, "QUOTE_NOT_REVISABLE",
                      "one that is SENT, DECLINED or EXPIRED can be revised");
  }
  v1::Quote draft;
  draft.set_customer(quote.customer());
  draft.set_account(quote.account());
  draft.set_opportunity(quote.opportunity());
  draft.set_currency_code(quote.currency_code());
  draft.set_price_book(quote.price_book());
  draft.set_discount_millionths(quote.discount_millionths());
  draft.set_note(quote.note());
  draft.set_owner(quote.owner());
  draft.set_version(quote.version() + 1);
  draft.set_previous_version(quote.name());
  *draft.mutable_lines() = quote.lines();
  *draft.mutable_labels() = quote.labels();
  *draft.mutable_custom_fields() = quote.custom_fields();
  return draft;
}

}  // namespace crm::operational
