#include "services/operational/domain/lead_score.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"

namespace crm::operational {
namespace {

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

absl::Time Day(double day) {
  return absl::FromUnixSeconds(1'000'000'000) + day * absl::Hours(24);
}

// Created on day 0, with a company unless `more` says otherwise.
v1::Lead Ada(const std::string& more = "company: 'Acme'") {
  return Parse<v1::Lead>(absl::StrCat(
      "display_name: 'Ada' create_time { seconds: 1000000000 } ", more));
}

// 40 points for a company, 100 that fade from the creation on, 30 less for a
// free address, and grades from 100 and 50 on.
v1::ScoringModel Model() {
  return Parse<v1::ScoringModel>(
      "name: 'scoringModels/m' "
      "terms { filter: 'company:*' points: 40 reason: 'has a company' } "
      "terms { filter: '' points: 100 time_field: 'create_time' "
      "        half_life_days: 10 reason: 'is fresh' } "
      "terms { filter: 'email = \"*@free.example\"' points: -30 "
      "        reason: 'writes from a free address' } "
      "grades { grade: 'A' min_score: 100 } grades { grade: 'B' min_score: 50 "
      "}");
}

TEST(PointsLeft, HalveWithEachHalfLife) {
  const struct {
    int points;
    double days;
    int left;
  } kCases[] = {{100, 0, 100},   {100, -5, 100}, {100, 10, 50}, {100, 20, 25},
                {-100, 10, -50}, {100, 5, 71},   {1, 10, 1},    {1, 10.5, 0},
                {-1, 10, -1},    {1000, 3650, 0}};
  for (const auto& c : kCases) {
    EXPECT_EQ(
        PointsLeft(c.points, c.days * absl::Hours(24), 10 * absl::Hours(24)),
        c.left)
        << c.points << " after " << c.days;
  }
}

TEST(ScoreLead, B05_SumsWhatEachTermGivesAtThatTime) {
  const struct {
    const char* more;
    double day;
    int company, fresh, address;
    const char* grade;
  } kCases[] = {
      {"company: 'Acme'", 0, 40, 100, 0, "A"},
      {"company: 'Acme'", 10, 40, 50, 0, "B"},
      {"company: 'Acme'", 30, 40, 13, 0, "B"},
      {"company: 'Acme'", 40, 40, 6, 0, ""},
      {"company: 'Acme' email: 'ada@free.example'", 0, 40, 100, -30, "A"},
      {"company: 'Acme' email: 'ada@acme.example'", 0, 40, 100, 0, "A"},
      {"", 10, 0, 50, 0, "B"},
      {"email: 'a@free.example'", 30, 0, 13, -30, ""},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(absl::StrCat(c.more, " on day ", c.day));
    const LeadScore score = ScoreLead(Model(), Ada(c.more), Day(c.day), {});

    ASSERT_EQ(score.terms.size(), 3U);
    EXPECT_EQ(score.terms[0].contribution(), c.company);
    EXPECT_EQ(score.terms[1].contribution(), c.fresh);
    EXPECT_EQ(score.terms[2].contribution(), c.address);
    EXPECT_EQ(score.score, c.company + c.fresh + c.address);
    EXPECT_EQ(score.grade, c.grade);
    EXPECT_EQ(score.terms[1].fade_time().seconds(), 1'000'000'000);
  }
}

TEST(ScoreLead, GivesNothingForATimeThatIsUnset) {
  v1::ScoringModel model = Model();
  model.mutable_terms(1)->set_time_field("qualify_time");

  const LeadScore score = ScoreLead(model, Ada(), Day(0), {});

  EXPECT_TRUE(score.terms[1].matches());
  EXPECT_EQ(score.terms[1].contribution(), 0);
  EXPECT_EQ(score.score, 40);
}

TEST(ScoreLead, LeavesOutATermThatFitsLeadsNoMore) {
  v1::ScoringModel model = Model();
  model.mutable_terms(0)->set_filter("custom_fields.gone = 'x'");

  EXPECT_EQ(ScoreLead(model, Ada(), Day(0), {}).score, 100);
}

TEST(NextScoreTime, IsTheFirstDayOnWhichTheStoredScoreIsWrong) {
  const v1::ScoringModel model = Model();
  // 10 points are gone after a day and a half.
  EXPECT_EQ(NextScoreTime(model, ScoreLead(model, Ada(), Day(0), {}), Day(0)),
            Day(2));
  // On day 33 the score is 50, on day 34 it is 49.
  for (double day = 32; day < 34; ++day) {
    const LeadScore score = ScoreLead(model, Ada(), Day(day), {});
    EXPECT_EQ(score.grade, "B");
    EXPECT_EQ(NextScoreTime(model, score, Day(day)), Day(34));
  }
  EXPECT_EQ(ScoreLead(model, Ada(), Day(34), {}).grade, "");
}

TEST(NextScoreTime, NeverComesOnceNothingFades) {
  const v1::ScoringModel model = Model();
  EXPECT_EQ(
      NextScoreTime(model, ScoreLead(model, Ada(), Day(200), {}), Day(200)),
      absl::InfiniteFuture());
}

TEST(NextScoreTime, BoundsHowOftenALeadIsWritten) {
  const v1::ScoringModel model = Model();
  int writes = 0;
  absl::Time now = Day(0);
  while (now != absl::InfiniteFuture() && writes < 100) {
    now = NextScoreTime(model, ScoreLead(model, Ada(), now, {}), now);
    ++writes;
  }
  // 100 points fade by at most ten steps, through two grades.
  EXPECT_LE(writes, 13);
}

}  // namespace
}  // namespace crm::operational
