#include "services/analytical/domain/currency.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOkAndHolds;
using crm::testing::StatusIs;
using ::testing::HasSubstr;

TEST(ChooseCurrency, TakesTheRequestedOne) {
  EXPECT_THAT(ChooseCurrency("EUR", {{"EUR", 1}, {"USD", 2}}),
              IsOkAndHolds("EUR"));
}

TEST(ChooseCurrency, TakesTheOnlyOne) {
  EXPECT_THAT(ChooseCurrency("", {{"USD", 2}}), IsOkAndHolds("USD"));
}

TEST(ChooseCurrency, IsEmptyWithoutOrders) {
  EXPECT_THAT(ChooseCurrency("", {}), IsOkAndHolds(""));
}

TEST(ChooseCurrency, NamesTheCurrenciesItCannotAdd) {
  const auto chosen = ChooseCurrency("", {{"USD", 2}, {"EUR", 1}});

  EXPECT_THAT(chosen,
              StatusIs(absl::StatusCode::kInvalidArgument, "MIXED_CURRENCIES"));
  EXPECT_THAT(std::string(chosen.status().message()), HasSubstr("EUR, USD"));
}

TEST(MainCurrency, IsThatOfMostOrders) {
  EXPECT_EQ(MainCurrency({{"EUR", 1}, {"USD", 2}}), "USD");
  EXPECT_EQ(MainCurrency({{"USD", 2}, {"EUR", 2}}), "EUR");
  EXPECT_EQ(MainCurrency({}), "");
}

}  // namespace
}  // namespace crm::analytical
