#include "services/analytical/handlers/experience.h"

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/collaborative/v1/survey_response.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using collaborative::v1::SurveyResponse;
using crm::testing::IsOk;
using testing::BusinessDay;

class ExperienceTest : public testing::ScorecardFixture {
 protected:
  absl::StatusOr<v1::ExperienceIndex> Measure(absl::Time start, absl::Time end,
                                              const char* segment = "") {
    v1::MeasureExperienceRequest request;
    *request.mutable_start_time() = ToTimestamp(start);
    *request.mutable_end_time() = ToTimestamp(end);
    request.set_segment(segment);
    return HandleMeasureExperience(analytics_, call_, request);
  }
};

// An answer as it was given, worked out without the warehouse.
struct Raw {
  std::string touchpoint;
  SurveyResponse::Kind kind;
  double value = 0;
};

void ExpectMean(const v1::ExperienceMean& mean, const std::vector<Raw>& raw) {
  double sum = 0;
  for (const Raw& answer : raw) sum += answer.value;
  ASSERT_FALSE(raw.empty());
  EXPECT_TRUE(mean.has_mean());
  EXPECT_EQ(mean.response_count(), static_cast<int64_t>(raw.size()));
  EXPECT_NEAR(mean.mean_millionths(),
              1e6 * sum / static_cast<double>(raw.size()), 1);
}

TEST_F(ExperienceTest, QC_08_IsTheWeightedMeanOfRawResponsesByTouchpoint) {
  std::mt19937_64 random(3);
  std::vector<internal::v1::Event> events;
  std::vector<Raw> all;
  std::map<std::string, std::vector<Raw>> by_touchpoint;
  std::map<std::pair<std::string, std::string>, std::vector<Raw>> by_question;
  const absl::Time start = BusinessDay() - absl::Hours(200);
  for (int i = 0; i < 300; ++i) {
    SurveyResponse response;
    response.set_name(absl::StrCat("surveyResponses/r", i));
    response.set_customer(absl::StrCat("customers/c", i % 9));
    response.set_touchpoint(absl::StrCat("CHANNEL_", random() % 4));
    const int kind = 1 + static_cast<int>(random() % 3);
    response.set_kind(static_cast<SurveyResponse::Kind>(kind));
    const int least = kind == 1 ? 0 : 1;
    const int most = kind == 1 ? 10 : kind == 2 ? 5 : 7;
    response.set_score(
        least +
        static_cast<int>(random() % static_cast<uint64_t>(most - least + 1)));
    const absl::Time time =
        BusinessDay() - absl::Hours(static_cast<int>(random() % 400));
    *response.mutable_respond_time() = ToTimestamp(time);
    events.push_back(feeder_.MakeResourceEvent("crm/SurveyResponse", response,
                                               response.customer()));
    if (time <= start) continue;
    const Raw raw = {response.touchpoint(), response.kind(),
                     double(response.score() - least) / (most - least)};
    all.push_back(raw);
    by_touchpoint[raw.touchpoint].push_back(raw);
    by_question[{raw.touchpoint, SurveyResponse::Kind_Name(raw.kind)}]
        .push_back(raw);
  }
  ASSERT_THAT(feeder_.Apply(events), IsOk());

  const auto index = Measure(start, BusinessDay());

  ASSERT_THAT(index, IsOk());
  ExpectMean(index->overall(), all);
  ASSERT_EQ(index->touchpoints_size(), static_cast<int>(by_touchpoint.size()));
  double weighted = 0;
  for (const v1::TouchpointExperience& touchpoint : index->touchpoints()) {
    ExpectMean(touchpoint.mean(), by_touchpoint[touchpoint.touchpoint()]);
    weighted += static_cast<double>(touchpoint.mean().response_count()) *
                touchpoint.mean().mean_millionths();
    for (const v1::ExperienceQuestion& question : touchpoint.questions()) {
      ExpectMean(question.mean(),
                 by_question[{touchpoint.touchpoint(), question.question()}]);
    }
  }
  EXPECT_NEAR(weighted / static_cast<double>(all.size()),
              index->overall().mean_millionths(), 1);
}

TEST_F(ExperienceTest, QC_08_WithoutAnswersItIsUnknownAndNotZero) {
  Feed();

  const auto index = Measure(absl::UnixEpoch(), BusinessDay());

  ASSERT_THAT(index, IsOk());
  EXPECT_FALSE(index->overall().has_mean());
  EXPECT_EQ(index->overall().response_count(), 0);
  EXPECT_EQ(index->touchpoints_size(), 0);
  EXPECT_TRUE(index->freshness().has_newest_event_time());
}

TEST_F(ExperienceTest, QC_08_LooksAtASegmentAloneAndKeepsTenantsApart) {
  Feed();
  testing::FeedAnswers(business_, feeder_);
  const absl::Time start = BusinessDay() - testing::kYear;
  const testing::BusinessByHand hand(business_, "Gold", BusinessDay());
  double sum = 0;
  int64_t count = 0;
  for (const auto& answer : business_.answers) {
    if (!hand.IsNow(answer.time) || !hand.IsMeant(answer.customer)) continue;
    sum += answer.score / 10.0;
    ++count;
  }

  const auto gold = Measure(start, BusinessDay(), "Gold");
  call_.principal.tenant = "globex";
  const auto other = Measure(start, BusinessDay());

  ASSERT_THAT(gold, IsOk());
  EXPECT_EQ(gold->overall().response_count(), count);
  EXPECT_NEAR(gold->overall().mean_millionths(),
              1e6 * sum / static_cast<double>(count), 1);
  ASSERT_THAT(other, IsOk());
  EXPECT_FALSE(other->overall().has_mean());
}

TEST_F(ExperienceTest, RefusesAPeriodThatEndsBeforeItBegins) {
  EXPECT_EQ(
      FieldViolations(Measure(BusinessDay(), BusinessDay()).status()).size(),
      1u);
}

}  // namespace
}  // namespace crm::analytical
