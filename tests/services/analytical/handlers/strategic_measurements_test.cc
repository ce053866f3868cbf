#include "services/analytical/handlers/strategic_measurements.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using testing::BusinessByHand;
using testing::BusinessDay;
using testing::BusinessOrder;
using ::testing::ElementsAre;
using testing::Evidence;
using testing::Fraction;

constexpr char kChain[] = "value-chain-strategic";

class StrategicMeasurementsTest : public testing::ScorecardFixture {
 protected:
  // Counts the orders of the customers, or of all, from `start` and before
  // `end`.
  int64_t Orders(absl::Time start, absl::Time end,
                 const std::set<std::string>& customers = {}) const {
    return std::count_if(
        business_.orders.begin(), business_.orders.end(),
        [&](const BusinessOrder& order) {
          return order.counts && order.time >= start && order.time < end &&
                 (customers.empty() || customers.contains(order.customer));
        });
  }

  static absl::Time Day(int year, int month, int day) {
    return absl::FromCivil(absl::CivilDay(year, month, day),
                           absl::UTCTimeZone());
  }

  void Link(const char* id, const std::string& from, const std::string& party,
            const std::string& more = "") {
    Store<v1::StakeholderLink>(
        absl::StrCat("name: 'stakeholderLinks/", id, "' state: ACTIVE ",
                     "from_party: '", from, "' party: '", party, "' ", more));
  }
};

TEST_F(StrategicMeasurementsTest, PF_01_ObjectivesCountByHowTheOrdersStand) {
  EXPECT_EQ(Measured("payne-frow", "strategies.on_track").reason(),
            "NO_RESOURCE");
  std::mt19937_64 random(2);
  int64_t good = 0;
  int64_t all = 0;
  const absl::Time start = Day(2019, 7, 1);
  std::string objectives[2];
  for (int i = 0; i < 24; ++i) {
    const bool is_over = i % 3 == 0;
    const absl::Time due = is_over ? Day(2019, 12, 1) : Day(2020, 6, 30);
    const auto target = static_cast<int64_t>(20 + random() % 150);
    absl::StrAppend(
        &objectives[i % 2], "objectives { objective_id: 'o", i,
        "' metric { kind: ORDERS } direction: INCREASE target_millionths: ",
        target * 1'000'000,
        " start_date { year: 2019 month: 7 day: 1 } due_date ",
        is_over ? "{ year: 2019 month: 12 day: 1 } } "
                : "{ year: 2020 month: 6 day: 30 } } ");
    const absl::Time end = std::min(BusinessDay(), due + absl::Hours(24));
    const double value = static_cast<double>(Orders(start, end));
    const double way =
        absl::FDivDuration(end - start, due + absl::Hours(24) - start);
    ++all;
    if (value >= static_cast<double>(target) * way) ++good;
  }
  Store<v1::Strategy>(absl::StrCat("name: 'strategies/a' ", objectives[0]));
  Store<v1::Strategy>(absl::StrCat("name: 'strategies/b' ", objectives[1]));
  EXPECT_EQ(Measured("payne-frow", "strategies.on_track").reason(),
            "NOTHING_COUNTED");
  Feed();

  const Evidence evidence = Measured("payne-frow", "strategies.on_track");

  EXPECT_GT(good, 3);
  EXPECT_LT(good, all - 3);
  EXPECT_EQ(evidence.value(), Fraction(good, all));
  EXPECT_EQ(evidence.count(), all);
  EXPECT_THAT(evidence.sources(), ElementsAre("strategies/a", "strategies/b"));
}

TEST_F(StrategicMeasurementsTest, PF_01_TurnsWithTheOrdersAndVerifyTells) {
  Feed();
  const int64_t orders = Orders(Day(2019, 1, 1), Day(2020, 1, 1));
  Store<v1::Strategy>(absl::StrCat(
      "name: 'strategies/a' objectives { objective_id: 'o' metric { kind: "
      "ORDERS } direction: INCREASE target_millionths: ",
      orders * 1'000'000,
      " start_date { year: 2019 month: 1 day: 1 } "
      "due_date { year: 2019 month: 12 day: 31 } }"));
  EXPECT_EQ(Measured("payne-frow", "strategies.on_track").value(), "1");
  const auto scorecard = Create("framework: 'payne-frow'");
  ASSERT_THAT(scorecard, IsOk());
  for (const BusinessOrder& made : business_.orders) {
    if (!made.counts || made.time < Day(2019, 2, 1) ||
        made.time > Day(2019, 11, 1)) {
      continue;
    }
    operational::v1::Order order = made.order;
    order.set_state(operational::v1::Order::CANCELLED);
    ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(order, "updated")}), IsOk());
    break;
  }

  const auto verified = Verify(scorecard->name());

  ASSERT_THAT(verified, IsOk());
  EXPECT_FALSE(verified->matches());
  EXPECT_EQ(Measured("payne-frow", "strategies.on_track").value(), "0");
}

