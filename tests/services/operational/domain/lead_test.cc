#include "services/operational/domain/lead.h"

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;

v1::Lead Parse(const char* text) {
  v1::Lead lead;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &lead));
  return lead;
}

TEST(PrepareLead, WritesTheAddressInLowerCase) {
  v1::Lead lead = Parse("display_name: 'Ada' email: 'Ada@Example.ORG'");

  EXPECT_THAT(PrepareLead(nullptr, lead, {}), IsOk());

  EXPECT_THAT(lead, EqualsProto("display_name: 'Ada' "
                                "email: 'ada@example.org'"));
}

TEST(PlanLeadConversion, MakesAnAccountAndAContactOfTheSameCustomer) {
  const v1::Lead lead = Parse(
      "name: 'leads/ada' display_name: 'Ada' company: 'Acme' "
      "customer: 'customers/acme' owner: 'bob' email: 'ada@acme.example' "
      "phone: '+4930123' state: CONVERTED");

  const auto plan = PlanLeadConversion(lead, "");

  EXPECT_THAT(plan.lead,
              EqualsProto("name: 'leads/ada' display_name: 'Ada' "
                          "company: 'Acme' customer: 'customers/acme' "
                          "owner: 'bob' email: 'ada@acme.example' "
                          "phone: '+4930123' state: CONVERTED"));
  EXPECT_THAT(plan.account,
              EqualsProto("display_name: 'Acme' customer: 'customers/acme' "
                          "owner: 'bob'"));
  EXPECT_THAT(plan.contact,
              EqualsProto("display_name: 'Ada' customer: 'customers/acme' "
                          "owner: 'bob' email: 'ada@acme.example' "
                          "phone: '+4930123'"));
  EXPECT_FALSE(plan.opportunity.has_value());
}

TEST(PlanLeadConversion, OpensAnOpportunityThatIsNamed) {
  const v1::Lead lead = Parse(
      "display_name: 'Ada' customer: 'customers/ada' owner: 'bob' "
      "state: CONVERTED");

  const auto plan = PlanLeadConversion(lead, "Chairs");

  ASSERT_TRUE(plan.opportunity.has_value());
  EXPECT_THAT(*plan.opportunity,
              EqualsProto("display_name: 'Chairs' customer: 'customers/ada' "
                          "owner: 'bob'"));
}

TEST(PlanLeadConversion, MakesAPersonTheirOwnAccount) {
  const auto plan = PlanLeadConversion(Parse("display_name: 'Ada'"), "");

  EXPECT_EQ(plan.account.display_name(), "Ada");
}

}  // namespace
}  // namespace crm::operational
