// Rows of the capability list on pipelines and opportunities, as callers of the
// operational service see them.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/pipeline.pb.h"
#include "services/operational/app.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kStages[] =
    "stages { stage_id: 'new' display_name: 'New' outcome: OPEN "
    "         probability_millionths: 100000 } "
    "stages { stage_id: 'talk' display_name: 'Talk' outcome: OPEN "
    "         probability_millionths: 300000 } "
    "stages { stage_id: 'offer' display_name: 'Offer' outcome: OPEN "
    "         required_fields: 'amount' needs_approval: true } "
    "stages { stage_id: 'won' display_name: 'Won' outcome: WON "
    "         probability_millionths: 1000000 } "
    "stages { stage_id: 'lost' display_name: 'Lost' outcome: LOST }";

class PipelineRows : public ::testing::Test {
 protected:
  PipelineRows()
      : service_(authority_, "operational", operational::MakeOperational),
        ada_(authority_.Token("acme", "user:ada", {"sales_rep"})),
        boss_(authority_.Token("acme", "user:boss", {"sales_manager"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                const std::string& token) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token});
  }

  absl::StatusOr<v1::Opportunity> Move(absl::string_view id,
                                       absl::string_view stage) {
    return Call<v1::Opportunity, v1::MoveOpportunityStageRequest>(
        "OpportunityService.MoveOpportunityStage",
        absl::StrCat("name: 'opportunities/", id, "' stage: '", stage, "'"),
        ada_);
  }

  absl::StatusOr<v1::Opportunity> Create(absl::string_view id,
                                         absl::string_view fields = "") {
    return Call<v1::Opportunity, v1::CreateOpportunityRequest>(
        "OpportunityService.CreateOpportunity",
        absl::StrCat("opportunity_id: '", id,
                     "' opportunity { display_name: 'Deal' ", fields, " }"),
        ada_);
  }

  // A pipeline in use.
  void MakePipeline(absl::string_view id) {
    ASSERT_THAT(
        (Call<v1::Pipeline, v1::CreatePipelineRequest>(
            "PipelineService.CreatePipeline",
            absl::StrCat("pipeline_id: '", id, "' pipeline { display_name: '",
                         id, "' ", kStages, " }"),
            boss_)),
        IsOk());
    ASSERT_THAT((Call<v1::Pipeline, v1::ActivatePipelineRequest>(
                    "PipelineService.ActivatePipeline",
                    absl::StrCat("name: 'pipelines/", id, "'"), boss_)),
                IsOk());
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string ada_;
  const std::string boss_;
};

TEST_F(PipelineRows, OP_03_AnIllegalMoveIsRefusedByTheNameOfItsRule) {
  MakePipeline("default");
  ASSERT_THAT(Create("deal"), IsOk());

  const auto skipped = Move("deal", "offer");

  EXPECT_THAT(skipped,
              StatusIs(absl::StatusCode::kFailedPrecondition, "STAGE_SKIPPED"));
  EXPECT_THAT(std::string(skipped.status().message()),
              HasSubstr("These can: talk"));
  EXPECT_THAT(Move("deal", "talk"), IsOk());
  EXPECT_THAT(Move("deal", "new"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "STAGE_BACK"));
  EXPECT_THAT(
      Move("deal", "won"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "STAGE_NOT_OPEN"));
}

TEST_F(PipelineRows, OP_03_TheTimesOfTheStagesAddUpToTheAge) {
  MakePipeline("default");
  const auto created = Create("deal");
  ASSERT_THAT(created, IsOk());
  ASSERT_THAT(Move("deal", "talk"), IsOk());

  const auto won = Call<v1::Opportunity, v1::WinOpportunityRequest>(
      "OpportunityService.WinOpportunity", "name: 'opportunities/deal'", ada_);

  ASSERT_THAT(won, IsOk());
  EXPECT_EQ(won->state(), v1::Opportunity::WON);
  ASSERT_EQ(won->stage_history_size(), 3);
  absl::Duration sum;
  for (int i = 0; i + 1 < won->stage_history_size(); ++i) {
    sum += FromTimestamp(won->stage_history(i).leave_time()) -
           FromTimestamp(won->stage_history(i).enter_time());
  }
  EXPECT_EQ(FromTimestamp(created->create_time()) + sum,
            FromTimestamp(won->close_time()));
}