TEST_F(StrategicMeasurementsTest, VP_04_PromisesCountByWhatWasDelivered) {
  EXPECT_EQ(Measured(kChain, "propositions.kept").reason(), "NO_RESOURCE");
  Feed();
  const std::set<std::string> customers = {"customers/c101", "customers/c102",
                                           "customers/c103"};
  const int64_t delivered =
      Orders(BusinessDay() - testing::kYear, BusinessDay(), customers);
  std::string benefits;
  for (const int64_t more : {-1, 0, 1, 2}) {
    absl::StrAppend(&benefits, "benefits { benefit_id: 'b", more + 1,
                    "' metric { kind: ORDERS } bound: AT_LEAST "
                    "promised_millionths: ",
                    (delivered + more) * 1'000'000, " } ");
  }
  Store<v1::Proposition>(absl::StrCat(
      "name: 'propositions/care' customers: 'customers/c101' customers: "
      "'customers/c102' customers: 'customers/c103' ",
      benefits));
  // Nothing is known of these, so that no promise was broken.
  Store<v1::Proposition>(
      "name: 'propositions/new' customers: 'customers/nobody' benefits { "
      "benefit_id: 'b' metric { kind: ORDERS } bound: AT_LEAST "
      "promised_millionths: 1 }");

  const Evidence kept = Measured(kChain, "propositions.kept");

  EXPECT_GT(delivered, 1);
  EXPECT_EQ(kept.value(), Fraction(2, 4));
  EXPECT_EQ(kept.count(), 4);
  EXPECT_THAT(kept.sources(), ElementsAre("propositions/care"));
  EXPECT_EQ(Measured("qci", "propositions.kept").value(), "1/2");
}

TEST_F(StrategicMeasurementsTest, VP_03_CustomersCountWhoseLinksHold) {
  EXPECT_EQ(Measured(kChain, "network.linked").reason(), "NO_RESOURCE");
  Feed();
  const auto revoked = [](absl::Time time) {
    return absl::StrCat("revoke_time { seconds: ", absl::ToUnixSeconds(time),
                        " }");
  };
  std::set<std::string> linked;
  for (int i = 100; i < 130; ++i) {
    const std::string customer = absl::StrCat("customers/c", i);
    const std::string id = absl::StrCat("l", i);
    // Some lead from the customer, some to it.
    if (i % 2 == 0) {
      Link(id.c_str(), customer, "accounts/mill");
    } else {
      Link(id.c_str(), "accounts/mill", customer);
    }
    linked.insert(customer);
  }
  Link("twice", "customers/c100", "customers/c101");
  Link("stranger", "customers/nobody", "accounts/mill");
  Link("gone", "customers/c140", "accounts/mill",
       revoked(BusinessDay() - absl::Hours(1)));
  Link("later", "customers/c141", "accounts/mill",
       revoked(BusinessDay() + absl::Hours(1)));
  linked.insert("customers/c141");
  const auto expected = [&](const char* segment) {
    int64_t count = 0;
    int64_t all = 0;
    for (const auto& customer :
         BusinessByHand(business_, segment, BusinessDay()).Customers()) {
      ++all;
      count += linked.contains(customer.name) ? 1 : 0;
    }
    return Fraction(count, all);
  };

  const Evidence all = Measured(kChain, "network.linked");
  const Evidence gold = Measured(kChain, "network.linked", "segment: 'Gold'");

  EXPECT_EQ(all.value(), expected(""));
  EXPECT_EQ(gold.value(), expected("Gold"));
  EXPECT_EQ(all.sources_size(), 20);
}

}  // namespace
}  // namespace crm::analytical
