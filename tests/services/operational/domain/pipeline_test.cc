#include "services/operational/domain/pipeline.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Three open stages, of which the last asks for an amount and an approval.
v1::Pipeline Sales(const std::string& more = "") {
  v1::Pipeline pipeline;
  for (const std::string& text :
       {std::string(
            "name: 'pipelines/sales' display_name: 'Sales' state: DRAFT "
            "stages { stage_id: 'new' outcome: OPEN } "
            "stages { stage_id: 'talk' outcome: OPEN "
            "         probability_millionths: 300000 } "
            "stages { stage_id: 'offer' outcome: OPEN required_fields: "
            "'amount' "
            "         needs_approval: true } "
            "stages { stage_id: 'won' outcome: WON "
            "         probability_millionths: 1000000 } "
            "stages { stage_id: 'lost' outcome: LOST }"),
        more}) {
    EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &pipeline));
  }
  return pipeline;
}

std::vector<std::string> Violations(v1::Pipeline pipeline) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation :
       FieldViolations(PreparePipeline(nullptr, pipeline, {}))) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(PreparePipeline, TakesOneThatIsWhole) {
  v1::Pipeline pipeline = Sales();

  EXPECT_THAT(PreparePipeline(nullptr, pipeline, {}), IsOk());

  EXPECT_EQ(pipeline.revision(), 1);
}

TEST(PreparePipeline, WantsOpenThenWonThenLostStages) {
  v1::Pipeline unordered = Sales();
  unordered.mutable_stages()->SwapElements(0, 4);
  v1::Pipeline endless = Sales();
  endless.mutable_stages()->RemoveLast();
  v1::Pipeline twice_won = Sales();
  twice_won.mutable_stages(4)->set_outcome(v1::PipelineStage::WON);
  v1::Pipeline closed = Sales();
  closed.mutable_stages()->DeleteSubrange(0, 3);
  v1::Pipeline long_one = Sales();
  for (int i = 0; i <= kMaxOpenStages; ++i) {
    *long_one.add_stages() = long_one.stages(0);
  }

  for (const v1::Pipeline& bad :
       {unordered, endless, twice_won, closed, long_one, v1::Pipeline()}) {
    SCOPED_TRACE(bad.ShortDebugString());
    EXPECT_THAT(Violations(bad), ::testing::Contains("pipeline.stages"));
  }
}

TEST(PreparePipeline, NamesAllThatIsWrongWithTheStages) {
  v1::Pipeline pipeline = Sales();
  pipeline.mutable_stages(0)->set_needs_approval(true);
  pipeline.mutable_stages(1)->set_stage_id("new");
  pipeline.mutable_stages(2)->add_required_fields("stage");
  pipeline.mutable_stages(2)->add_required_fields("custom_fields.nothing");
  pipeline.mutable_stages(3)->set_probability_millionths(999'999);
  pipeline.mutable_stages(4)->set_probability_millionths(1);

  EXPECT_THAT(
      Violations(pipeline),
      UnorderedElementsAre("pipeline.stages[0]", "pipeline.stages[1].stage_id",
                           "pipeline.stages[2].required_fields[1]",
                           "pipeline.stages[2].required_fields[2]",
                           "pipeline.stages[3].probability_millionths",
                           "pipeline.stages[4].probability_millionths"));
}

TEST(PreparePipeline, KeepsTheStagesOfOneThatIsInUse) {
  const v1::Pipeline before = Sales("state: ACTIVE");
  v1::Pipeline renamed = before;
  renamed.set_display_name("Other");
  v1::Pipeline shorter = before;
  shorter.mutable_stages()->DeleteSubrange(1, 1);
  v1::Pipeline looser = before;
  looser.set_allows_skipping(true);

  EXPECT_THAT(PreparePipeline(&before, renamed, {}), IsOk());
  for (v1::Pipeline after : {shorter, looser}) {
    EXPECT_THAT(
        PreparePipeline(&before, after, {}),
        StatusIs(absl::StatusCode::kFailedPrecondition, "PIPELINE_NOT_DRAFT"));
  }
}

TEST(CheckPipelineDeletable, IsTrueOfDraftsAlone) {
  EXPECT_THAT(CheckPipelineDeletable(Sales()), IsOk());
  for (const char* state : {"state: ACTIVE", "state: RETIRED"}) {
    EXPECT_THAT(
        CheckPipelineDeletable(Sales(state)),
        StatusIs(absl::StatusCode::kFailedPrecondition, "PIPELINE_IN_USE"));
  }
}

TEST(Revise, MakesADraftOfTheNextRevision) {
  const v1::Pipeline before =
      Sales("state: ACTIVE revision: 2 allows_skipping: true");

  const auto draft = Revise(before);

  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->revised_pipeline(), "pipelines/sales");
  EXPECT_EQ(draft->revision(), 3);
  EXPECT_EQ(draft->state(), v1::Pipeline::STATE_UNSPECIFIED);
  EXPECT_EQ(draft->stages_size(), 5);
  EXPECT_TRUE(draft->allows_skipping());
  EXPECT_EQ(draft->name(), "");
  EXPECT_THAT(Revise(Sales()), StatusIs(absl::StatusCode::kFailedPrecondition,
                                        "PIPELINE_DRAFT"));
}

