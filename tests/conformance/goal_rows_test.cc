// B25: goals, whose progress is what a plain sum over the listed rows gives.

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/base_currency.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/exchange_rate.pb.h"
#include "crm/operational/v1/goal.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "services/operational/app.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

// Ada is in `all`, bob in `north` and eve in `coast`, each a part of the one
// before; max is in none.
const std::vector<std::string> kUsers = {"ada", "bob", "eve", "max"};
constexpr int kRows = 40;

std::string Date(absl::CivilDay day) {
  return absl::StrCat("{ year: ", day.year(), " month: ", day.month(),
                      " day: ", day.day(), " }");
}

class GoalRows : public ::testing::Test {
 protected:
  GoalRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"tenant_admin"})) {
    for (const std::string& user : kUsers) {
      const auto made = Must<v1::User, v1::CreateUserRequest>(
          "UserService.CreateUser",
          absl::StrCat("user_id: '", user, "' user { display_name: '", user,
                       "' subject: 'user:", user, "' email: '", user,
                       "@example.org' }"));
      today_ = absl::ToCivilDay(FromTimestamp(made.create_time()),
                                absl::UTCTimeZone());
    }
    Team("all", "members: 'users/ada'");
    Team("north", "parent_team: 'teams/all' members: 'users/bob'");
    Team("coast", "parent_team: 'teams/north' members: 'users/eve'");
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                const std::string& token) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token});
  }

  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text, token_);
    EXPECT_THAT(response, IsOk()) << method << " " << text;
    return response.ok() ? *std::move(response) : Response();
  }

  void Team(absl::string_view id, absl::string_view fields) {
    Must<v1::Team, v1::CreateTeamRequest>(
        "TeamService.CreateTeam",
        absl::StrCat("team_id: '", id, "' team { display_name: '", id, "' ",
                     fields, " }"));
  }

  // A goal from ten days ago to tomorrow.
  v1::Goal Goal(absl::string_view fields) {
    return Must<v1::Goal, v1::CreateGoalRequest>(
        "GoalService.CreateGoal",
        absl::StrCat("goal { display_name: 'Goal' start_date ",
                     Date(today_ - 10), " end_date ", Date(today_ + 1), " ",
                     fields, " }"));
  }

  absl::StatusOr<v1::GoalProgress> Progress(const v1::Goal& goal,
                                            const std::string& token) {
    return Call<v1::GoalProgress, v1::GetGoalProgressRequest>(
        "GoalService.GetGoalProgress",
        absl::StrCat("name: '", goal.name(), "'"), token);
  }

  // Deals of all users in two currencies, some of them split, won on days in
  // and out of the period, lost or open.
  void MakeDeals(std::mt19937& random) {
    for (int i = 0; i < kRows; ++i) {
      const std::string owner = kUsers[random() % 4];
      std::string splits;
      if (random() % 3 == 0) {
        splits = absl::StrCat("splits { user: 'users/", kUsers[random() % 2],
                              "' share_millionths: 333333 } splits { user: "
                              "'users/",
                              kUsers[2 + random() % 2],
                              "' share_millionths: 666667 }");
      }
      const auto deal = Must<v1::Opportunity, v1::CreateOpportunityRequest>(
          "OpportunityService.CreateOpportunity",
          absl::StrCat(
              "opportunity { display_name: 'Deal' owner: 'user:", owner,
              "' amount { currency_code: '", random() % 2 == 0 ? "EUR" : "USD",
              "' units: ", 1 + random() % 1000, " } ", splits, " }"));
      if (const uint64_t outcome = random() % 4; outcome >= 2) {
        Must<v1::Opportunity, v1::WinOpportunityRequest>(
            "OpportunityService.WinOpportunity",
            absl::StrCat("name: '", deal.name(), "' close_date ",
                         Date(today_ - random() % 15)));
      } else if (outcome == 1) {
        Must<v1::Opportunity, v1::LoseOpportunityRequest>(
            "OpportunityService.LoseOpportunity",
            absl::StrCat("name: '", deal.name(), "' lost_reason: 'price'"));
      }
    }
  }

  static absl::CivilDay DayOf(const v1::Opportunity& deal) {
    const auto& date = deal.close_date();
    return absl::CivilDay(date.year(), date.month(), date.day());
  }

  // What `deal` brings the users `counted`, in nanos of EUR: a USD is worth 0.5
  // up to five days ago, and 0.25 since.
  absl::int128 Brings(const v1::Opportunity& deal,
                      const std::set<std::string>& counted) {
    absl::int128 nanos = absl::int128(deal.amount().units()) * 1'000'000'000;
    if (deal.amount().currency_code() == "USD") {
      nanos /= DayOf(deal) < today_ - 4 ? 2 : 4;
    }
    if (deal.splits().empty()) {
      return counted.contains(deal.owner().substr(5)) ? nanos : 0;
    }
    absl::int128 sum = 0;
    for (const v1::OpportunitySplit& split : deal.splits()) {
      if (counted.contains(split.user().substr(6))) {
        sum += nanos * split.share_millionths() / 1'000'000;
      }
    }
    return sum;
  }

  bool InPeriod(const v1::Opportunity& deal) {
    return deal.state() == v1::Opportunity::WON && DayOf(deal) >= today_ - 10;
  }

  void MakeRates() {
    int number = 0;
    for (const auto& [day, rate] :
         std::map<int, std::string>{{-30, "0.5"}, {-4, "0.25"}}) {
      Must<v1::ExchangeRate, v1::CreateExchangeRateRequest>(
          "ExchangeRateService.CreateExchangeRate",
          absl::StrCat("exchange_rate_id: 'r", ++number,
                       "' exchange_rate { base_currency_code: 'USD' "
                       "quote_currency_code: 'EUR' rate: '",
                       rate, "' valid_from_date ", Date(today_ + day), " }"));
    }
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
  absl::CivilDay today_;
};

