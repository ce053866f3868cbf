// Rows of the capability list on several currencies and on forecasts, as
// callers of the operational service see them.

#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/base_currency.pb.h"
#include "crm/operational/v1/exchange_rate.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class MoneyRows : public ::testing::Test {
 protected:
  MoneyRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"tenant_admin"})),
        ada_(authority_.Token("acme", "user:ada", {"sales_rep"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                const std::string& token) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text,
                const std::string& token = "") {
    auto response =
        Call<Response, Request>(method, text, token.empty() ? token_ : token);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  // A rate that begins on `day` of March 2026.
  absl::StatusOr<v1::ExchangeRate> Rate(absl::string_view base,
                                        absl::string_view quote, int day,
                                        absl::string_view rate) {
    return Call<v1::ExchangeRate, v1::CreateExchangeRateRequest>(
        "ExchangeRateService.CreateExchangeRate",
        absl::StrCat("exchange_rate_id: '",
                     absl::AsciiStrToLower(absl::StrCat(base, quote, day)),
                     "' exchange_rate { base_currency_code: '", base,
                     "' quote_currency_code: '", quote, "' rate: '", rate,
                     "' valid_from_date { year: 2026 month: 3 day: ", day,
                     " } }"),
        token_);
  }

  absl::StatusOr<v1::ConvertMoneyResponse> Convert(absl::string_view from,
                                                   absl::string_view to,
                                                   int day) {
    return Call<v1::ConvertMoneyResponse, v1::ConvertMoneyRequest>(
        "ExchangeRateService.ConvertMoney",
        absl::StrCat("amount { currency_code: '", from,
                     "' units: 100 } currency_code: '", to,
                     "' date { year: 2026 month: 3 day: ", day, " }"),
        ada_);
  }

  // An opportunity of 100 that closes on `day` of March 2026.
  void Deal(absl::string_view id, absl::string_view currency, int day,
            const std::string& token, absl::string_view fields = "") {
    Must<v1::Opportunity, v1::CreateOpportunityRequest>(
        "OpportunityService.CreateOpportunity",
        absl::StrCat("opportunity_id: '", id,
                     "' opportunity { display_name: 'Deal' amount { "
                     "currency_code: '",
                     currency,
                     "' units: 100 } close_date { year: 2026 "
                     "month: 3 day: ",
                     day, " } ", fields, " }"),
        token);
  }

  absl::StatusOr<v1::ForecastOpportunitiesResponse> Forecast(
      absl::string_view terms, const std::string& token) {
    return Call<v1::ForecastOpportunitiesResponse,
                v1::ForecastOpportunitiesRequest>(
        "OpportunityService.ForecastOpportunities",
        absl::StrCat("start_date { year: 2026 month: 1 day: 1 } "
                     "end_date { year: 2026 month: 12 day: 31 } ",
                     terms),
        token);
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
  const std::string ada_;
};

TEST_F(MoneyRows, A50_AnAmountIsConvertedDirectlyBackOrOverAThirdCurrency) {
  ASSERT_THAT(Rate("EUR", "USD", 2, "1.25"), IsOk());
  ASSERT_THAT(Rate("EUR", "GBP", 3, "0.8"), IsOk());

  const auto direct = Convert("EUR", "USD", 5);
  const auto inverse = Convert("USD", "EUR", 5);
  const auto over = Convert("USD", "GBP", 5);

  ASSERT_THAT(direct, IsOk());
  EXPECT_THAT(direct->amount(), EqualsProto("currency_code: 'USD' units: 125"));
  ASSERT_THAT(inverse, IsOk());
  EXPECT_THAT(inverse->amount(), EqualsProto("currency_code: 'EUR' units: 80"));
  ASSERT_THAT(over, IsOk());
  EXPECT_THAT(over->amount(), EqualsProto("currency_code: 'GBP' units: 64"));
  EXPECT_EQ(over->rate(), "0.64");
  EXPECT_THAT(over->rate_date(), EqualsProto("year: 2026 month: 3 day: 3"));
  EXPECT_THAT(over->exchange_rates(),
              ElementsAre("exchangeRates/eurusd2", "exchangeRates/eurgbp3"));
  const auto same = Convert("CHF", "CHF", 1);
  ASSERT_THAT(same, IsOk());
  EXPECT_THAT(same->exchange_rates(), IsEmpty());
}

TEST_F(MoneyRows, A50_WhatNamesNoCurrencyIsInTheBaseCurrencyOfTheDay) {
  const auto base = [&](absl::string_view currency, int day) {
    return Call<v1::BaseCurrency, v1::CreateBaseCurrencyRequest>(
        "BaseCurrencyService.CreateBaseCurrency",
        absl::StrCat("base_currency { currency_code: '", currency,
                     "' valid_from_date { year: 2026 month: 3 day: ", day,
                     " } }"),
        token_);
  };
  ASSERT_THAT(Rate("USD", "EUR", 1, "0.5"), IsOk());
  ASSERT_THAT(Rate("USD", "JPY", 1, "150"), IsOk());
  EXPECT_THAT(
      Convert("USD", "", 9),
      StatusIs(absl::StatusCode::kFailedPrecondition, "NO_BASE_CURRENCY"));

  ASSERT_THAT(base("EUR", 10), IsOk());
  ASSERT_THAT(base("JPY", 20), IsOk());
  EXPECT_THAT(base("CHF", 20),
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));

  EXPECT_THAT(
      Convert("USD", "", 9),
      StatusIs(absl::StatusCode::kFailedPrecondition, "NO_BASE_CURRENCY"));
  const auto in_euro = Convert("USD", "", 19);
  ASSERT_THAT(in_euro, IsOk());
  EXPECT_THAT(in_euro->amount(), EqualsProto("currency_code: 'EUR' units: 50"));
  const auto in_yen = Convert("USD", "", 20);
  ASSERT_THAT(in_yen, IsOk());
  EXPECT_THAT(in_yen->amount(),
              EqualsProto("currency_code: 'JPY' units: 15000"));
}

// The day of the call counts, which is none of the test's: so the currency is
// one since long ago.
TEST_F(MoneyRows, A50_AForecastIsInTheBaseCurrencyUnlessItIsAskedOtherwise) {
  ASSERT_THAT(Rate("USD", "EUR", 1, "0.5"), IsOk());
  Deal("one", "USD", 9, token_);
  Deal("two", "EUR", 9, token_);
  const auto currencies = [&](absl::string_view terms) {
    const auto forecast = Forecast(terms, token_);
    EXPECT_THAT(forecast, IsOk()) << terms;
    std::map<std::string, int64_t> totals;
    if (!forecast.ok()) return totals;
    for (const v1::ForecastRow& row : forecast->totals()) {
      totals[row.amount().currency_code()] += row.amount().units();
    }
    return totals;
  };
  EXPECT_THAT(currencies(""), ElementsAre(Pair("EUR", 100), Pair("USD", 100)));

  Must<v1::BaseCurrency, v1::CreateBaseCurrencyRequest>(
      "BaseCurrencyService.CreateBaseCurrency",
      "base_currency { currency_code: 'EUR' valid_from_date { year: 2000 "
      "month: 1 day: 1 } }");

  EXPECT_THAT(currencies(""), ElementsAre(Pair("EUR", 150)));
  EXPECT_THAT(currencies("keep_currencies: true"),
              ElementsAre(Pair("EUR", 100), Pair("USD", 100)));
  EXPECT_THAT(currencies("currency_code: 'USD'"),
              ElementsAre(Pair("USD", 300)));
  EXPECT_THAT(Forecast("currency_code: 'USD' keep_currencies: true", token_),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(MoneyRows, A50_WhereThereIsNoRateNothingIsGuessed) {
  ASSERT_THAT(Rate("EUR", "USD", 2, "1.25"), IsOk());

  EXPECT_THAT(
      Convert("EUR", "USD", 1),
      StatusIs(absl::StatusCode::kFailedPrecondition, "NO_EXCHANGE_RATE"));
  EXPECT_THAT(
      Convert("EUR", "JPY", 5),
      StatusIs(absl::StatusCode::kFailedPrecondition, "NO_EXCHANGE_RATE"));
}

TEST_F(MoneyRows, A51_ALaterRateDoesNotChangeWhatAnEarlierDateGives) {
  ASSERT_THAT(Rate("EUR", "USD", 2, "1.25"), IsOk());
  ASSERT_THAT(Rate("EUR", "GBP", 2, "0.8"), IsOk());
  const auto direct = Convert("EUR", "USD", 9);
  const auto over = Convert("USD", "GBP", 9);

  ASSERT_THAT(Rate("EUR", "USD", 10, "2"), IsOk());
  ASSERT_THAT(Rate("AUD", "USD", 10, "1"), IsOk());
  ASSERT_THAT(Rate("AUD", "GBP", 10, "1"), IsOk());
  ASSERT_THAT(Rate("USD", "GBP", 10, "1"), IsOk());

  const auto again = Convert("EUR", "USD", 9);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), direct->SerializeAsString());
  const auto over_again = Convert("USD", "GBP", 9);
  ASSERT_THAT(over_again, IsOk());
  EXPECT_EQ(over_again->SerializeAsString(), over->SerializeAsString());
  EXPECT_THAT(Convert("EUR", "USD", 10)->amount(),
              EqualsProto("currency_code: 'USD' units: 200"));
}

TEST_F(MoneyRows, A51_ThereIsOneRateOfAPairAndDay) {
  ASSERT_THAT(Rate("EUR", "USD", 2, "1.25"), IsOk());

  EXPECT_THAT(
      (Call<v1::ExchangeRate, v1::CreateExchangeRateRequest>(
          "ExchangeRateService.CreateExchangeRate",
          "exchange_rate { base_currency_code: 'EUR' quote_currency_code: "
          "'USD' rate: '9' valid_from_date { year: 2026 month: 3 day: 2 } }",
          token_)),
      StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
}

TEST_F(MoneyRows, PAIN_24_SumsMixNoCurrenciesUnlessATargetIsGiven) {
  ASSERT_THAT(Rate("EUR", "USD", 2, "1.25"), IsOk());
  ASSERT_THAT(Rate("EUR", "USD", 10, "2"), IsOk());
  Deal("d1", "USD", 5, ada_);
  Deal("d2", "EUR", 6, ada_);
  Deal("d3", "EUR", 12, ada_);

  const auto apart = Forecast("", token_);
  const auto target = Forecast("currency_code: 'USD'", token_);
  const auto missing = Forecast("currency_code: 'JPY'", token_);

  ASSERT_THAT(apart, IsOk());
  ASSERT_EQ(apart->totals_size(), 2);
  EXPECT_THAT(apart->totals(0).amount(),
              EqualsProto("currency_code: 'EUR' units: 200"));
  EXPECT_THAT(apart->totals(1).amount(),
              EqualsProto("currency_code: 'USD' units: 100"));
  ASSERT_THAT(target, IsOk());
  ASSERT_EQ(target->totals_size(), 1);
  // 100 USD, 100 EUR at 1.25 and 100 EUR at 2.
  EXPECT_THAT(target->totals(0).amount(),
              EqualsProto("currency_code: 'USD' units: 425"));
  EXPECT_THAT(target->exchange_rates(),
              ElementsAre("exchangeRates/eurusd10", "exchangeRates/eurusd2"));
  EXPECT_THAT(missing, StatusIs(absl::StatusCode::kFailedPrecondition,
                                "NO_EXCHANGE_RATE"));
}

TEST_F(MoneyRows, B14_AForecastShowsWhatTheCallerMayRead) {
  const std::string eve = authority_.Token("acme", "user:eve", {"sales_rep"});
  Deal("d1", "EUR", 5, ada_);
  Deal("d2", "EUR", 6, eve);
  Deal("d3", "EUR", 7, ada_);
  Must<v1::Opportunity, v1::WinOpportunityRequest>(
      "OpportunityService.WinOpportunity",
      "name: 'opportunities/d3' close_date { year: 2026 month: 4 day: 2 }",
      ada_);
  Deal("d4", "EUR", 8, ada_);
  Must<v1::Opportunity, v1::LoseOpportunityRequest>(
      "OpportunityService.LoseOpportunity",
      "name: 'opportunities/d4' lost_reason: 'price'", ada_);

  const auto mine = Forecast("", ada_);
  const auto all = Forecast("", token_);
  const auto hers = Forecast("owner: 'user:eve'", token_);

  ASSERT_THAT(mine, IsOk());
  ASSERT_EQ(mine->rows_size(), 2);
  EXPECT_THAT(mine->rows(0),
              EqualsProto("owner: 'user:ada' category: PIPELINE "
                          "period_start_date { year: 2026 month: 3 day: 1 } "
                          "amount { currency_code: 'EUR' units: 100 } "
                          "weighted_amount { currency_code: 'EUR' } "
                          "opportunity_count: 1"));
  EXPECT_THAT(mine->rows(1),
              EqualsProto("owner: 'user:ada' category: CLOSED "
                          "period_start_date { year: 2026 month: 4 day: 1 } "
                          "amount { currency_code: 'EUR' units: 100 } "
                          "weighted_amount { currency_code: 'EUR' units: 100 } "
                          "opportunity_count: 1"));
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->rows_size(), 3);
  ASSERT_THAT(hers, IsOk());
  EXPECT_EQ(hers->rows_size(), 1);
}

TEST_F(MoneyRows, B15_SplitsAreCreditedToUsersAndTheirTeams) {
  for (const char* id : {"ada", "bob"}) {
    Must<v1::User, v1::CreateUserRequest>(
        "UserService.CreateUser",
        absl::StrCat("user_id: '", id, "' user { display_name: '", id,
                     "' subject: 'user:", id, "' email: '", id,
                     "@example.org' }"));
  }
  Must<v1::Team, v1::CreateTeamRequest>(
      "TeamService.CreateTeam",
      "team_id: 'north' team { display_name: 'North' members: 'users/bob' }");
  Deal("d1", "EUR", 5, token_,
       "splits { user: 'users/ada' share_millionths: 333333 } "
       "splits { user: 'users/bob' share_millionths: 666667 }");

  const auto owners = Forecast("period: QUARTER", token_);
  const auto teams = Forecast("grouping: TEAM", token_);
  const auto north = Forecast("team: 'teams/north'", token_);

  ASSERT_THAT(owners, IsOk());
  ASSERT_EQ(owners->rows_size(), 2);
  EXPECT_EQ(owners->rows(0).owner(), "user:ada");
  EXPECT_THAT(owners->rows(0).amount(),
              EqualsProto("currency_code: 'EUR' units: 33 nanos: 333300000"));
  EXPECT_THAT(owners->rows(1).amount(),
              EqualsProto("currency_code: 'EUR' units: 66 nanos: 666700000"));
  EXPECT_THAT(owners->rows(0).period_start_date(),
              EqualsProto("year: 2026 month: 1 day: 1"));
  ASSERT_EQ(owners->totals_size(), 1);
  EXPECT_THAT(owners->totals(0).amount(),
              EqualsProto("currency_code: 'EUR' units: 100"));
  EXPECT_EQ(owners->totals(0).opportunity_count(), 1);
  ASSERT_THAT(teams, IsOk());
  ASSERT_EQ(teams->rows_size(), 2);
  EXPECT_EQ(teams->rows(0).team(), "");
  EXPECT_EQ(teams->rows(1).team(), "teams/north");
  ASSERT_THAT(north, IsOk());
  ASSERT_EQ(north->rows_size(), 1);
  EXPECT_EQ(north->rows(0).owner(), "user:bob");
}

TEST_F(MoneyRows, B14_ATeamHasWhatTheTeamsBelowItHaveOnce) {
  for (const char* id : {"ada", "bob", "eve"}) {
    Must<v1::User, v1::CreateUserRequest>(
        "UserService.CreateUser",
        absl::StrCat("user_id: '", id, "' user { display_name: '", id,
                     "' subject: 'user:", id, "' email: '", id,
                     "@example.org' }"));
  }
  const auto team = [&](absl::string_view id, absl::string_view fields) {
    Must<v1::Team, v1::CreateTeamRequest>(
        "TeamService.CreateTeam",
        absl::StrCat("team_id: '", id, "' team { display_name: '", id, "' ",
                     fields, " }"));
  };
  team("all", "members: 'users/ada'");
  team("north", "parent_team: 'teams/all' members: 'users/bob'");
  // Who is in two teams of a branch counts once in what is above them.
  team("coast",
       "parent_team: 'teams/north' members: 'users/eve' members: 'users/ada'");
  for (const char* id : {"ada", "bob", "eve"}) {
    Deal(id, "EUR", 5,
         authority_.Token("acme", absl::StrCat("user:", id), {"sales_rep"}));
  }

  const auto teams = Forecast("grouping: TEAM", token_);
  const auto north = Forecast("team: 'teams/north'", token_);
  const auto nowhere = Forecast("team: 'teams/moon'", token_);

  ASSERT_THAT(teams, IsOk());
  std::map<std::string, int64_t> amounts;
  for (const v1::ForecastRow& row : teams->rows()) {
    amounts[row.team()] = row.amount().units();
  }
  EXPECT_THAT(amounts,
              ElementsAre(Pair("teams/all", 300), Pair("teams/coast", 200),
                          Pair("teams/north", 300)));
  ASSERT_EQ(teams->totals_size(), 1);
  EXPECT_EQ(teams->totals(0).amount().units(), 300);
  ASSERT_THAT(north, IsOk());
  EXPECT_EQ(north->rows_size(), 3);
  EXPECT_THAT(nowhere,
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(MoneyRows, B14_AnOpportunityThatIsDecidedClosesOnItsDay) {
  Deal("d1", "EUR", 5, ada_);
  Deal("d2", "EUR", 5, ada_);

  const auto said = Must<v1::Opportunity, v1::WinOpportunityRequest>(
      "OpportunityService.WinOpportunity",
      "name: 'opportunities/d1' close_date { year: 2017 month: 3 day: 9 }",
      ada_);
  const auto ahead = Call<v1::Opportunity, v1::LoseOpportunityRequest>(
      "OpportunityService.LoseOpportunity",
      "name: 'opportunities/d2' lost_reason: 'price' "
      "close_date { year: 9000 month: 1 day: 1 }",
      ada_);

  EXPECT_THAT(said.close_date(), EqualsProto("year: 2017 month: 3 day: 9"));
  EXPECT_THAT(ahead,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(MoneyRows, A35_WhatIsHiddenIsNotAddedUp) {
  Must<v1::Role, v1::CreateRoleRequest>(
      "RoleService.CreateRole",
      "role_id: 'blind' role { display_name: 'Blind' "
      "grants { permissions: 'opportunities.*' } "
      "hidden_fields: 'opportunities.amount' }");
  Deal("d1", "EUR", 5, ada_);

  EXPECT_THAT(Forecast("", authority_.Token("acme", "user:eve", {"blind"})),
              StatusIs(absl::StatusCode::kPermissionDenied, "FIELD_HIDDEN"));
}

}  // namespace
}  // namespace crm::testing