// Which open stages follow which, by what the pipeline allows.
TEST(NextStages, DependOnWhatThePipelineAllows) {
  const v1::Pipeline strict = Sales();
  const v1::Pipeline skipping = Sales("allows_skipping: true");
  const v1::Pipeline back = Sales("allows_going_back: true");

  EXPECT_THAT(NextStages(strict, "new"), ElementsAre("talk"));
  EXPECT_THAT(NextStages(strict, "talk"), ElementsAre("offer"));
  EXPECT_THAT(NextStages(strict, "offer"), IsEmpty());
  EXPECT_THAT(NextStages(skipping, "new"), ElementsAre("talk", "offer"));
  EXPECT_THAT(NextStages(skipping, "offer"), IsEmpty());
  EXPECT_THAT(NextStages(back, "new"), ElementsAre("talk"));
  EXPECT_THAT(NextStages(back, "offer"), ElementsAre("new", "talk"));
}

// Every stage against every other, in each kind of pipeline: what NextStages()
// names is allowed, and all else is refused by the rule's name.
TEST(CheckMove, B11_AllowsWhatIsNextAndNamesTheRuleThatRefusesTheRest) {
  for (const bool skipping : {false, true}) {
    for (const bool back : {false, true}) {
      v1::Pipeline pipeline = Sales();
      pipeline.set_allows_skipping(skipping);
      pipeline.set_allows_going_back(back);
      for (int from = 0; from < 3; ++from) {
        for (int to = 0; to < 5; ++to) {
          if (from == to) continue;
          const char* rule = "";
          if (to >= 3) {
            rule = "STAGE_NOT_OPEN";
          } else if (to > from + 1 && !skipping) {
            rule = "STAGE_SKIPPED";
          } else if (to < from && !back) {
            rule = "STAGE_BACK";
          }
          const absl::Status status =
              CheckMove(pipeline, pipeline.stages(from).stage_id(),
                        pipeline.stages(to).stage_id());
          EXPECT_EQ(ErrorReason(status), rule)
              << skipping << back << from << to;
        }
      }
    }
  }
}

TEST(CheckMove, SaysWhichStagesAreNext) {
  const absl::Status status = CheckMove(Sales(), "new", "offer");

  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("'offer' cannot follow 'new'"),
                    HasSubstr("These can: talk")));
  EXPECT_THAT(CheckMove(Sales(), "new", "nowhere"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "STAGE_UNKNOWN"));
}

TEST(MissingFields, AreThoseOfTheStageThatAreNotSet) {
  v1::PipelineStage stage;
  for (const char* field : {"amount", "splits", "custom_fields.seats"}) {
    stage.add_required_fields(field);
  }
  v1::Opportunity opportunity;

  EXPECT_THAT(MissingFields(stage, opportunity),
              ElementsAre("amount", "splits", "custom_fields.seats"));

  opportunity.mutable_amount()->set_units(1);
  opportunity.add_splits();
  (*opportunity.mutable_custom_fields())["seats"].set_int_value(1);
  EXPECT_THAT(MissingFields(stage, opportunity), IsEmpty());
}

}  // namespace
}  // namespace crm::operational
