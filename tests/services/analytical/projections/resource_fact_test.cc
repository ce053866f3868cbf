#include "services/analytical/projections/resource_fact.h"

#include <string>

#include "crm/collaborative/v1/survey_response.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/projections/warehouse_schema.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using collaborative::v1::SurveyResponse;
using crm::testing::IsOk;
using crm::testing::StatusIs;
using internal::v1::Event;
using operational::v1::Customer;
using operational::v1::Opportunity;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::WarehouseFeeder;

constexpr char kFacts[] =
    "SELECT name, type, customer, category, state, known, start_time, "
    "end_time, CAST(value AS TEXT) FROM resource_facts ORDER BY name";

Customer MakeCustomer(const std::string& id) {
  Customer customer;
  customer.set_name("customers/" + id);
  customer.set_uid("u-" + id);
  customer.set_display_name("Ada");
  customer.set_kind(Customer::PERSON);
  customer.set_segment("Corporate");
  customer.set_state(Customer::ACTIVE);
  *customer.mutable_create_time() = ToTimestamp(absl::FromUnixSeconds(5));
  return customer;
}

Opportunity MakeOpportunity(const std::string& id,
                            const std::string& customer) {
  Opportunity opportunity;
  opportunity.set_name("opportunities/" + id);
  opportunity.set_uid("u-" + id);
  opportunity.set_customer(customer);
  opportunity.set_state(Opportunity::WON);
  *opportunity.mutable_create_time() = ToTimestamp(absl::FromUnixSeconds(7));
  *opportunity.mutable_close_time() = ToTimestamp(absl::FromUnixSeconds(9));
  return opportunity;
}

class ResourceFactsTest : public ::testing::Test {
 protected:
  Event EventOf(const Customer& customer, absl::string_view kind = "created") {
    return feeder_.MakeResourceEvent("crm/Customer", customer, customer.name(),
                                     kind);
  }
  Event EventOf(const Opportunity& opportunity,
                absl::string_view kind = "created") {
    return feeder_.MakeResourceEvent("crm/Opportunity", opportunity,
                                     opportunity.customer(), kind);
  }

  WarehouseFeeder feeder_;
};