TEST_F(GoalRows, B25_WonAmountsAreWhatAPlainSumOverTheDealsGives) {
  std::mt19937 random(25);
  MakeRates();
  MakeDeals(random);
  const auto deals =
      Must<v1::ListOpportunitiesResponse, v1::ListOpportunitiesRequest>(
          "OpportunityService.ListOpportunities", "page_size: 1000");
  ASSERT_EQ(deals.opportunities_size(), kRows);

  absl::int128 everything = 0;
  const std::map<std::string, std::set<std::string>> holders = {
      {"owner: 'user:max'", {"max"}},
      {"owner: 'user:ada'", {"ada"}},
      {"team: 'teams/coast'", {"eve"}},
      {"team: 'teams/north'", {"bob", "eve"}},
      {"team: 'teams/all'", {"ada", "bob", "eve"}}};
  for (const auto& [holder, counted] : holders) {
    absl::int128 nanos = 0;
    int64_t won = 0;
    std::set<std::string> rates;
    for (const v1::Opportunity& deal : deals.opportunities()) {
      const absl::int128 part = InPeriod(deal) ? Brings(deal, counted) : 0;
      nanos += part;
      if (part == 0) continue;
      ++won;
      if (deal.amount().currency_code() == "USD") {
        rates.insert(DayOf(deal) < today_ - 4 ? "exchangeRates/r1"
                                              : "exchangeRates/r2");
      }
    }
    const auto amount = Progress(
        Goal(absl::StrCat("metric: WON_AMOUNT target_amount { currency_code: "
                          "'EUR' units: 1000 } ",
                          holder)),
        token_);
    const auto count = Progress(
        Goal(absl::StrCat("metric: WON_COUNT target_count: 10 ", holder)),
        token_);

    ASSERT_THAT(amount, IsOk());
    EXPECT_GT(won, 0) << holder;
    EXPECT_EQ(absl::int128(amount->amount().units()) * 1'000'000'000 +
                  amount->amount().nanos(),
              nanos)
        << holder;
    EXPECT_EQ(amount->count(), won) << holder;
    EXPECT_EQ(amount->reached_millionths(),
              static_cast<int64_t>(nanos / 1'000'000))
        << holder;
    EXPECT_THAT(amount->exchange_rates(), ElementsAreArray(rates)) << holder;
    ASSERT_THAT(count, IsOk());
    EXPECT_EQ(count->count(), won) << holder;
    EXPECT_THAT(count->exchange_rates(), IsEmpty()) << holder;
    if (holder == "team: 'teams/all'" || holder == "owner: 'user:max'") {
      everything += nanos;
    }
  }
  // Max and the team of all have everything between them.
  absl::int128 all = 0;
  for (const v1::Opportunity& deal : deals.opportunities()) {
    if (InPeriod(deal)) all += Brings(deal, {"ada", "bob", "eve", "max"});
  }
  EXPECT_GT(all, 0);
  EXPECT_EQ(everything, all);
}

