#include "services/operational/domain/lead.h"

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

v1::Lead Parse(const char* text) {
  v1::Lead lead;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &lead));
  return lead;
}

TEST(PrepareLead, MakesANewOneNew) {
  v1::Lead lead = Parse("display_name: 'Ada' email: 'Ada@Example.ORG'");

  EXPECT_THAT(PrepareLead(nullptr, lead, {}), IsOk());

  EXPECT_THAT(lead, EqualsProto("display_name: 'Ada' "
                                "email: 'ada@example.org' state: NEW"));
}

TEST(PrepareLead, KeepsTheStateOfAnOldOne) {
  const v1::Lead before = Parse("state: QUALIFIED");
  v1::Lead after = Parse("state: QUALIFIED email: 'ADA@example.org'");

  EXPECT_THAT(PrepareLead(&before, after, {}), IsOk());

  EXPECT_THAT(after, EqualsProto("state: QUALIFIED email: 'ada@example.org'"));
}

TEST(QualifyLead, SaysWhenItWasQualified) {
  EXPECT_THAT(
      QualifyLead(Parse("name: 'leads/ada' state: NEW"), kNow),
      IsOkAndHolds(EqualsProto("name: 'leads/ada' state: QUALIFIED "
                               "qualify_time { seconds: 1700000000 }")));
}

TEST(QualifyLead, RejectsALeadThatIsNotNew) {
  for (const char* lead :
       {"name: 'leads/ada' state: QUALIFIED",
        "name: 'leads/ada' state: CONVERTED", "name: 'leads/ada'"}) {
    SCOPED_TRACE(lead);
    EXPECT_THAT(
        QualifyLead(Parse(lead), kNow),
        StatusIs(absl::StatusCode::kFailedPrecondition, "LEAD_NOT_NEW"));
  }
}

TEST(PlanLeadConversion, MakesAnAccountAndAContactOfTheSameCustomer) {
  const v1::Lead lead = Parse(
      "name: 'leads/ada' display_name: 'Ada' company: 'Acme' "
      "customer: 'customers/acme' owner: 'bob' email: 'ada@acme.example' "
      "phone: '+4930123' state: QUALIFIED");

  const auto plan = PlanLeadConversion(lead, "", kNow);

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->lead,
              EqualsProto("name: 'leads/ada' display_name: 'Ada' "
                          "company: 'Acme' customer: 'customers/acme' "
                          "owner: 'bob' email: 'ada@acme.example' "
                          "phone: '+4930123' state: CONVERTED "
                          "convert_time { seconds: 1700000000 }"));
  EXPECT_THAT(plan->account,
              EqualsProto("display_name: 'Acme' customer: 'customers/acme' "
                          "owner: 'bob'"));
  EXPECT_THAT(plan->contact,
              EqualsProto("display_name: 'Ada' customer: 'customers/acme' "
                          "owner: 'bob' email: 'ada@acme.example' "
                          "phone: '+4930123'"));
  EXPECT_FALSE(plan->opportunity.has_value());
}

TEST(PlanLeadConversion, OpensAnOpportunityThatIsNamed) {
  const v1::Lead lead = Parse(
      "display_name: 'Ada' customer: 'customers/ada' owner: 'bob' "
      "state: QUALIFIED");

  const auto plan = PlanLeadConversion(lead, "Chairs", kNow);

  ASSERT_THAT(plan, IsOk());
  ASSERT_TRUE(plan->opportunity.has_value());
  EXPECT_THAT(*plan->opportunity,
              EqualsProto("display_name: 'Chairs' customer: 'customers/ada' "
                          "owner: 'bob'"));
}

TEST(PlanLeadConversion, MakesAPersonTheirOwnAccount) {
  const auto plan = PlanLeadConversion(
      Parse("display_name: 'Ada' state: QUALIFIED"), "", kNow);

  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->account.display_name(), "Ada");
}

TEST(PlanLeadConversion, RejectsALeadThatIsNotQualified) {
  for (const char* lead :
       {"name: 'leads/ada' state: NEW", "name: 'leads/ada' state: CONVERTED"}) {
    SCOPED_TRACE(lead);
    EXPECT_THAT(
        PlanLeadConversion(Parse(lead), "", kNow),
        StatusIs(absl::StatusCode::kFailedPrecondition, "LEAD_NOT_QUALIFIED"));
  }
}

}  // namespace
}  // namespace crm::operational