TEST_F(PipelineRows, B11_SomebodyElseApprovesWhereAStageAsksForIt) {
  MakePipeline("default");
  ASSERT_THAT(Create("deal", "amount { currency_code: 'EUR' units: 5 }"),
              IsOk());
  ASSERT_THAT(Move("deal", "talk"), IsOk());
  EXPECT_THAT(
      Move("deal", "offer"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "STAGE_NOT_APPROVED"));
  const auto approve = [&](const std::string& token) {
    return Call<v1::Opportunity, v1::ApproveOpportunityStageRequest>(
        "OpportunityService.ApproveOpportunityStage",
        "name: 'opportunities/deal' approved_stage: 'offer'", token);
  };

  EXPECT_THAT(approve(ada_), StatusIs(absl::StatusCode::kPermissionDenied,
                                      "PERMISSION_DENIED"));
  ASSERT_THAT(approve(boss_), IsOk());
  const auto offer = Move("deal", "offer");

  ASSERT_THAT(offer, IsOk());
  EXPECT_EQ(offer->stage_history(2).approver(), "user:boss");
}

TEST_F(PipelineRows, B10_PipelinesAreDataOfTheTenantAndRevised) {
  MakePipeline("default");
  MakePipeline("partners");
  const auto deal = Create("deal", "pipeline: 'pipelines/partners'");
  ASSERT_THAT(deal, IsOk());

  const auto draft = Call<v1::Pipeline, v1::RevisePipelineRequest>(
      "PipelineService.RevisePipeline", "name: 'pipelines/partners'", boss_);

  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->state(), v1::Pipeline::DRAFT);
  EXPECT_EQ(draft->revision(), 2);
  EXPECT_EQ(draft->revised_pipeline(), "pipelines/partners");
  EXPECT_THAT(
      Create("other", absl::StrCat("pipeline: '", draft->name(), "'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "PIPELINE_NOT_ACTIVE"));
  EXPECT_THAT(
      (Call<v1::Pipeline, v1::DeletePipelineRequest>(
          "PipelineService.DeletePipeline", "name: 'pipelines/partners'",
          boss_)),
      StatusIs(absl::StatusCode::kFailedPrecondition, "PIPELINE_IN_USE"));
  EXPECT_THAT((Call<v1::Pipeline, v1::DeletePipelineRequest>(
                  "PipelineService.DeletePipeline",
                  absl::StrCat("name: '", draft->name(), "'"), boss_)),
              IsOk());
}

TEST_F(PipelineRows, B10_DealsOfSeveralPipelinesGoTheirOwnWays) {
  MakePipeline("default");
  ASSERT_THAT(
      (Call<v1::Pipeline, v1::CreatePipelineRequest>(
          "PipelineService.CreatePipeline",
          "pipeline_id: 'short' pipeline { display_name: 'Short' "
          "stages { stage_id: 'ask' display_name: 'Ask' outcome: OPEN } "
          "stages { stage_id: 'yes' display_name: 'Yes' outcome: WON "
          "         probability_millionths: 1000000 } "
          "stages { stage_id: 'no' display_name: 'No' outcome: LOST } }",
          boss_)),
      IsOk());
  ASSERT_THAT((Call<v1::Pipeline, v1::ActivatePipelineRequest>(
                  "PipelineService.ActivatePipeline", "name: 'pipelines/short'",
                  boss_)),
              IsOk());
  ASSERT_THAT(Create("long"), IsOk());
  ASSERT_THAT(Create("short", "pipeline: 'pipelines/short'"), IsOk());
  const auto in = [&](absl::string_view filter) {
    const auto page =
        Call<v1::ListOpportunitiesResponse, v1::ListOpportunitiesRequest>(
            "OpportunityService.ListOpportunities",
            absl::StrCat("filter: '", filter, "'"), ada_);
    EXPECT_THAT(page, IsOk());
    std::vector<std::string> names;
    if (!page.ok()) return names;
    for (const v1::Opportunity& deal : page->opportunities()) {
      names.push_back(deal.name());
    }
    return names;
  };

  EXPECT_THAT(in("pipeline = \"pipelines/short\" AND stage = \"ask\""),
              ElementsAre("opportunities/short"));
  EXPECT_THAT(in("pipeline = \"pipelines/default\" AND stage = \"new\""),
              ElementsAre("opportunities/long"));
  // A stage of another pipeline is none of this one's.
  EXPECT_THAT(Move("short", "talk"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "STAGE_UNKNOWN"));
  EXPECT_THAT(Move("long", "talk"), IsOk());
  const auto won = Call<v1::Opportunity, v1::WinOpportunityRequest>(
      "OpportunityService.WinOpportunity", "name: 'opportunities/short'", ada_);
  ASSERT_THAT(won, IsOk());
  EXPECT_EQ(won->stage(), "yes");
  EXPECT_EQ(in("state = OPEN"), std::vector<std::string>{"opportunities/long"});
}

TEST_F(PipelineRows, B12_EachStayInAStageSaysWhoCameWhenAndWhy) {
  MakePipeline("default");
  const auto created = Create("deal");
  ASSERT_THAT(created, IsOk());
  ASSERT_THAT((Call<v1::Opportunity, v1::MoveOpportunityStageRequest>(
                  "OpportunityService.MoveOpportunityStage",
                  "name: 'opportunities/deal' stage: 'talk' stage_reason: "
                  "'She called.'",
                  boss_)),
              IsOk());
  // An update is no way around the verbs, nor into the history.
  ASSERT_THAT((Call<v1::Opportunity, v1::UpdateOpportunityRequest>(
                  "OpportunityService.UpdateOpportunity",
                  "opportunity { name: 'opportunities/deal' stage: 'offer' "
                  "display_name: 'Big deal' stage_history { stage: 'won' } }",
                  ada_)),
              IsOk());
  const auto deal = Call<v1::Opportunity, v1::GetOpportunityRequest>(
      "OpportunityService.GetOpportunity", "name: 'opportunities/deal'", ada_);

  ASSERT_THAT(deal, IsOk());
  EXPECT_EQ(deal->display_name(), "Big deal");
  EXPECT_EQ(deal->stage(), "talk");
  ASSERT_EQ(deal->stage_history_size(), 2);
  const v1::StageStay& first = deal->stage_history(0);
  const v1::StageStay& second = deal->stage_history(1);
  EXPECT_EQ(first.stage(), "new");
  EXPECT_EQ(first.mover(), "user:ada");
  EXPECT_THAT(first.enter_time(),
              EqualsProto(created->create_time().ShortDebugString()));
  EXPECT_THAT(first.leave_time(),
              EqualsProto(second.enter_time().ShortDebugString()));
  EXPECT_EQ(second.stage(), "talk");
  EXPECT_EQ(second.mover(), "user:boss");
  EXPECT_EQ(second.reason(), "She called.");
  EXPECT_FALSE(second.has_leave_time());
}

TEST_F(PipelineRows, B13_WhatIsLostHasAReasonThatCanBeListedBy) {
  MakePipeline("default");
  for (const char* id : {"cheap", "late", "open"}) {
    ASSERT_THAT(Create(id), IsOk());
  }
  const auto lose = [&](absl::string_view id, absl::string_view reason) {
    return Call<v1::Opportunity, v1::LoseOpportunityRequest>(
        "OpportunityService.LoseOpportunity",
        absl::StrCat("name: 'opportunities/", id, "' ", reason), ada_);
  };
  EXPECT_THAT(lose("cheap", ""),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  ASSERT_THAT(lose("cheap", "lost_reason: 'price'"), IsOk());
  ASSERT_THAT(lose("late", "lost_reason: 'timing'"), IsOk());
  const auto list = [&] {
    return Call<v1::ListOpportunitiesResponse, v1::ListOpportunitiesRequest>(
        "OpportunityService.ListOpportunities",
        "filter: 'lost_reason = \"price\"'", ada_);
  };

  const auto lost = list();
  ASSERT_THAT(lost, IsOk());
  ASSERT_EQ(lost->opportunities_size(), 1);
  EXPECT_EQ(lost->opportunities(0).name(), "opportunities/cheap");
  EXPECT_EQ(lost->opportunities(0).state(), v1::Opportunity::LOST);
  // It is of what is lost alone.
  const auto again = Call<v1::Opportunity, v1::ReopenOpportunityRequest>(
      "OpportunityService.ReopenOpportunity", "name: 'opportunities/cheap'",
      boss_);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->lost_reason(), "");
  EXPECT_EQ(list()->opportunities_size(), 0);
}

}  // namespace
}  // namespace crm::testing
