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

TEST(PrepareLead, ForgetsWhyALeadWasGivenUpThatIsTakenUpAgain) {
  const v1::Lead before = Parse(
      "state: DISQUALIFIED disqualify_reason: 'no budget' recycle_count: 1 "
      "disqualify_time { seconds: 5 } qualify_time { seconds: 4 }");
  v1::Lead after = before;
  after.set_state(v1::Lead::NEW);

  EXPECT_THAT(PrepareLead(&before, after, {}), IsOk());

  EXPECT_THAT(after, EqualsProto("state: NEW recycle_count: 2"));
}

TEST(IsAsConverted, IsFalseAfterAnyChange) {
  v1::Account account;
  account.mutable_create_time()->set_seconds(5);
  account.mutable_update_time()->set_seconds(5);
  EXPECT_TRUE(IsAsConverted(account));

  v1::Account deleted = account;
  deleted.mutable_delete_time()->set_seconds(6);
  EXPECT_FALSE(IsAsConverted(deleted));

  account.mutable_update_time()->set_nanos(1);
  EXPECT_FALSE(IsAsConverted(account));
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
