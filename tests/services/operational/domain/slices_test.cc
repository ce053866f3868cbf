#include "services/operational/domain/slices.h"

#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;

template <typename T>
std::vector<T> Parse(std::initializer_list<const char*> texts) {
  std::vector<T> messages;
  for (const char* text : texts) {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        text, &messages.emplace_back()));
  }
  return messages;
}

TEST(SumUpIdentity, ShowsTheNewestIdentifiersFirstWhateverTheirNames) {
  const auto customer = Parse<v1::Customer>(
      {"display_name: 'Ada' kind: PERSON state: ACTIVE "
       "primary_email: 'ada@home.example' primary_phone: '+4930'"});
  const auto identifiers = Parse<v1::Identifier>({
      "name: 'customers/ada/identifiers/zz' create_time { seconds: 1 } "
      "type: EMAIL normalized_value: 'ada@old.example' state: VERIFIED",
      "name: 'customers/ada/identifiers/aa' create_time { seconds: 2 } "
      "type: EMAIL normalized_value: 'ada@new.example' state: UNVERIFIED",
      "name: 'customers/ada/identifiers/bb' create_time { seconds: 2 } "
      "type: PHONE normalized_value: '+4940' state: UNVERIFIED",
  });

  EXPECT_THAT(
      SumUpIdentity(customer[0], identifiers),
      EqualsProto(
          "display_name: 'Ada' kind: PERSON state: ACTIVE "
          "emails: 'ada@home.example' emails: 'ada@new.example' "
          "emails: 'ada@old.example' phones: '+4930' phones: '+4940' "
          "identifiers { type: PHONE normalized_value: '+4940' "
          "              state: UNVERIFIED } "
          "identifiers { type: EMAIL normalized_value: 'ada@new.example' "
          "              state: UNVERIFIED } "
          "identifiers { type: EMAIL normalized_value: 'ada@old.example' "
          "              state: VERIFIED }"));
}

TEST(SumUpIdentity, LeavesOutWhatIsRetired) {
  const auto identifiers = Parse<v1::Identifier>(
      {"type: EMAIL normalized_value: 'ada@old.example' state: RETIRED"});

  EXPECT_THAT(SumUpIdentity({}, identifiers), EqualsProto(""));
}

TEST(SumUpIdentity, ShowsEachContactPointOnce) {
  const auto customer =
      Parse<v1::Customer>({"primary_email: 'ada@home.example'"});
  const auto identifiers = Parse<v1::Identifier>(
      {"type: EMAIL normalized_value: 'ada@home.example' state: VERIFIED"});

  EXPECT_EQ(SumUpIdentity(customer[0], identifiers).emails_size(), 1);
}

TEST(SumUpIdentity, KeepsItsBounds) {
  std::vector<v1::Identifier> identifiers(60);
  for (size_t i = 0; i < identifiers.size(); ++i) {
    identifiers[i].set_type(v1::Identifier::EMAIL);
    identifiers[i].set_normalized_value(absl::StrCat(i, "@example.org"));
  }

  const auto slice = SumUpIdentity({}, identifiers);

  EXPECT_EQ(slice.emails_size(), 20);
  EXPECT_EQ(slice.identifiers_size(), 50);
}

TEST(SumUpIdentity, SaysWhoTookTheCustomersPlace) {
  const auto customer = Parse<v1::Customer>(
      {"state: MERGED merged_into: 'customers/eve' kind: PERSON"});

  EXPECT_THAT(SumUpIdentity(customer[0], {}),
              EqualsProto("state: MERGED merged_into: 'customers/eve' "
                          "kind: PERSON"));
}

TEST(SumUpCommerce, CountsNothingForOneWhoBuysNothing) {
  EXPECT_THAT(SumUpCommerce({}, {}, {}), IsOkAndHolds(EqualsProto("")));
}

TEST(SumUpCommerce, CountsRevenueOfConfirmedOrdersByCurrency) {
  const auto orders = Parse<v1::Order>({
      "state: CONFIRMED currency_code: 'USD' order_time { seconds: 30 } "
      "total { currency_code: 'USD' units: 1 nanos: 600000000 }",
      "state: CONFIRMED currency_code: 'USD' order_time { seconds: 20 } "
      "total { currency_code: 'USD' units: 2 nanos: 500000000 }",
      "state: CONFIRMED currency_code: 'EUR' order_time { seconds: 25 } "
      "total { currency_code: 'EUR' units: 7 }",
      "state: DRAFT currency_code: 'USD' order_time { seconds: 1 } "
      "total { currency_code: 'USD' units: 100 }",
      "state: SUBMITTED currency_code: 'USD' order_time { seconds: 99 } "
      "total { currency_code: 'USD' units: 100 }",
      "state: CANCELLED currency_code: 'USD' order_time { seconds: 99 } "
      "total { currency_code: 'USD' units: 100 }",
  });
  const auto opportunities = Parse<v1::Opportunity>({"state: OPEN", ""});
  const auto leads = Parse<v1::Lead>({"state: NEW", "state: CONVERTED"});

  EXPECT_THAT(
      SumUpCommerce(orders, opportunities, leads),
      IsOkAndHolds(EqualsProto(
          "order_count: 6 confirmed_order_count: 3 open_order_count: 2 "
          "lifetime_revenue { currency_code: 'EUR' units: 7 } "
          "lifetime_revenue { currency_code: 'USD' units: 4 "
          "                   nanos: 100000000 } "
          "first_order_time { seconds: 20 } last_order_time { seconds: 30 } "
          "open_opportunity_count: 1 lead_count: 2")));
}

TEST(SumUpCommerce, RefusesRevenueThatNoAmountHolds) {
  constexpr char kOrder[] =
      "state: CONFIRMED currency_code: 'USD' "
      "total { currency_code: 'USD' units: 9000000000000000000 }";

  EXPECT_THAT(SumUpCommerce(Parse<v1::Order>({kOrder, kOrder}), {}, {}),
              StatusIs(absl::StatusCode::kOutOfRange, "AMOUNT_OUT_OF_RANGE"));
}

}  // namespace
}  // namespace crm::operational
