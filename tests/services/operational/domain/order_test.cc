#include "services/operational/domain/order.h"

#include <map>
#include <string>
#include <vector>

#include "crm/operational/v1/product.pb.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

template <typename T = v1::Order>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

std::vector<std::string> Fields(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

// A shop with one chair, which costs 12.50 USD.
class OrderRules : public ::testing::Test {
 protected:
  OrderRules() {
    context_.now = kNow;
    context_.find =
        [this](const google::protobuf::Descriptor* type,
               absl::string_view name) -> const google::protobuf::Message* {
      const bool known =
          type == v1::Product::descriptor() && name == chair_.name();
      return known ? &chair_ : nullptr;
    };
  }

  const v1::Product chair_ = Parse<v1::Product>(
      "name: 'products/chair' display_name: 'Chair' "
      "list_price { currency_code: 'USD' units: 12 nanos: 500000000 }");
  RuleContext context_;
};

TEST_F(OrderRules, MakeANewOrderADraftOrderedNow) {
  v1::Order order = Parse("currency_code: 'USD'");

  EXPECT_THAT(PrepareOrder(nullptr, order, context_), IsOk());

  order.clear_totals();
  EXPECT_THAT(order, EqualsProto("currency_code: 'USD' fulfillment: OPEN "
                                 "order_time { seconds: 1700000000 } "
                                 "total { currency_code: 'USD' }"));
}

TEST_F(OrderRules, KeepTheOrderTimeThatIsGiven) {
  v1::Order order = Parse("currency_code: 'USD' order_time { seconds: 5 }");

  EXPECT_THAT(PrepareOrder(nullptr, order, context_), IsOk());

  EXPECT_EQ(order.order_time().seconds(), 5);
}

TEST_F(OrderRules, TakeNameAndPriceFromTheProduct) {
  v1::Order order = Parse(
      "currency_code: 'USD' "
      "lines { product: 'products/chair' quantity: 3 "
      "        discount_millionths: 200000 }");

  EXPECT_THAT(PrepareOrder(nullptr, order, context_), IsOk());

  EXPECT_THAT(order.lines(0),
              EqualsProto("line_id: '1' product: 'products/chair' "
                          "product_name: 'Chair' quantity: 3 "
                          "discount_millionths: 200000 "
                          "unit_price { currency_code: 'USD' units: 12 "
                          "             nanos: 500000000 } "
                          "amount { currency_code: 'USD' units: 30 } "
                          "net { currency_code: 'USD' units: 30 } "
                          "tax { currency_code: 'USD' }"));
  EXPECT_THAT(order.total(), EqualsProto("currency_code: 'USD' units: 30"));
}

TEST_F(OrderRules, KeepTheNameAndPriceThatWereAgreed) {
  v1::Order order = Parse(
      "currency_code: 'USD' "
      "lines { product: 'products/chair' product_name: 'Old chair' quantity: 2 "
      "        unit_price { currency_code: 'USD' units: 1 } }");

  EXPECT_THAT(PrepareOrder(nullptr, order, context_), IsOk());

  EXPECT_EQ(order.lines(0).product_name(), "Old chair");
  EXPECT_THAT(order.total(), EqualsProto("currency_code: 'USD' units: 2"));
}

TEST_F(OrderRules, GiveLinesTheLowestFreeNumbers) {
  v1::Order order = Parse(
      "currency_code: 'USD' "
      "lines { product: 'products/chair' quantity: 1 } "
      "lines { product: 'products/chair' quantity: 1 line_id: '2' } "
      "lines { product: 'products/chair' quantity: 1 line_id: 'x' } "
      "lines { product: 'products/chair' quantity: 1 }");

  EXPECT_THAT(PrepareOrder(nullptr, order, context_), IsOk());

  std::vector<std::string> ids;
  for (const v1::OrderLine& line : order.lines()) ids.push_back(line.line_id());
  EXPECT_THAT(ids, ElementsAre("1", "2", "x", "3"));
}

TEST_F(OrderRules, ListTheViolationsOfAllLines) {
  v1::Order order = Parse(
      "currency_code: 'USD' "
      "lines { product: 'products/lamp' quantity: 1 } "
      "lines { product: 'products/chair' quantity: 1 line_id: 'a' } "
      "lines { product: 'products/chair' quantity: 1 line_id: 'a' } "
      "lines { product: 'products/lamp' quantity: 1 "
      "        unit_price { currency_code: 'EUR' units: 1 } } "
      "lines { product: 'products/lamp' quantity: 1 "
      "        unit_price { currency_code: 'USD' units: -1 } } "
      "lines { product: 'products/lamp' quantity: 1 "
      "        discount_millionths: 500000 "
      "        unit_price { currency_code: 'USD' nanos: 1 } } "
      "lines { product: 'products/lamp' quantity: 2 "
      "        unit_price { currency_code: 'USD' "
      "                     units: 9000000000000000000 } }");

  const absl::Status status = PrepareOrder(nullptr, order, context_);

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Fields(status),
              ElementsAre("order.lines[0].unit_price", "order.lines[2].line_id",
                          "order.lines[3].unit_price.currency_code",
                          "order.lines[4].unit_price", "order.lines[5].amount",
                          "order.lines[6].amount"));
}

