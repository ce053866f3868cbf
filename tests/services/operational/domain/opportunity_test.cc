#include "services/operational/domain/opportunity.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/pipeline.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/operational/domain/pipeline.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// Opportunities of ada on their way through a pipeline; each change comes a day
// after the one before.
class OpportunityWay : public ::testing::Test {
 protected:
  OpportunityWay()
      : pipeline_(Parse<v1::Pipeline>(
            "name: 'pipelines/default' state: ACTIVE "
            "stages { stage_id: 'new' outcome: OPEN "
            "         probability_millionths: 100000 } "
            "stages { stage_id: 'talk' outcome: OPEN } "
            "stages { stage_id: 'offer' outcome: OPEN "
            "         required_fields: 'amount' needs_approval: true } "
            "stages { stage_id: 'won' outcome: WON "
            "         required_fields: 'close_date' "
            "         probability_millionths: 1000000 } "
            "stages { stage_id: 'lost' outcome: LOST }")) {}

  RuleContext Context(const std::string& actor) const {
    RuleContext context;
    context.now = now_;
    context.actor = actor;
    context.find =
        [this](const google::protobuf::Descriptor* type,
               absl::string_view name) -> const google::protobuf::Message* {
      return type == v1::Pipeline::descriptor() && name == pipeline_.name()
                 ? &pipeline_
                 : nullptr;
    };
    return context;
  }

  absl::StatusOr<v1::Opportunity> Make(const std::string& fields = "") {
    auto opportunity = Parse<v1::Opportunity>(
        absl::StrCat("name: 'opportunities/deal' owner: 'user:ada' state: OPEN "
                     "stage_reason: '' ",
                     fields));
    CRM_RETURN_IF_ERROR(
        PrepareOpportunity(nullptr, opportunity, Context("user:ada")));
    return opportunity;
  }

  // Merges `changes` into `opportunity`, as a method does.
  absl::StatusOr<v1::Opportunity> Change(
      const v1::Opportunity& opportunity, const std::string& changes,
      const std::string& actor = "user:ada") {
    now_ += absl::Hours(24);
    v1::Opportunity after = opportunity;
    after.clear_stage_reason();
    after.MergeFrom(Parse<v1::Opportunity>(changes));
    CRM_RETURN_IF_ERROR(
        PrepareOpportunity(&opportunity, after, Context(actor)));
    return after;
  }