TEST_F(GoalRows, B25_OrdersActivitiesAndCustomersAreCountedOfTheirOwners) {
  std::mt19937 random(26);
  std::map<std::string, int64_t> revenue;
  std::map<std::string, int64_t> done;
  Must<v1::Product, v1::CreateProductRequest>(
      "ProductService.CreateProduct",
      "product_id: 'lamp' product { display_name: 'Lamp' sku: 'L' }");
  for (int i = 0; i < kRows; ++i) {
    const std::string user = kUsers[random() % 4];
    const int64_t units = 1 + random() % 500;
    const auto order = Must<v1::Order, v1::CreateOrderRequest>(
        "OrderService.CreateOrder",
        absl::StrCat("order { currency_code: 'EUR' owner: 'user:", user,
                     "' lines { product: 'products/lamp' quantity: 2 "
                     "unit_price { currency_code: 'EUR' units: ",
                     units, " } } }"));
    if (random() % 3 > 0) {
      const std::string name = absl::StrCat("name: '", order.name(), "'");
      Must<v1::Order, v1::SubmitOrderRequest>("OrderService.SubmitOrder", name);
      Must<v1::Order, v1::ConfirmOrderRequest>("OrderService.ConfirmOrder",
                                               name);
      revenue[user] += 2 * units;
    }
    const auto activity = Must<v1::Activity, v1::CreateActivityRequest>(
        "ActivityService.CreateActivity",
        absl::StrCat("activity { subject: 'Call' kind: CALL owner: 'user:",
                     user, "' }"));
    if (random() % 2 == 0) {
      Must<v1::Activity, v1::CompleteActivityRequest>(
          "ActivityService.CompleteActivity",
          absl::StrCat("name: '", activity.name(), "'"));
      ++done[user];
    }
    const std::string winner = kUsers[random() % 4];
    Must<v1::Customer, v1::CreateCustomerRequest>(
        "CustomerService.CreateCustomer",
        absl::StrCat("customer { display_name: 'C' kind: PERSON owner: 'user:",
                     winner, "' }"));
  }

  const auto north = [&](absl::string_view metric) {
    const auto progress = Progress(
        Goal(absl::StrCat("team: 'teams/north' metric: ", metric)), token_);
    EXPECT_THAT(progress, IsOk());
    return progress.ok() ? *progress : v1::GoalProgress();
  };
  EXPECT_EQ(north("ORDER_REVENUE target_amount { currency_code: 'EUR' units: 1 "
                  "}")
                .amount()
                .units(),
            revenue["bob"] + revenue["eve"]);
  EXPECT_EQ(north("ACTIVITY_COUNT target_count: 1").count(),
            done["bob"] + done["eve"]);
  // Orders and activities without a customer came with one of their own.
  const auto customers =
      Must<v1::ListCustomersResponse, v1::ListCustomersRequest>(
          "CustomerService.ListCustomers", "page_size: 1000");
  int64_t made = 0;
  for (const v1::Customer& customer : customers.customers()) {
    if (customer.owner() == "user:bob" || customer.owner() == "user:eve") {
      ++made;
    }
  }
  EXPECT_GT(made, 0);
  EXPECT_EQ(north("NEW_CUSTOMER_COUNT target_count: 1").count(), made);
}