TEST_F(ResourceFactsTest, KeepOfACustomerWhatIsKnownAndNotWhatItIs) {
  ASSERT_THAT(feeder_.Apply({EventOf(MakeCustomer("ada"))}), IsOk());

  // The name, the kind and the segment: bits 0, 1 and 4.
  EXPECT_THAT(
      feeder_.Query(kFacts),
      ElementsAre(SqlRow{"customers/ada", "crm/Customer", "customers/ada",
                         "Corporate", "ACTIVE", int64_t{19}, int64_t{5'000'000},
                         kNoEnd, "0.000000000"}));
  EXPECT_EQ(KnownWeight(19), 450'000);
}

TEST_F(ResourceFactsTest, ID_01_RemovingAnAttributeLowersTheScoreByItsWeight) {
  Customer customer = MakeCustomer("ada");
  ASSERT_THAT(feeder_.Apply({EventOf(customer)}), IsOk());
  customer.clear_segment();
  ASSERT_THAT(feeder_.Apply({EventOf(customer, "updated")}), IsOk());

  const SqlRows rows = feeder_.Query(
      "SELECT known FROM resource_facts WHERE name = "
      "'customers/ada'");

  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(KnownWeight(std::get<int64_t>(rows[0][0])), 450'000 - 150'000);
}

TEST_F(ResourceFactsTest, KeepWhenAnOpportunityWasDecided) {
  ASSERT_THAT(
      feeder_.Apply({EventOf(MakeOpportunity("deal", "customers/ada"))}),
      IsOk());

  EXPECT_THAT(
      feeder_.Query(kFacts),
      ElementsAre(SqlRow{
          "opportunities/deal", "crm/Opportunity", "customers/ada", "", "WON",
          int64_t{0}, int64_t{7'000'000}, int64_t{9'000'000}, "0.000000000"}));
}

TEST_F(ResourceFactsTest, GoWithTheResourceAndComeBackWithIt) {
  Customer customer = MakeCustomer("ada");
  ASSERT_THAT(feeder_.Apply({EventOf(customer)}), IsOk());
  *customer.mutable_delete_time() = ToTimestamp(absl::FromUnixSeconds(8));
  ASSERT_THAT(feeder_.Apply({EventOf(customer, "deleted")}), IsOk());
  EXPECT_THAT(feeder_.Query(kFacts), IsEmpty());

  customer.clear_delete_time();
  ASSERT_THAT(feeder_.Apply({EventOf(customer, "undeleted")}), IsOk());
  EXPECT_EQ(feeder_.Query(kFacts).size(), 1u);
}

// A merge moves opportunities to another ordering key, whose events may be
// ahead of those of the old one.
TEST_F(ResourceFactsTest, AreNotOvertakenByTheEventsOfTheCustomerBefore) {
  Event late = EventOf(MakeOpportunity("deal", "customers/ada"), "updated");
  late.set_resource_version(2);
  Event moved = EventOf(MakeOpportunity("deal", "customers/bob"), "updated");
  moved.set_resource_version(3);
  moved.add_changed_fields("customer");
  ASSERT_THAT(feeder_.Apply({moved}), IsOk());
  ASSERT_THAT(feeder_.Apply({late}), IsOk());

  EXPECT_THAT(feeder_.Query("SELECT customer FROM resource_facts"),
              ElementsAre(SqlRow{"customers/bob"}));
}

TEST_F(ResourceFactsTest, RefuseEventsThatDoNotHoldTheirResource) {
  Event event = EventOf(MakeCustomer("ada"));
  event.set_after("\xff\xff");
  EXPECT_THAT(feeder_.Apply({event}),
              StatusIs(absl::StatusCode::kInvalidArgument, "EVENT_UNREADABLE"));
  event = EventOf(MakeCustomer("ada"));
  event.set_resource("customers/bob");
  EXPECT_THAT(feeder_.Apply({event}),
              StatusIs(absl::StatusCode::kInvalidArgument, "EVENT_UNREADABLE"));
  event = EventOf(MakeCustomer("ada"));
  event.set_type("customer.exploded");
  EXPECT_THAT(feeder_.Apply({event}),
              StatusIs(absl::StatusCode::kUnimplemented, "EVENT_TYPE_UNKNOWN"));
  EXPECT_THAT(feeder_.Query(kFacts), IsEmpty());
}

TEST_F(ResourceFactsTest, AnswersAreTakenOnTheScaleOfTheirKind) {
  SurveyResponse response;
  response.set_name("surveyResponses/r");
  response.set_customer("customers/ada");
  struct Answer {
    SurveyResponse::Kind kind;
    int32_t score;
    const char* value;
  };
  for (const Answer& answer :
       {Answer{SurveyResponse::RECOMMENDATION, 7, "0.700000000"},
        Answer{SurveyResponse::SATISFACTION, 4, "0.750000000"},
        Answer{SurveyResponse::EASE, 1, "0.000000000"},
        Answer{SurveyResponse::EASE, 7, "1.000000000"}}) {
    response.set_kind(answer.kind);
    response.set_score(answer.score);
    ASSERT_THAT(feeder_.Apply({feeder_.MakeResourceEvent(
                    "crm/SurveyResponse", response, "customers/ada")}),
                IsOk());
    EXPECT_THAT(feeder_.Query("SELECT CAST(value AS TEXT) FROM resource_facts"),
                ElementsAre(SqlRow{answer.value}));
  }
  response.set_kind(SurveyResponse::SATISFACTION);
  response.set_score(0);
  EXPECT_THAT(feeder_.Apply({feeder_.MakeResourceEvent(
                  "crm/SurveyResponse", response, "customers/ada")}),
              StatusIs(absl::StatusCode::kInvalidArgument, "EVENT_UNREADABLE"));
}

TEST(ResourceFacts, AreKeptOfFewTypes) {
  EXPECT_TRUE(KeepsFacts("crm/Customer"));
  EXPECT_TRUE(KeepsFacts("crm/Activity"));
  EXPECT_TRUE(KeepsFacts("crm/DuplicateCandidate"));
  EXPECT_FALSE(KeepsFacts("crm/Order"));
  EXPECT_FALSE(KeepsFacts("crm/Lead"));
}

}  // namespace
}  // namespace crm::analytical
