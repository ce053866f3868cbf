// Rows of the capability list on what a business declares of itself and its
// surroundings, as callers of the analytical service see them.

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/external_factor.pb.h"
#include "crm/analytical/v1/proposition.pb.h"
#include "crm/analytical/v1/stakeholder_link.pb.h"
#include "crm/analytical/v1/stakeholder_link_transitions.pb.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "services/analytical/app.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::analytical::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class DeclaredRows : public ::testing::Test {
 protected:
  DeclaredRows()
      : service_(authority_, "analytical", analytical::MakeAnalytical,
                 [](HostSettings& settings) {
                   // Nobody is there whose events it could follow.
                   settings.addresses["operational"] = "127.0.0.1:1";
                 }),
        token_(authority_.Token("acme", "user:boss", {"analyst"})),
        partner_(authority_.Token("acme", "user:mill", {"partner"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                const std::string& token = "") {
    return service_.client().Call<Response>(
        absl::StrCat("crm.analytical.v1.", method), Proto<Request>(text),
        {.token = token.empty() ? token_ : token});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text,
                const std::string& token = "") {
    auto response = Call<Response, Request>(method, text, token);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  void Link(absl::string_view id, absl::string_view from,
            absl::string_view party, absl::string_view viewer = "") {
    Must<v1::StakeholderLink, v1::CreateStakeholderLinkRequest>(
        "StakeholderLinkService.CreateStakeholderLink",
        absl::StrCat("stakeholder_link_id: '", id,
                     "' stakeholder_link { from_party: '", from, "' party: '",
                     party, "' party_kind: SUPPLIER role: 'Delivers' ",
                     "received_data: 'orders' viewer: '", viewer, "' }"));
  }

  void RevokeLink(absl::string_view id) {
    const auto revoked =
        Must<v1::StakeholderLink, v1::RevokeStakeholderLinkRequest>(
            "StakeholderLinkService.RevokeStakeholderLink",
            absl::StrCat("name: 'stakeholderLinks/", id,
                         "' reason: 'Contract ended'"));
    EXPECT_EQ(revoked.state(), v1::StakeholderLink::REVOKED);
    EXPECT_TRUE(revoked.has_revoke_time());
  }

  v1::GetNetworkResponse Network(absl::string_view root, int depth,
                                 const std::string& token = "") {
    return Must<v1::GetNetworkResponse, v1::GetNetworkRequest>(
        "StakeholderLinkService.GetNetwork",
        absl::StrCat("root: '", root, "' depth: ", depth), token);
  }

  static std::vector<std::string> Parties(const v1::GetNetworkResponse& net) {
    std::vector<std::string> parties;
    for (const auto& node : net.nodes()) {
      parties.push_back(absl::StrCat(node.party(), " ", node.depth()));
    }
    return parties;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
  const std::string partner_;
};

TEST_F(DeclaredRows, PF_01_AnObjectiveWithoutDataSaysSo) {
  Must<v1::Strategy, v1::CreateStrategyRequest>(
      "StrategyService.CreateStrategy",
      "strategy_id: 'growth' strategy { display_name: 'Growth' vision: 'Grow' "
      "target_segments: 'Retail' objectives { objective_id: 'more' "
      "display_name: 'More' metric { kind: ORDERS } direction: INCREASE "
      "target_millionths: 5000000 start_date { year: 2026 month: 1 day: 1 } "
      "due_date { year: 2026 month: 12 day: 31 } } }");

  const auto measured =
      Must<v1::MeasureStrategyResponse, v1::MeasureStrategyRequest>(
          "StrategyService.MeasureStrategy", "name: 'strategies/growth'");

  ASSERT_THAT(measured.statuses(), SizeIs(1));
  EXPECT_EQ(measured.statuses(0).status(), v1::ObjectiveStatus::NO_DATA);
  EXPECT_FALSE(measured.statuses(0).value().has_value());
  EXPECT_TRUE(measured.has_as_of_time());
}

TEST_F(DeclaredRows, PF_01_ObjectivesAreRefusedWithAllThatIsWrong) {
  const auto refused = Call<v1::Strategy, v1::CreateStrategyRequest>(
      "StrategyService.CreateStrategy",
      "strategy { display_name: 'Growth' vision: 'Grow' "
      "objectives { objective_id: 'a' display_name: 'A' metric { kind: REVENUE "
      "} direction: INCREASE start_date { year: 2026 month: 2 day: 1 } "
      "due_date { year: 2026 month: 1 day: 1 } } "
      "objectives { objective_id: 'a' display_name: 'B' metric { kind: ORDERS "
      "} direction: DECREASE baseline_millionths: 5 start_date { year: 2026 "
      "month: 1 day: 1 } due_date { year: 2026 month: 1 day: 1 } } }");

  ASSERT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  std::vector<std::string> fields;
  for (const auto& violation : FieldViolations(refused.status())) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ElementsAre("strategy.objectives[0].metric.currency_code",
                                  "strategy.objectives[0].due_date",
                                  "strategy.objectives[0].target_millionths",
                                  "strategy.objectives[1].objective_id",
                                  "strategy.objectives[1].metric.period_days"));
}

TEST_F(DeclaredRows, VP_03_WalksTheNetworkAsFarAsIsAskedAndThroughCircles) {
  Link("link-a", "customers/ada", "accounts/mill");
  Link("link-b", "accounts/mill", "accounts/farm");
  Link("link-c", "accounts/farm", "customers/ada");
  Link("link-d", "accounts/farm", "accounts/bank");
  Link("link-e", "accounts/bank", "teams/desk");
  Link("link-f", "customers/bea", "accounts/other");

  const auto near = Network("customers/ada", 0);
  const auto far = Network("customers/ada", 2);
  const auto all = Network("customers/ada", 5);

  EXPECT_THAT(Parties(near),
              UnorderedElementsAre("customers/ada 0", "accounts/mill 1",
                                   "accounts/farm 1"));
  EXPECT_THAT(near.stakeholder_links(), SizeIs(2));
  EXPECT_THAT(Parties(far),
              UnorderedElementsAre("customers/ada 0", "accounts/mill 1",
                                   "accounts/farm 1", "accounts/bank 2"));
  EXPECT_THAT(far.stakeholder_links(), SizeIs(4));
  EXPECT_THAT(Parties(all), SizeIs(5));
  EXPECT_THAT(all.stakeholder_links(), SizeIs(5));
  EXPECT_FALSE(all.truncated());
  EXPECT_THAT((Call<v1::GetNetworkResponse, v1::GetNetworkRequest>(
                  "StakeholderLinkService.GetNetwork",
                  "root: 'customers/ada' depth: 6")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(DeclaredRows, VP_03_RevokingALinkEndsItsPartysAccessAtOnce) {
  Link("mine", "customers/ada", "accounts/mill", "user:mill");
  Link("other", "customers/ada", "accounts/farm", "user:farm");
  const std::string get = "name: 'stakeholderLinks/mine'";
  EXPECT_THAT(Parties(Network("customers/ada", 1, partner_)),
              ElementsAre("customers/ada 0", "accounts/mill 1"));
  Must<v1::StakeholderLink, v1::GetStakeholderLinkRequest>(
      "StakeholderLinkService.GetStakeholderLink", get, partner_);

  RevokeLink("mine");

  EXPECT_THAT(Network("customers/ada", 5, partner_).stakeholder_links(),
              IsEmpty());
  EXPECT_THAT((Call<v1::StakeholderLink, v1::GetStakeholderLinkRequest>(
                  "StakeholderLinkService.GetStakeholderLink", get, partner_)),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(Parties(Network("customers/ada", 5)),
              ElementsAre("customers/ada 0", "accounts/farm 1"));
  const auto revoked = Must<v1::StakeholderLink, v1::GetStakeholderLinkRequest>(
      "StakeholderLinkService.GetStakeholderLink", get);
  EXPECT_EQ(revoked.revoked_viewer(), "user:mill");
  EXPECT_EQ(revoked.revoke_reason(), "Contract ended");
  EXPECT_THAT((Call<v1::StakeholderLink, v1::UpdateStakeholderLinkRequest>(
                  "StakeholderLinkService.UpdateStakeholderLink",
                  "stakeholder_link { name: 'stakeholderLinks/mine' viewer: "
                  "'user:mill' }")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "LINK_REVOKED"));
}

TEST_F(DeclaredRows, VP_03_ALinkLeadsFromOnePartyToAnother) {
  EXPECT_THAT((Call<v1::StakeholderLink, v1::CreateStakeholderLinkRequest>(
                  "StakeholderLinkService.CreateStakeholderLink",
                  "stakeholder_link { from_party: 'customers/ada' party: "
                  "'customers/ada' party_kind: PARTNER role: 'Self' }")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(DeclaredRows, QC_01_AFactorLeadsToTheExperienceAndToThePlanning) {
  Must<v1::ExternalFactor, v1::CreateExternalFactorRequest>(
      "ExternalFactorService.CreateExternalFactor",
      "external_factor_id: 'prices' external_factor { display_name: 'Prices' "
      "kind: MARKET_EVENT subjects: 'accounts/mill' segments: 'Retail' "
      "observed_date { year: 2026 month: 3 day: 1 } end_date { year: 2026 "
      "month: 3 day: 31 } effects { node: EXPERIENCE strength_millionths: "
      "-250000 reason: 'They complain' } }");
  const auto graph = [&](absl::string_view more) {
    return Must<v1::ComputeFactorGraphResponse, v1::ComputeFactorGraphRequest>(
        "ExternalFactorService.ComputeFactorGraph", more);
  };

  const auto drawn = graph(
      "as_of_date { year: 2026 month: 3 day: 31 } segment: 'Retail' subject: "
      "'accounts/mill'");

  ASSERT_THAT(drawn.nodes(), SizeIs(3));
  EXPECT_EQ(drawn.nodes(2).external_factor(), "externalFactors/prices");
  EXPECT_THAT(
      drawn.edges(),
      ElementsAre(EqualsProto("external_factor: 'externalFactors/prices' "
                              "to_node: EXPERIENCE has_strength: true "
                              "strength_millionths: -250000"),
                  EqualsProto("external_factor: 'externalFactors/prices' "
                              "to_node: PLANNING")));
  EXPECT_THAT(graph("as_of_date { year: 2026 month: 4 day: 1 }").edges(),
              IsEmpty());
  EXPECT_THAT(graph("as_of_date { year: 2026 month: 2 day: 28 }").edges(),
              IsEmpty());
  EXPECT_THAT(
      graph("as_of_date { year: 2026 month: 3 day: 1 } segment: 'B'").edges(),
      IsEmpty());
  EXPECT_THAT(graph("as_of_date { year: 2026 month: 3 day: 1 } subject: "
                    "'accounts/farm'")
                  .edges(),
              IsEmpty());
}

TEST_F(DeclaredRows, QC_01_FactorsAreRefusedWithAllThatIsWrong) {
  const auto refused =
      Call<v1::ExternalFactor, v1::CreateExternalFactorRequest>(
          "ExternalFactorService.CreateExternalFactor",
          "external_factor { display_name: 'Prices' kind: GOAL observed_date { "
          "year: 2026 month: 3 day: 2 } end_date { year: 2026 month: 3 day: 1 "
          "} effects { node: FACTOR reason: 'a' } effects { node: PLANNING "
          "reason: 'b' } }");
  const auto twice = Call<v1::ExternalFactor, v1::CreateExternalFactorRequest>(
      "ExternalFactorService.CreateExternalFactor",
      "external_factor { display_name: 'Prices' kind: GOAL segments: 'A' "
      "observed_date { year: 2026 month: 3 day: 2 } effects { node: PLANNING "
      "reason: 'a' } effects { node: PLANNING reason: 'b' } }");

  ASSERT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(refused.status()), SizeIs(3));
  ASSERT_THAT(twice,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_EQ(FieldViolations(twice.status())[0].field,
            "external_factor.effects[1].node");
}

TEST_F(DeclaredRows, VP_04_PropositionsAreRefusedWithAllThatIsWrong) {
  const auto refused = Call<v1::Proposition, v1::CreatePropositionRequest>(
      "PropositionService.CreateProposition",
      "proposition { display_name: 'Care' segment: 'Retail' "
      "benefits { benefit_id: 'a' description: 'A' metric { kind: REVENUE } "
      "bound: AT_LEAST } benefits { benefit_id: 'a' description: 'B' metric { "
      "kind: ORDERS } bound: AT_LEAST } "
      "cost_per_order { currency_code: 'USD' units: -1 } "
      "cost_per_activity { currency_code: 'EUR' units: 1 } }");

  ASSERT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(refused.status()), SizeIs(4));
}

TEST_F(DeclaredRows, VP_04_WhatIsNotKnownOfAPropositionIsMarked) {
  Must<v1::Proposition, v1::CreatePropositionRequest>(
      "PropositionService.CreateProposition",
      "proposition_id: 'care' proposition { display_name: 'Care' segment: "
      "'Retail' benefits { benefit_id: 'a' description: 'A' metric { kind: "
      "ORDERS } bound: AT_LEAST promised_millionths: 0 } }");

  const auto measured =
      Must<v1::MeasurePropositionResponse, v1::MeasurePropositionRequest>(
          "PropositionService.MeasureProposition",
          "name: 'propositions/care' start_time { seconds: 1600000000 }");

  ASSERT_THAT(measured.deliveries(), SizeIs(1));
  EXPECT_FALSE(measured.deliveries(0).value().has_value());
  EXPECT_FALSE(measured.deliveries(0).kept());
  ASSERT_THAT(measured.costs(), SizeIs(2));
  EXPECT_FALSE(measured.costs(0).is_known());
  EXPECT_FALSE(measured.costs(1).is_known());
  EXPECT_FALSE(measured.is_complete());
}

}  // namespace
}  // namespace crm::testing