TEST_F(OrderRules, RefuseASumThatNoAmountHolds) {
  const std::string line =
      "lines { product: 'products/lamp' quantity: 1 "
      "        unit_price { currency_code: 'USD' "
      "                     units: 9000000000000000000 } } ";
  v1::Order order = Parse("currency_code: 'USD' " + line + line);

  const absl::Status status = PrepareOrder(nullptr, order, context_);

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Fields(status), ElementsAre("order.lines"));
}

// An order after DRAFT whose line was agreed at another price than the
// product's.
constexpr char kSubmitted[] =
    "name: 'orders/x1' currency_code: 'USD' state: SUBMITTED "
    "lines { line_id: '1' product: 'products/chair' product_name: 'Chair' "
    "        quantity: 3 unit_price { currency_code: 'USD' units: 10 } "
    "        amount { currency_code: 'USD' units: 30 } } "
    "total { currency_code: 'USD' units: 30 } ";

TEST_F(OrderRules, LetTheRestOfASubmittedOrderChange) {
  const v1::Order before = Parse(kSubmitted);
  v1::Order after = before;
  after.set_note("Ring twice.");
  after.mutable_lines(0)->clear_amount();

  EXPECT_THAT(PrepareOrder(&before, after, context_), IsOk());

  EXPECT_THAT(after, EqualsProto(std::string(kSubmitted) +
                                 "fulfillment: OPEN note: 'Ring twice.'"));
}

TEST_F(OrderRules, KeepTheLinesOfASubmittedOrder) {
  struct Case {
    const char* name;
    void (*change)(v1::Order& order);
  };
  const Case kCases[] = {
      {"quantity", [](v1::Order& o) { o.mutable_lines(0)->set_quantity(4); }},
      {"no price",
       [](v1::Order& o) { o.mutable_lines(0)->clear_unit_price(); }},
      {"price",
       [](v1::Order& o) {
         o.mutable_lines(0)->mutable_unit_price()->set_units(1);
       }},
      {"one more", [](v1::Order& o) { *o.add_lines() = o.lines(0); }},
      {"none", [](v1::Order& o) { o.clear_lines(); }},
      {"discount", [](v1::Order& o) { o.set_discount_millionths(1); }},
  };
  const v1::Order before = Parse(kSubmitted);
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    v1::Order after = before;
    test.change(after);

    EXPECT_THAT(
        PrepareOrder(&before, after, context_),
        StatusIs(absl::StatusCode::kFailedPrecondition, "ORDER_NOT_DRAFT"));
  }
}

TEST_F(OrderRules, PriceADraftAgainWhenItChanges) {
  v1::Order before = Parse(
      "currency_code: 'USD' state: DRAFT order_time { seconds: 5 } "
      "lines { line_id: '1' product: 'products/chair' quantity: 1 }");
  v1::Order after = before;
  after.mutable_lines(0)->set_quantity(2);

  EXPECT_THAT(PrepareOrder(&before, after, context_), IsOk());

  EXPECT_THAT(after.total(), EqualsProto("currency_code: 'USD' units: 25"));
}

// Its tax class has gone since.
TEST_F(OrderRules, LeaveADraftAsItIsUntilItsLinesChangeOrItIsSubmitted) {
  const std::string draft =
      "currency_code: 'USD' state: DRAFT order_time { seconds: 5 } "
      "lines { line_id: '1' product: 'products/chair' quantity: 2 "
      "        product_name: 'Stool' tax_class: 'taxClasses/gone' "
      "        tax_rate_millionths: 100000 "
      "        unit_price { currency_code: 'USD' units: 20 } } "
      "total { currency_code: 'USD' units: 44 } fulfillment: OPEN ";
  const v1::Order before = Parse(draft);
  v1::Order noted = before;
  noted.set_note("Ring twice.");
  noted.mutable_lines(0)->clear_tax_rate_millionths();
  v1::Order more = before;
  more.mutable_lines(0)->set_quantity(3);
  v1::Order submitted = before;
  submitted.set_state(v1::Order::SUBMITTED);

  EXPECT_THAT(PrepareOrder(&before, noted, context_), IsOk());
  EXPECT_THAT(PrepareOrder(&before, more, context_), IsOk());
  EXPECT_THAT(PrepareOrder(&before, submitted, context_), IsOk());

  v1::Order wanted = before;
  wanted.set_note("Ring twice.");
  EXPECT_THAT(noted, EqualsProto(wanted.ShortDebugString()));
  EXPECT_THAT(more.total(), EqualsProto("currency_code: 'USD' units: 60"));
  EXPECT_THAT(submitted.total(), EqualsProto("currency_code: 'USD' units: 40"));
}

