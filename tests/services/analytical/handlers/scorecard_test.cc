#include "services/analytical/handlers/scorecard.h"

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/months.h"
#include "services/analytical/domain/frameworks/quotient.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "tests/services/analytical/business_by_hand.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using testing::BusinessByHand;
using testing::BusinessDay;
using testing::BusinessOrder;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::Evidence;
using testing::Fraction;
using ::testing::SizeIs;

class ScorecardHandlersTest : public testing::ScorecardFixture {};

TEST_F(ScorecardHandlersTest, ID_05_EveryStageEqualsWhatIsWorkedOutByHand) {
  Feed();

  const auto scorecard = Create("framework: 'idic'");

  ASSERT_THAT(scorecard, IsOk());
  ExpectByHand(*scorecard, "", BusinessDay());
  EXPECT_TRUE(scorecard->dimensions(0).has_score());
  // Nobody logs treatments yet, and there is no model.
  EXPECT_FALSE(scorecard->dimensions(3).has_score());
  EXPECT_EQ(EvidenceOf(*scorecard)["customers.tiered"].reason(), "NO_RESOURCE");
  EXPECT_EQ(EvidenceOf(*scorecard)["treatments.outcome"].reason(), "NO_EVENTS");
  // The fourth stage has none, and half of the second has none.
  EXPECT_EQ(scorecard->coverage_millionths(), 625'000);
}

TEST_F(ScorecardHandlersTest, QC_02_QC_03_QC_04_ManagementEqualsTheOrders) {
  Feed();

  const auto scorecard = Create("framework: 'qci'");

  ASSERT_THAT(scorecard, IsOk());
  ExpectByHand(*scorecard, "", BusinessDay());
  const auto& management = scorecard->dimensions(2);
  EXPECT_EQ(management.dimension_id(), "management");
  EXPECT_EQ(management.coverage_millionths(), 1'000'000);
}

TEST_F(ScorecardHandlersTest, VP_01_VP_05_VB_02_ValueChainsEqualTheEvents) {
  Feed();

  const auto strategic = Create("framework: 'value-chain-strategic'");
  const auto functional = Create("framework: 'value-chain-functional'");

  ASSERT_THAT(strategic, IsOk());
  ASSERT_THAT(functional, IsOk());
  ExpectByHand(*strategic, "", BusinessDay());
  ExpectByHand(*functional, "", BusinessDay());
  const auto& sales = functional->dimensions(1);
  EXPECT_EQ(sales.dimension_id(), "sales");
  EXPECT_EQ(sales.coverage_millionths(), 1'000'000);
  EXPECT_THAT(sales.evidence(0).sources(), ElementsAre("opportunities"));
  // VB-01, VB-03 and VB-05 have no events yet, and are not 0.
  for (const int dimension : {0, 2, 4}) {
    EXPECT_FALSE(functional->dimensions(dimension).has_score());
    EXPECT_EQ(functional->dimensions(dimension).evidence(0).reason(),
              "NO_EVENTS");
  }
}

TEST_F(ScorecardHandlersTest, PF_02_BothSidesOfTheExchangeAreMarked) {
  Feed();
  const auto before = Create("framework: 'payne-frow'");
  testing::FeedAnswers(business_, feeder_);
  const auto after = Create("framework: 'payne-frow'");

  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(after, IsOk());
  ExpectByHand(*before, "", BusinessDay());
  const auto& one_side = before->dimensions(1);
  EXPECT_TRUE(one_side.evidence(0).measured());
  EXPECT_FALSE(one_side.evidence(1).measured());
  EXPECT_EQ(one_side.evidence(1).reason(), "NO_EVENTS");
  EXPECT_EQ(one_side.coverage_millionths(), 500'000);
  EXPECT_TRUE(after->dimensions(1).evidence(1).measured());
  EXPECT_EQ(after->dimensions(1).coverage_millionths(), 1'000'000);
}

TEST_F(ScorecardHandlersTest, PF_05_BreachesEqualAHandCheckOfTheStandards) {
  Feed();

  const auto scorecard = Create("framework: 'payne-frow'");

  ASSERT_THAT(scorecard, IsOk());
  const std::map<std::string, double> standards = {
      {"customers.acquisition", .1},
      {"opportunities.won", .3},
      {"customers.retention", .6}};
  int checked = 0;
  for (const auto& evidence : scorecard->dimensions(4).evidence()) {
    const auto standard = standards.find(evidence.metric());
    if (standard == standards.end()) continue;
    const auto value = ParseQuotient(evidence.value());
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(evidence.below_standard(),
              static_cast<double>(value->numerator) /
                      static_cast<double>(value->denominator) <
                  standard->second)
        << evidence.metric();
    ++checked;
  }
  EXPECT_EQ(checked, 3);
}

TEST_F(ScorecardHandlersTest, QC_08_ExperienceIsTheMeanOfTheAnswers) {
  Feed();
  testing::FeedAnswers(business_, feeder_);
  int64_t sum = 0;
  int64_t count = 0;
  const BusinessByHand hand(business_, "", BusinessDay());
  for (const auto& answer : business_.answers) {
    if (!hand.IsNow(answer.time)) continue;
    sum += answer.score;
    ++count;
  }

  const auto scorecard = Create("framework: 'qci'");

  ASSERT_THAT(scorecard, IsOk());
  const Evidence experience = EvidenceOf(*scorecard)["experience.score"];
  EXPECT_EQ(experience.value(), Fraction(sum, 10 * count));
  EXPECT_EQ(experience.count(), count);
}

TEST_F(ScorecardHandlersTest, QC_06_EdgesAreAsStrongAsTheMonthsCorrelate) {
  Feed();
  // Without answers, what leads to and from the experience is not measured.
  const auto before = Create("framework: 'qci'");
  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(before->edges(), SizeIs(4));
  for (const auto& edge : before->edges()) EXPECT_FALSE(edge.measured());
  testing::FeedAnswers(business_, feeder_);

  const auto after = Create("framework: 'qci'");

  ASSERT_THAT(after, IsOk());
  std::vector<double> answers;
  std::vector<double> visits;
  for (int64_t month = MonthNumber(BusinessDay()) - 11;
       month < MonthNumber(BusinessDay()); ++month) {
    double sum = 0;
    double count = 0;
    double met = 0;
    for (const auto& answer : business_.answers) {
      if (MonthNumber(answer.time) != month) continue;
      sum += answer.score / 10.0;
      ++count;
    }
    for (const auto& activity : business_.activities) {
      if (activity.completed.has_value() &&
          MonthNumber(*activity.completed) == month) {
        ++met;
      }
    }
    ASSERT_GT(count, 0);
    answers.push_back(sum / count);
    visits.push_back(met);
  }
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  const auto n = static_cast<double>(answers.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    x += answers[i];
    y += visits[i];
    xx += answers[i] * answers[i];
    yy += visits[i] * visits[i];
    xy += answers[i] * visits[i];
  }
  const double expected =
      (n * xy - x * y) / std::sqrt((n * xx - x * x) * (n * yy - y * y));
  // Experience to management, and back.
  for (const int edge : {1, 2}) {
    EXPECT_TRUE(after->edges(edge).measured());
    EXPECT_EQ(after->edges(edge).month_count(), 11);
    EXPECT_THAT(after->edges(edge).strength(), DoubleNear(expected, 1e-9));
  }
  EXPECT_FALSE(after->edges(0).measured());
}

TEST_F(ScorecardHandlersTest, QC_09_TechnologyCountsEventsThatWait) {
  Feed();
  auto event = feeder_.MakeEvent(business_.orders[0].order, "updated");
  event.set_after("\xff");
  event.set_seq(1'000);
  ASSERT_THAT(feeder_.applier().Park({.producer = "operational",
                                      .partition = 1,
                                      .feed_epoch = 1,
                                      .from_seq = 0,
                                      .to_seq = 1},
                                     event, absl::InternalError("unreadable")),
              IsOk());
  std::set<std::string> keys;
  for (const auto& made : business_.customers) keys.insert(made.name);

  const auto scorecard = Create("framework: 'qci'");

  ASSERT_THAT(scorecard, IsOk());
  const auto count = static_cast<int64_t>(keys.size());
  EXPECT_EQ(EvidenceOf(*scorecard)["events.applied"].value(),
            Fraction(count - 1, count));
}

TEST_F(ScorecardHandlersTest, LooksAtASegmentAloneAndBackInTime) {
  Feed();
  const absl::Time earlier = BusinessDay() - absl::Hours(24 * 100);

  const auto gold =
      Create("framework: 'value-chain-strategic' segment: 'Gold'");
  v1::Scorecard asked;
  *asked.mutable_as_of_time() = ToTimestamp(earlier);
  const auto then =
      Create(absl::StrCat("framework: 'qci' as_of_time { ",
                          asked.as_of_time().ShortDebugString(), " }"));

  ASSERT_THAT(gold, IsOk());
  ASSERT_THAT(then, IsOk());
  ExpectByHand(*gold, "Gold", BusinessDay());
  ExpectByHand(*then, "", earlier);
}

TEST_F(ScorecardHandlersTest, KeepsTenantsApart) {
  Feed();
  call_.principal.tenant = "globex";

  const auto scorecard = Create("framework: 'idic'");

  ASSERT_THAT(scorecard, IsOk());
  EXPECT_FALSE(scorecard->has_score());
  EXPECT_EQ(scorecard->coverage_millionths(), 0);
}

TEST_F(ScorecardHandlersTest, ID_05_VerifiesUntilWhatHappenedIsChanged) {
  Feed();
  testing::FeedAnswers(business_, feeder_);
  const auto scorecard = Create("framework: 'qci' display_name: 'May'");
  ASSERT_THAT(scorecard, IsOk());

  const auto verified = Verify(scorecard->name());

  ASSERT_THAT(verified, IsOk());
  EXPECT_TRUE(verified->matches()) << verified->DebugString();

  // All orders of one who ordered twice are cancelled afterwards.
  for (const BusinessOrder& made : business_.orders) {
    if (made.customer != business_.orders[0].customer) continue;
    operational::v1::Order order = made.order;
    order.set_state(operational::v1::Order::CANCELLED);
    ASSERT_THAT(feeder_.Apply({feeder_.MakeEvent(order, "updated")}), IsOk());
  }
  const auto changed = Verify(scorecard->name());

  ASSERT_THAT(changed, IsOk());
  EXPECT_FALSE(changed->matches());
  std::set<std::string> metrics;
  for (const auto& difference : changed->differences()) {
    EXPECT_EQ(difference.kind(), v1::ScorecardDifference::EVIDENCE);
    metrics.insert(difference.metric());
  }
  EXPECT_TRUE(metrics.contains("customers.penetration"));
  EXPECT_FALSE(metrics.contains("experience.score"));
}

TEST_F(ScorecardHandlersTest, RefusesUnknownFrameworksTheFutureAndBadWeights) {
  EXPECT_THAT(FieldViolations(
                  Create("framework: 'spin' as_of_time { seconds: 9000000000 }")
                      .status()),
              SizeIs(2));
  EXPECT_THAT(
      FieldViolations(Create("framework: 'idic' weights { dimension_id: "
                             "'identify' weight_millionths: 999999 }")
                          .status()),
      SizeIs(4));
}

TEST_F(ScorecardHandlersTest, TakesTheNewestAssessmentAndTheMilestones) {
  call_.now = BusinessDay() - absl::Hours(24);
  ASSERT_THAT(Write([&](Transaction& transaction) -> absl::Status {
                v1::Rubric rubric;
                rubric.set_name("rubrics/ready");
                rubric.set_subject(v1::Rubric::CRM_READINESS);
                transaction.Create(rubric);
                for (const int score : {400'000, 650'000}) {
                  v1::Assessment assessment;
                  assessment.set_name(absl::StrCat("assessments/a", score));
                  assessment.set_rubric("rubrics/ready");
                  assessment.set_state(v1::Assessment::SCORED);
                  assessment.set_has_score(true);
                  assessment.set_score_millionths(score);
                  *assessment.mutable_score_time() = ToTimestamp(
                      BusinessDay() - absl::Hours(1'000'000 / score));
                  transaction.Create(assessment);
                }
                v1::CrmProject project;
                project.set_name("crmProjects/launch");
                project.set_state(v1::CrmProject::ACTIVE);
                *project.mutable_activate_time() = ToTimestamp(call_.now);
                for (const int day : {1, 30, 31}) {
                  auto& milestone = *project.add_milestones();
                  milestone.set_milestone_id(absl::StrCat("m", day));
                  if (day == 31) continue;
                  milestone.mutable_completed_date()->set_year(2019);
                  milestone.mutable_completed_date()->set_month(12);
                  milestone.mutable_completed_date()->set_day(day);
                }
                transaction.Create(project);
                return transaction.status();
              }),
              IsOk());
  call_.now = BusinessDay();

  const auto scorecard = Create("framework: 'payne-frow'");

  ASSERT_THAT(scorecard, IsOk());
  const Evidence readiness = EvidenceOf(*scorecard)["assessments.readiness"];
  EXPECT_EQ(readiness.value(), "13/20");
  EXPECT_THAT(readiness.sources(), ElementsAre("assessments/a650000"));
  const Evidence milestones = EvidenceOf(*scorecard)["projects.milestones"];
  EXPECT_EQ(milestones.value(), "2/3");
  EXPECT_THAT(milestones.sources(), ElementsAre("crmProjects/launch"));
}

TEST_F(ScorecardHandlersTest, DescribesAllFrameworksOrOne) {
  const auto describe = [&](const char* id) {
    v1::DescribeFrameworksRequest request;
    request.set_framework(id);
    return Read<v1::DescribeFrameworksResponse>([&](const ReadView& view) {
      return HandleDescribeFrameworks(view, call_, request);
    });
  };
  EXPECT_EQ(static_cast<size_t>(describe("")->frameworks_size()),
            Frameworks().size());
  EXPECT_THAT(describe("qci")->frameworks(), SizeIs(1));
  EXPECT_THAT(FieldViolations(describe("spin").status()), SizeIs(1));
}

}  // namespace
}  // namespace crm::analytical
