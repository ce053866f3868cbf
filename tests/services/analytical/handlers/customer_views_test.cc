#include "services/analytical/handlers/customer_views.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/business_by_hand.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using crm::testing::StatusIs;
using testing::BusinessByHand;
using testing::BusinessCustomer;
using testing::BusinessDay;
using testing::Evidence;
using testing::Fraction;

class CustomerViewsTest : public testing::ScorecardFixture {};

TEST_F(CustomerViewsTest, ID_02_EveryCustomerHasATierAndAGroupOrUnknown) {
  Feed();
  StoreModel(110, 30);
  const auto customers =
      BusinessByHand(business_, "", BusinessDay()).Customers();
  v1::DifferentiateCustomersRequest request;
  request.set_page_size(7);
  std::vector<v1::CustomerDifferentiation> all;
  do {
    const auto page =
        Read<v1::DifferentiateCustomersResponse>([&](const ReadView& view) {
          return HandleDifferentiateCustomers(analytics_, view, call_, request);
        });
    ASSERT_THAT(page, IsOk());
    EXPECT_EQ(page->clv_model(), "clvModels/may");
    EXPECT_EQ(page->value_boundaries().high().units(), 100);
    EXPECT_TRUE(page->has_value_time());
    all.insert(all.end(), page->customers().begin(), page->customers().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());

  ASSERT_EQ(all.size(), customers.size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].customer(), customers[i].name);
    const bool scored = customers[i].name >= "customers/c110" &&
                        customers[i].name < "customers/c140";
    EXPECT_EQ(all[i].value_tier(),
              scored ? v1::ClvScore::HIGH : v1::ClvScore::UNKNOWN);
    EXPECT_EQ(all[i].needs_group(), customers[i].segment);
    EXPECT_EQ(all[i].needs_unknown(), customers[i].segment.empty());
  }
  const auto scorecard = Create("framework: 'idic'");
  ASSERT_THAT(scorecard, IsOk());
  EXPECT_EQ(EvidenceOf(*scorecard)["customers.tiered"].value(),
            Fraction(30, static_cast<int64_t>(customers.size())));
}

TEST_F(CustomerViewsTest, ID_01_TellsWhatIsKnownOfACustomer) {
  Feed();
  v1::IdentifyCustomerRequest request;
  for (const BusinessCustomer& customer : business_.customers) {
    request.set_customer(customer.name);
    const auto told = HandleIdentifyCustomer(analytics_, call_, request);
    if (!customer.active) {
      EXPECT_THAT(told,
                  StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
      continue;
    }
    ASSERT_THAT(told, IsOk());
    int32_t sum = 0;
    for (const auto& attribute : told->attributes()) {
      EXPECT_EQ(attribute.known(),
                customer.known.contains(attribute.attribute_id()));
      if (attribute.known()) sum += attribute.weight_millionths();
    }
    EXPECT_EQ(told->completeness_millionths(), sum);
  }
}

}  // namespace
}  // namespace crm::analytical