TEST_F(OrderRules, KeepTheTaxThatAQuotePromised) {
  v1::Order order = Parse(
      "currency_code: 'USD' quote: 'quotes/q' state: SUBMITTED "
      "lines { line_id: '1' product: 'products/chair' quantity: 1 "
      "        tax_class: 'taxClasses/gone' tax_rate_millionths: 100000 "
      "        unit_price { currency_code: 'USD' units: 20 } }");

  EXPECT_THAT(PrepareOrder(nullptr, order, context_), IsOk());

  EXPECT_THAT(order.total(), EqualsProto("currency_code: 'USD' units: 22"));
}

TEST_F(OrderRules, RefuseToSubmitAnOrderWithoutLines) {
  const v1::Order before = Parse("currency_code: 'USD' state: DRAFT");
  v1::Order after = before;
  after.set_state(v1::Order::SUBMITTED);

  EXPECT_THAT(PrepareOrder(&before, after, context_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "ORDER_EMPTY"));

  after.set_state(v1::Order::CANCELLED);
  EXPECT_THAT(PrepareOrder(&before, after, context_), IsOk());
}

// A confirmed order of 3 chairs and 2 lamps.
constexpr char kConfirmed[] =
    "name: 'orders/x2' currency_code: 'USD' state: CONFIRMED "
    "lines { line_id: 'chair' product: 'products/chair' quantity: 3 } "
    "lines { line_id: 'lamp' product: 'products/lamp' quantity: 2 } ";

TEST_F(OrderRules, HandOverSomeOrAllThatIsOpen) {
  v1::Order before = Parse(kConfirmed);
  v1::Order order = before;

  EXPECT_THAT(FulfillLines(Parse<v1::FulfillOrderRequest>(
                               "fulfilled_lines { line_id: 'chair' "
                               "                  quantity: 1 }"),
                           order),
              IsOk());
  EXPECT_THAT(PrepareOrder(&before, order, context_), IsOk());
  EXPECT_EQ(order.lines(0).fulfilled_quantity(), 1);
  EXPECT_EQ(order.lines(1).fulfilled_quantity(), 0);
  EXPECT_EQ(order.fulfillment(), v1::Order::PARTIAL);

  before = order;
  EXPECT_THAT(FulfillLines({}, order), IsOk());
  EXPECT_THAT(PrepareOrder(&before, order, context_), IsOk());
  EXPECT_EQ(order.lines(0).fulfilled_quantity(), 3);
  EXPECT_EQ(order.lines(1).fulfilled_quantity(), 2);
  EXPECT_EQ(order.fulfillment(), v1::Order::COMPLETE);
}

TEST_F(OrderRules, HandOverNothingThatIsNotOpen) {
  struct Case {
    const char* request;
    absl::StatusCode code;
    const char* reason;
  };
  const Case kCases[] = {
      {"fulfilled_lines { line_id: 'chair' quantity: 4 }",
       absl::StatusCode::kFailedPrecondition, "LINE_NOT_OPEN"},
      {"fulfilled_lines { line_id: 'sofa' quantity: 1 }",
       absl::StatusCode::kInvalidArgument, "BAD_REQUEST"},
      {"fulfilled_lines { line_id: 'chair' quantity: 1 } "
       "fulfilled_lines { line_id: 'chair' quantity: 1 }",
       absl::StatusCode::kInvalidArgument, "BAD_REQUEST"},
  };
  for (const Case& test : kCases) {
    v1::Order order = Parse(kConfirmed);

    EXPECT_THAT(
        FulfillLines(Parse<v1::FulfillOrderRequest>(test.request), order),
        StatusIs(test.code, test.reason));
  }
}

TEST_F(OrderRules, KeepWhatWasHandedOverWhenLinesAreSentAgain) {
  v1::Order before = Parse(kConfirmed);
  ASSERT_THAT(FulfillLines({}, before), IsOk());
  v1::Order after = before;
  for (v1::OrderLine& line : *after.mutable_lines()) {
    line.clear_fulfilled_quantity();
  }

  EXPECT_THAT(PrepareOrder(&before, after, context_), IsOk());

  EXPECT_EQ(after.lines(0).fulfilled_quantity(), 3);
}

TEST_F(OrderRules, RefuseToCancelWhatWasHandedOver) {
  v1::Order before = Parse(kConfirmed);
  ASSERT_THAT(FulfillLines({}, before), IsOk());
  v1::Order after = before;
  after.set_state(v1::Order::CANCELLED);

  EXPECT_THAT(
      PrepareOrder(&before, after, context_),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ORDER_FULFILLED"));
}

}  // namespace
}  // namespace crm::operational