TEST_F(GoalRows, B25_ProgressIsThatOfTheRowsThatTheCallerMayRead) {
  const std::string bob = authority_.Token("acme", "user:bob", {"sales_rep"});
  for (const char* owner : {"ada", "eve"}) {
    const auto deal = Must<v1::Opportunity, v1::CreateOpportunityRequest>(
        "OpportunityService.CreateOpportunity",
        absl::StrCat("opportunity { display_name: 'Deal' owner: 'user:", owner,
                     "' amount { currency_code: 'EUR' units: 10 } }"));
    Must<v1::Opportunity, v1::WinOpportunityRequest>(
        "OpportunityService.WinOpportunity",
        absl::StrCat("name: '", deal.name(), "'"));
  }
  Must<v1::Role, v1::CreateRoleRequest>(
      "RoleService.CreateRole",
      "role_id: 'coach' role { display_name: 'Coach' "
      "grants { permissions: 'goals.*' } }");
  Must<v1::Role, v1::CreateRoleRequest>(
      "RoleService.CreateRole",
      "role_id: 'blind' role { display_name: 'Blind' "
      "grants { permissions: 'goals.*' permissions: 'opportunities.get' } "
      "hidden_fields: 'opportunities.amount' }");
  const auto goal = Goal(
      "metric: WON_AMOUNT target_amount { currency_code: 'EUR' units: 20 "
      "} team: 'teams/all' owner: 'user:bob'");

  const auto all = Progress(goal, token_);
  const auto his = Progress(goal, bob);

  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->reached_millionths(), 1'000'000);
  // Of the team above his he sees his own and what is below it.
  ASSERT_THAT(his, IsOk());
  EXPECT_EQ(his->reached_millionths(), 500'000);
  EXPECT_THAT(
      Progress(goal, authority_.Token("acme", "user:cat", {"sales_rep"})),
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  // Who may read none of it is not told that nothing is reached.
  EXPECT_THAT(
      Progress(goal, authority_.Token("acme", "user:dan", {"coach"})),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_THAT(Progress(goal, authority_.Token("acme", "user:fay", {"blind"})),
              StatusIs(absl::StatusCode::kPermissionDenied, "FIELD_HIDDEN"));
}

TEST_F(GoalRows, B25_WhatIsReachedIsToldInTheBaseCurrencyToo) {
  std::mt19937 random(27);
  MakeRates();
  MakeDeals(random);
  const auto reckon_in = [&](absl::string_view currency, int year) {
    Must<v1::BaseCurrency, v1::CreateBaseCurrencyRequest>(
        "BaseCurrencyService.CreateBaseCurrency",
        absl::StrCat("base_currency { currency_code: '", currency,
                     "' valid_from_date { year: ", year,
                     " month: 1 day: 1 } }"));
  };
  const v1::Goal euros = Goal(
      "metric: WON_AMOUNT team: 'teams/all' target_amount { "
      "currency_code: 'EUR' units: 1000 }");
  const v1::Goal dollars = Goal(
      "metric: WON_AMOUNT team: 'teams/all' target_amount { "
      "currency_code: 'USD' units: 1000 }");

  const auto without = Progress(euros, token_);
  reckon_in("USD", 2001);
  const auto both = Progress(euros, token_);
  const auto same = Progress(dollars, token_);
  // No rate leads to it.
  reckon_in("CHF", 2002);
  const auto unknown = Progress(euros, token_);

  ASSERT_THAT(without, IsOk());
  EXPECT_FALSE(without->has_base_amount());
  EXPECT_FALSE(without->has_base_target_amount());
  // The amount in the currency of the base is that of a goal in it.
  ASSERT_THAT(both, IsOk());
  ASSERT_THAT(same, IsOk());
  EXPECT_THAT(both->amount(),
              EqualsProto(without->amount().ShortDebugString()));
  EXPECT_GT(both->base_amount().units(), 0);
  EXPECT_THAT(both->base_amount(),
              EqualsProto(same->amount().ShortDebugString()));
  // Ten days ago a EUR was worth two USD.
  EXPECT_THAT(both->base_target_amount(),
              EqualsProto("currency_code: 'USD' units: 2000"));
  EXPECT_FALSE(same->has_base_amount());
  ASSERT_THAT(unknown, IsOk());
  EXPECT_FALSE(unknown->has_base_amount());
  EXPECT_FALSE(unknown->has_base_target_amount());
  EXPECT_THAT(unknown->amount(),
              EqualsProto(without->amount().ShortDebugString()));
  EXPECT_THAT(unknown->exchange_rates(),
              ElementsAreArray(without->exchange_rates()));
}

TEST_F(GoalRows, B25_AnAmountWithoutARateIsNotGuessed) {
  const auto deal = Must<v1::Opportunity, v1::CreateOpportunityRequest>(
      "OpportunityService.CreateOpportunity",
      "opportunity { display_name: 'Deal' owner: 'user:ada' "
      "amount { currency_code: 'JPY' units: 10 } }");
  Must<v1::Opportunity, v1::WinOpportunityRequest>(
      "OpportunityService.WinOpportunity",
      absl::StrCat("name: '", deal.name(), "'"));

  EXPECT_THAT(
      Progress(Goal("metric: WON_AMOUNT owner: 'user:ada' target_amount { "
                    "currency_code: 'EUR' units: 20 }"),
               token_),
      StatusIs(absl::StatusCode::kFailedPrecondition, "NO_EXCHANGE_RATE"));
}

}  // namespace
}  // namespace crm::testing
