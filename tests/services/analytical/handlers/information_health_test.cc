#include "services/analytical/handlers/information_health.h"

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/duplicate_candidate.pb.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using operational::v1::Customer;
using operational::v1::DuplicateCandidate;
using testing::BusinessByHand;
using testing::BusinessDay;
using v1::InformationDefect;

class InformationHealthTest : public testing::ScorecardFixture {
 protected:
  absl::StatusOr<v1::InformationHealth> Measure(int stale_days = 0) {
    v1::MeasureInformationHealthRequest request;
    request.set_stale_days(stale_days);
    return HandleMeasureInformationHealth(analytics_, call_, request);
  }

  // The defects by kind, those of attributes by their names.
  static std::map<std::string, InformationDefect> DefectsOf(
      const v1::InformationHealth& health) {
    std::map<std::string, InformationDefect> defects;
    for (const InformationDefect& defect : health.defects()) {
      defects[defect.attribute_id().empty()
                  ? InformationDefect::Kind_Name(defect.kind())
                  : defect.attribute_id()] = defect;
    }
    return defects;
  }
};

TEST_F(InformationHealthTest, PF_04_SeededDefectsAreFoundAtTheirRates) {
  feeder_.clock().SetNow(BusinessDay() - absl::Hours(1));
  Feed();
  std::map<std::string, int64_t> missing;
  const auto customers =
      BusinessByHand(business_, "", BusinessDay()).Customers();
  for (const auto& customer : customers) {
    for (const char* field : {"display_name", "kind", "primary_email",
                              "primary_phone", "segment", "owner"}) {
      if (!customer.known.contains(field)) ++missing[field];
    }
    if (!customer.known.contains("primary_email") &&
        !customer.known.contains("primary_phone")) {
      ++missing["NO_IDENTIFIER"];
    }
  }

  const auto health = Measure();

  ASSERT_THAT(health, IsOk());
  const auto count = static_cast<int64_t>(customers.size());
  EXPECT_EQ(health->customer_count(), count);
  auto defects = DefectsOf(*health);
  EXPECT_EQ(missing.size(), 7u);
  for (const auto& [name, seeded] : missing) {
    EXPECT_TRUE(defects[name].measured()) << name;
    EXPECT_EQ(defects[name].count(), seeded) << name;
    EXPECT_NEAR(defects[name].rate_millionths(),
                1e6 * static_cast<double>(seeded) / static_cast<double>(count),
                0.5)
        << name;
  }
  EXPECT_EQ(defects["STALE"].count(), 0);
  EXPECT_EQ(defects["EVENT_WAITS"].count(), 0);
}

TEST_F(InformationHealthTest, PF_04_TellsWhatIsStaleAndWhatWaits) {
  const auto make = [&](const std::string& name) {
    Customer customer;
    customer.set_name(name);
    customer.set_state(Customer::ACTIVE);
    return feeder_.MakeResourceEvent("crm/Customer", customer, name);
  };
  feeder_.clock().SetNow(BusinessDay() - absl::Hours(24 * 31));
  ASSERT_THAT(feeder_.Apply({make("customers/old"), make("customers/back")}),
              IsOk());
  feeder_.clock().SetNow(BusinessDay() - absl::Hours(24 * 29));
  ASSERT_THAT(feeder_.Apply({make("customers/new"), make("customers/back")}),
              IsOk());
  auto broken = make("customers/new");
  broken.set_after("\xff");
  broken.set_seq(1'000);
  ASSERT_THAT(feeder_.applier().Park({.producer = "operational",
                                      .partition = 1,
                                      .feed_epoch = 1,
                                      .from_seq = 0,
                                      .to_seq = 1},
                                     broken, absl::InternalError("unreadable")),
              IsOk());

  const auto health = Measure(30);

  ASSERT_THAT(health, IsOk());
  auto defects = DefectsOf(*health);
  EXPECT_EQ(defects["STALE"].count(), 1);
  EXPECT_EQ(defects["STALE"].rate_millionths(), 333'333);
  EXPECT_EQ(defects["EVENT_WAITS"].count(), 1);
  ASSERT_EQ(health->feeds_size(), 1);
  const v1::FeedAge& feed = health->feeds(0);
  EXPECT_EQ(feed.service(), "operational");
  EXPECT_EQ(feed.subject_count(), 3);
  EXPECT_EQ(feed.waiting_event_count(), 1);
  EXPECT_EQ(FromTimestamp(feed.newest_event_time()),
            BusinessDay() - absl::Hours(24 * 29));
  EXPECT_EQ(DefectsOf(*Measure(60))["STALE"].count(), 0);
}

TEST_F(InformationHealthTest, PF_04_CountsPairsThatNobodyHasDecidedOn) {
  Feed();
  EXPECT_FALSE(DefectsOf(*Measure())["DUPLICATE_OPEN"].measured());
  struct Pair {
    const char* type;
    DuplicateCandidate::State state;
  };
  int number = 0;
  for (const Pair& pair : {Pair{"crm/Customer", DuplicateCandidate::OPEN},
                           Pair{"crm/Customer", DuplicateCandidate::OPEN},
                           Pair{"crm/Customer", DuplicateCandidate::DISMISSED},
                           Pair{"crm/Customer", DuplicateCandidate::MERGED},
                           Pair{"crm/Lead", DuplicateCandidate::OPEN}}) {
    DuplicateCandidate candidate;
    candidate.set_name(absl::StrCat("duplicateCandidates/d", ++number));
    candidate.set_resource_type(pair.type);
    candidate.set_state(pair.state);
    ASSERT_THAT(feeder_.Apply({feeder_.MakeResourceEvent(
                    "crm/DuplicateCandidate", candidate, candidate.name())}),
                IsOk());
  }

  const auto defects = DefectsOf(*Measure());

  EXPECT_TRUE(defects.at("DUPLICATE_OPEN").measured());
  EXPECT_EQ(defects.at("DUPLICATE_OPEN").count(), 2);
  EXPECT_EQ(defects.at("DUPLICATE_OPEN").source(), "duplicateCandidates");
}

TEST_F(InformationHealthTest, PF_04_WithoutEventsNothingIsMeasured) {
  const auto health = Measure();

  ASSERT_THAT(health, IsOk());
  EXPECT_FALSE(health->has_customers());
  EXPECT_EQ(health->feeds_size(), 0);
  EXPECT_EQ(health->defects_size(), 10);
  for (const InformationDefect& defect : health->defects()) {
    EXPECT_FALSE(defect.measured());
  }
}

}  // namespace
}  // namespace crm::analytical