  v1::Pipeline pipeline_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(OpportunityWay, BeginsInTheFirstStageOfTheDefaultPipeline) {
  const auto opportunity = Make();

  ASSERT_THAT(opportunity, IsOk());
  EXPECT_EQ(opportunity->pipeline(), "pipelines/default");
  EXPECT_EQ(opportunity->stage(), "new");
  EXPECT_EQ(opportunity->probability_millionths(), 100'000);
  ASSERT_EQ(opportunity->stage_history_size(), 1);
  EXPECT_EQ(opportunity->stage_history(0).mover(), "user:ada");
}

TEST_F(OpportunityWay, HasNoStagesWithoutAPipelineInUse) {
  pipeline_.set_state(v1::Pipeline::DRAFT);

  const auto opportunity = Make();

  ASSERT_THAT(opportunity, IsOk());
  EXPECT_EQ(opportunity->stage(), "");
  EXPECT_THAT(Change(*opportunity, "stage: 'talk'"),
              StatusIs(kRefused, "NO_PIPELINE"));
  EXPECT_THAT(Change(*opportunity, "state: WON"), IsOk());
  EXPECT_THAT(Make("pipeline: 'pipelines/default'"),
              StatusIs(kRefused, "PIPELINE_NOT_ACTIVE"));
}

TEST_F(OpportunityWay, B12_TheTimesOfItsStagesAddUpToItsAge) {
  auto opportunity = Make(
      "amount { currency_code: 'EUR' units: 9 } "
      "close_date { year: 2024 month: 1 day: 2 }");
  ASSERT_THAT(opportunity, IsOk());
  const absl::Time begin = now_;
  const std::pair<const char*, const char*> changes[] = {
      {"user:ada", "stage: 'talk' stage_reason: 'She called.'"},
      {"user:ada", "state: LOST lost_reason: 'price'"},
      {"user:ada", "state: OPEN"},
      {"user:boss", "approved_stage: 'offer'"},
      {"user:ada", "stage: 'offer'"},
      {"user:ada", "state: WON"}};
  for (const auto& [actor, change] : changes) {
    opportunity = Change(*opportunity, change, actor);
    ASSERT_THAT(opportunity, IsOk()) << change;
  }

  const auto& history = opportunity->stage_history();
  std::string stages;
  absl::Duration sum;
  for (int i = 0; i < history.size(); ++i) {
    absl::StrAppend(&stages, history[i].stage(), " ");
    const absl::Time leave = history[i].has_leave_time()
                                 ? FromTimestamp(history[i].leave_time())
                                 : now_;
    sum += leave - FromTimestamp(history[i].enter_time());
  }
  EXPECT_EQ(stages, "new talk lost talk offer won ");
  EXPECT_EQ(sum, now_ - begin);
  EXPECT_EQ(history[1].reason(), "She called.");
  EXPECT_EQ(history[4].approver(), "user:boss");
  EXPECT_EQ(opportunity->stage(), "won");
  EXPECT_EQ(opportunity->probability_millionths(), 1'000'000);
}

TEST_F(OpportunityWay, ComesIntoAStageWithWhatTheStageAsksFor) {
  const v1::Opportunity talk = *Change(*Make(), "stage: 'talk'");

  const auto poor = Change(talk, "stage: 'offer'");
  EXPECT_THAT(poor, StatusIs(kRefused, "STAGE_FIELDS_MISSING"));
  EXPECT_THAT(std::string(poor.status().message()), HasSubstr("amount"));

  const v1::Opportunity rich =
      *Change(talk, "amount { currency_code: 'EUR' units: 9 }");
  EXPECT_THAT(Change(rich, "stage: 'offer'"),
              StatusIs(kRefused, "STAGE_NOT_APPROVED"));
  EXPECT_THAT(Change(rich, "approved_stage: 'offer'"),
              StatusIs(kRefused, "OWN_APPROVAL"));
  EXPECT_THAT(Change(rich, "approved_stage: 'talk'", "user:boss"),
              StatusIs(kRefused, "STAGE_NEEDS_NO_APPROVAL"));
  const auto approved = Change(rich, "approved_stage: 'offer'", "user:boss");
  ASSERT_THAT(approved, IsOk());
  EXPECT_EQ(approved->stage_approver(), "user:boss");
  const auto offer = Change(*approved, "stage: 'offer'");
  ASSERT_THAT(offer, IsOk());
  // An approval counts once.
  EXPECT_EQ(offer->approved_stage(), "");
  EXPECT_EQ(offer->stage_approver(), "");
}

TEST_F(OpportunityWay, B13_IsLostWithAReasonAndReopenedWhereItWas) {
  const v1::Opportunity talk = *Change(*Make(), "stage: 'talk'");
  const auto lost = Change(talk,
                           "state: LOST lost_reason: 'price' close_time { "
                           "seconds: 1 }");
  ASSERT_THAT(lost, IsOk());
  EXPECT_EQ(lost->stage(), "lost");
  EXPECT_EQ(lost->probability_millionths(), 0);

  const auto again = Change(*lost, "state: OPEN");

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->stage(), "talk");
  EXPECT_EQ(again->lost_reason(), "");
  EXPECT_FALSE(again->has_close_time());
  EXPECT_EQ(again->reopen_count(), 1);
}

TEST_F(OpportunityWay, IsWonWithWhatTheStageAsksFor) {
  EXPECT_THAT(Change(*Make(), "state: WON"),
              StatusIs(kRefused, "STAGE_FIELDS_MISSING"));
}

TEST_F(OpportunityWay, KeepsItsReasonWhenSomethingElseChanges) {
  const v1::Opportunity talk =
      *Change(*Make(), "stage: 'talk' stage_reason: 'She called.'");

  const auto after = Change(talk, "next_step: 'Call back.'");

  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->stage_reason(), "She called.");
  EXPECT_THAT(after->stage_history(), SizeIs(2));
}

TEST_F(OpportunityWay, HasALimitedHistory) {
  pipeline_.set_allows_going_back(true);
  v1::Opportunity opportunity = *Make();
  for (int i = 1; i < kMaxStageStays; ++i) {
    opportunity =
        *Change(opportunity, i % 2 == 1 ? "stage: 'talk'" : "stage: 'new'");
  }

  EXPECT_THAT(opportunity.stage_history(), SizeIs(kMaxStageStays));
  EXPECT_THAT(Change(opportunity, "stage: 'new'"),
              StatusIs(kRefused, "STAGE_HISTORY_FULL"));
}

TEST_F(OpportunityWay, B15_SharesAddUpToAllOfIt) {
  EXPECT_THAT(Make("splits { user: 'users/a' share_millionths: 400000 } "
                   "splits { user: 'users/b' share_millionths: 600000 }"),
              IsOk());

  const auto bad = Make(
      "splits { user: 'users/a' share_millionths: 400000 } "
      "splits { user: 'users/a' share_millionths: 599999 }");

  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(bad.status())) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, UnorderedElementsAre("opportunity.splits[1].user",
                                           "opportunity.splits"));
}

TEST_F(OpportunityWay, HasAmountsOfOneCurrencyThatAreNotNegative) {
  const auto bad = Make(
      "amount { currency_code: 'EUR' units: -1 } "
      "recurring_amount { currency_code: 'USD' nanos: -1 }");

  EXPECT_THAT(FieldViolations(bad.status()), SizeIs(3));
  EXPECT_THAT(Make("recurring_amount { currency_code: 'USD' units: 5 }"),
              IsOk());
}

}  // namespace
}  // namespace crm::operational
