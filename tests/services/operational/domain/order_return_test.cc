#include "services/operational/domain/order_return.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

class OrderReturnTest : public ::testing::Test {
 protected:
  OrderReturnTest() {
    context_.find =
        [this](const google::protobuf::Descriptor* type,
               absl::string_view name) -> const google::protobuf::Message* {
      return type == v1::Order::descriptor() && name == order_.name() ? &order_
                                                                      : nullptr;
    };
  }

  static v1::OrderReturn Return(const std::string& fields) {
    return Parse<v1::OrderReturn>(
        absl::StrCat("name: 'orderReturns/r' order: 'orders/x' ", fields));
  }

  v1::Order order_ = Parse<v1::Order>(
      "name: 'orders/x' currency_code: 'EUR' customer: 'customers/ada' "
      "state: CONFIRMED "
      "lines { line_id: '1' quantity: 3 fulfilled_quantity: 2 "
      "        net { currency_code: 'EUR' units: 9 } "
      "        tax { currency_code: 'EUR' units: 1 } }");
  RuleContext context_;
};

TEST_F(OrderReturnTest, TakesCustomerAndWorthFromTheOrder) {
  v1::OrderReturn back = Return("lines { line_id: '1' quantity: 1 }");

  EXPECT_THAT(PrepareOrderReturn(nullptr, back, context_), IsOk());

  EXPECT_EQ(back.customer(), "customers/ada");
  // A third of 10.
  EXPECT_THAT(back.refund(),
              EqualsProto("currency_code: 'EUR' units: 3 nanos: 333333333"));
}

TEST_F(OrderReturnTest, IsWorthTheAmountOfALineWithoutNet) {
  v1::OrderLine& line = *order_.mutable_lines(0);
  line.clear_net();
  line.clear_tax();
  line.mutable_amount()->set_currency_code("EUR");
  line.mutable_amount()->set_units(6);
  v1::OrderReturn back = Return("lines { line_id: '1' quantity: 1 }");

  EXPECT_THAT(PrepareOrderReturn(nullptr, back, context_), IsOk());

  EXPECT_THAT(back.refund(), EqualsProto("currency_code: 'EUR' units: 2"));
}

TEST_F(OrderReturnTest, HoldsNoMoreThanTheCustomerHas) {
  v1::OrderReturn most = Return("lines { line_id: '1' quantity: 2 }");
  v1::OrderReturn more = Return("lines { line_id: '1' quantity: 3 }");
  v1::OrderReturn other = Return("lines { line_id: '2' quantity: 1 }");
  v1::OrderReturn twice = Return(
      "lines { line_id: '1' quantity: 1 } lines { line_id: '1' quantity: 1 }");

  EXPECT_THAT(PrepareOrderReturn(nullptr, most, context_), IsOk());
  EXPECT_THAT(
      PrepareOrderReturn(nullptr, more, context_),
      StatusIs(absl::StatusCode::kFailedPrecondition, "RETURN_TOO_MUCH"));
  for (v1::OrderReturn bad : {other, twice}) {
    EXPECT_THAT(PrepareOrderReturn(nullptr, bad, context_),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  }
}

TEST_F(OrderReturnTest, CanBeRefusedWhenLessIsLeftThanItNames) {
  v1::OrderReturn asked =
      Return("state: REQUESTED lines { line_id: '1' quantity: 2 }");
  ASSERT_THAT(PrepareOrderReturn(nullptr, asked, context_), IsOk());
  order_.mutable_lines(0)->set_returned_quantity(1);
  order_.set_customer("customers/eve");
  v1::OrderReturn rejected = asked;
  rejected.set_state(v1::OrderReturn::REJECTED);
  v1::OrderReturn approved = asked;
  approved.set_state(v1::OrderReturn::APPROVED);
  v1::OrderReturn moved = asked;

  EXPECT_THAT(PrepareOrderReturn(&asked, rejected, context_), IsOk());
  EXPECT_THAT(PrepareOrderReturn(&asked, moved, context_), IsOk());
  EXPECT_EQ(moved.customer(), "customers/eve");
  EXPECT_THAT(moved.refund(), EqualsProto(asked.refund().ShortDebugString()));
  EXPECT_THAT(
      PrepareOrderReturn(&asked, approved, context_),
      StatusIs(absl::StatusCode::kFailedPrecondition, "RETURN_TOO_MUCH"));
}

TEST_F(OrderReturnTest, KeepsItsLinesOnceItIsAgreedTo) {
  const v1::OrderReturn before =
      Return("state: APPROVED lines { line_id: '1' quantity: 1 }");
  v1::OrderReturn noted = before;
  noted.set_reason("Broken.");
  v1::OrderReturn more = before;
  more.mutable_lines(0)->set_quantity(2);

  EXPECT_THAT(PrepareOrderReturn(&before, noted, context_), IsOk());
  EXPECT_THAT(PrepareOrderReturn(&before, more, context_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RETURN_FIXED"));
}

// Whatever the parts in which a line comes back, they are worth the line.
TEST_F(OrderReturnTest, OP_04_PartsAreWorthTheWhole) {
  std::mt19937_64 random(4);
  const auto draw = [&random](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  for (int i = 0; i < 10'000; ++i) {
    v1::OrderLine& line = *order_.mutable_lines(0);
    line.set_quantity(draw(1, 40));
    line.set_fulfilled_quantity(line.quantity());
    line.set_returned_quantity(0);
    line.mutable_net()->set_nanos(static_cast<int32_t>(draw(0, 999'999'999)));
    line.mutable_tax()->set_nanos(static_cast<int32_t>(draw(0, 999'999'999)));
    absl::int128 sum = 0;
    while (line.returned_quantity() < line.quantity()) {
      v1::OrderReturn back = Return("lines { line_id: '1' }");
      back.mutable_lines(0)->set_quantity(
          draw(1, line.quantity() - line.returned_quantity()));

      ASSERT_THAT(TakeBack(back, order_), IsOk());

      sum += ToNanos(back.refund());
    }
    ASSERT_TRUE(sum == ToNanos(line.net()) + ToNanos(line.tax()))
        << line.ShortDebugString();
  }
}

}  // namespace
}  // namespace crm::operational
