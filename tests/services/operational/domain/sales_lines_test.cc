#include "services/operational/domain/sales_lines.h"

#include <string>

#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/tax_class.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;

template <typename T>
T ParseAs(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

class SalesLinesTest : public ::testing::Test {
 protected:
  SalesLinesTest() {
    context_.find =
        [this](const google::protobuf::Descriptor* type,
               absl::string_view name) -> const google::protobuf::Message* {
      if (type == v1::Product::descriptor() && name == lamp_.name()) {
        return &lamp_;
      }
      return type == v1::TaxClass::descriptor() && name == standard_.name()
                 ? &standard_
                 : nullptr;
    };
  }

  void Add(const std::string& text) {
    *lines_.Add() = ParseAs<v1::OrderLine>(text);
  }

  const v1::Product lamp_ = ParseAs<v1::Product>(
      "name: 'products/lamp' display_name: 'Lamp' "
      "tax_class: 'taxClasses/standard' "
      "list_price { currency_code: 'EUR' units: 10 }");
  const v1::TaxClass standard_ = ParseAs<v1::TaxClass>(
      "name: 'taxClasses/standard' rate_millionths: 190000");
  RuleContext context_;
  SalesLines lines_;
  v1::SalesTotals totals_;
};

TEST_F(SalesLinesTest, TakeTheTaxOfTheProduct) {
  Add("product: 'products/lamp' quantity: 3");
  Add("product: 'products/lamp' quantity: 1 tax_class: 'taxClasses/none'");

  CompleteLines(lines_, context_);

  EXPECT_EQ(lines_[0].tax_class(), "taxClasses/standard");
  EXPECT_EQ(lines_[0].tax_rate_millionths(), 190'000);
  EXPECT_EQ(lines_[1].tax_class(), "taxClasses/none");
  EXPECT_EQ(lines_[1].tax_rate_millionths(), 0);
}

TEST_F(SalesLinesTest, ComeToTheirAmountsLessDiscountWithTax) {
  Add("product: 'products/lamp' quantity: 3");
  Add("product: 'products/lamp' quantity: 1 tax_class: 'taxClasses/none'");
  CompleteLines(lines_, context_);

  ASSERT_THAT(PriceLines({.field = "order",
                          .currency_code = "EUR",
                          .discount_millionths = 100'000},
                         lines_, totals_),
              IsOk());

  EXPECT_THAT(
      totals_,
      EqualsProto("subtotal { currency_code: 'EUR' units: 40 } "
                  "discount { currency_code: 'EUR' units: 4 } "
                  "net { currency_code: 'EUR' units: 36 } "
                  "taxes { tax_class: 'taxClasses/standard' "
                  "        rate_millionths: 190000 "
                  "        base { currency_code: 'EUR' units: 27 } "
                  "        tax { currency_code: 'EUR' units: 5 "
                  "              nanos: 130000000 } } "
                  "taxes { tax_class: 'taxClasses/none' "
                  "        base { currency_code: 'EUR' units: 9 } "
                  "        tax { currency_code: 'EUR' } } "
                  "tax { currency_code: 'EUR' units: 5 nanos: 130000000 } "
                  "total { currency_code: 'EUR' units: 41 nanos: 130000000 }"));
}

TEST_F(SalesLinesTest, AreTheSameWhateverTheServerMadeOfThem) {
  Add("line_id: '1' product: 'products/lamp' quantity: 3");
  SalesLines priced = lines_;
  priced[0].mutable_amount()->set_units(30);
  priced[0].set_fulfilled_quantity(2);
  priced[0].set_tax_rate_millionths(5);
  SalesLines more = lines_;
  more[0].set_quantity(4);

  EXPECT_TRUE(SameLines(lines_, priced));
  EXPECT_FALSE(SameLines(lines_, more));
  EXPECT_FALSE(SameLines(lines_, {}));
}

}  // namespace
}  // namespace crm::operational
