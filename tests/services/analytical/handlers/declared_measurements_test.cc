#include "services/analytical/handlers/declared_measurements.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/analytical/handlers/scorecard_fixture.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::IsOk;
using testing::BusinessDay;
using ::testing::ElementsAre;
using testing::Evidence;
using testing::Fraction;

// The day is 2020-01-01, on which the business is looked at.
class DeclaredMeasurementsTest : public testing::ScorecardFixture {
 protected:
  static std::string Time(absl::string_view field, absl::Time time) {
    return absl::StrCat(field, " { seconds: ", absl::ToUnixSeconds(time), " }");
  }

  static std::string Began() {
    return Time("activate_time", BusinessDay() - absl::Hours(24));
  }

  // Somebody changed something on a day since 1970.
  void Use(const std::string& type, const std::string& subject, int64_t day) {
    ASSERT_THAT(Write([&](Transaction& transaction) -> absl::Status {
                  return transaction.writer()
                      .Execute(
                          "INSERT INTO usage_day (tenant, resource_type, "
                          "subject, day) VALUES (?, ?, ?, ?)",
                          {std::string(testing::kTenant), type, subject, day})
                      .status();
                }),
                IsOk());
  }

  void Answer(const v1::EnablementProgram& program, const std::string& survey,
              const std::string& subject, const std::string& team,
              int64_t points) {
    ASSERT_THAT(Write([&](Transaction& transaction) {
                  return CountAnswer(transaction.writer(),
                                     {.tenant = testing::kTenant,
                                      .program_uid = program.uid(),
                                      .survey_id = survey},
                                     subject, team, points);
                }),
                IsOk());
  }
};

TEST_F(DeclaredMeasurementsTest,
       QC_01_FactorsCountByTheEffectsThatAreDeclared) {
  EXPECT_EQ(Measured("qci", "environment.factors").reason(), "NO_RESOURCE");
  const char* observed = "observed_date { year: 2019 month: 6 day: 1 } ";
  Store<v1::ExternalFactor>(
      absl::StrCat("name: 'externalFactors/both' segments: 'Gold' ", observed,
                   "effects { node: EXPERIENCE strength_millionths: -5 } "
                   "effects { node: PLANNING strength_millionths: 7 }"));
  Store<v1::ExternalFactor>(absl::StrCat("name: 'externalFactors/one' ",
                                         "segments: 'Silver' ", observed,
                                         "effects { node: PLANNING }"));
  Store<v1::ExternalFactor>(absl::StrCat("name: 'externalFactors/none' ",
                                         "segments: 'Gold' ", observed));
  // Over before the day.
  Store<v1::ExternalFactor>(absl::StrCat(
      "name: 'externalFactors/over' segments: 'Gold' ", observed,
      "end_date { year: 2019 month: 7 day: 1 } effects { node: PLANNING }"));

  const Evidence all = Measured("qci", "environment.factors");
  const Evidence gold =
      Measured("qci", "environment.factors", "segment: 'Gold'");

  EXPECT_EQ(all.value(), Fraction(3, 6));
  EXPECT_EQ(all.count(), 3);
  EXPECT_THAT(all.sources(),
              ElementsAre("externalFactors/both", "externalFactors/none",
                          "externalFactors/one"));
  EXPECT_EQ(gold.value(), Fraction(2, 4));
  EXPECT_THAT(gold.sources(),
              ElementsAre("externalFactors/both", "externalFactors/none"));
}

TEST_F(DeclaredMeasurementsTest, PE_02_AdoptionIsOfAllWhoAreMeant) {
  EXPECT_EQ(Measured("payne-frow", "changes.adoption").reason(), "NO_RESOURCE");
  const std::string start = "start_date { year: 2019 month: 12 day: 1 } ";
  Store<v1::ChangeInitiative>(
      absl::StrCat("name: 'changeInitiatives/crm' state: ACTIVE ", Began(),
                   " target_users: 'user:a' target_users: 'user:b' "
                   "target_users: 'user:c' used_resource_types: 'crm/Rubric' ",
                   start));
  Store<v1::ChangeInitiative>(
      absl::StrCat("name: 'changeInitiatives/two' state: ACTIVE ", Began(),
                   " target_users: 'user:a' target_users: 'user:d' "
                   "used_resource_types: 'crm/Strategy' ",
                   start));
  // Nobody at all uses these, so nothing is known of it; the last was not
  // begun.
  Store<v1::ChangeInitiative>(absl::StrCat(
      "name: 'changeInitiatives/unknown' state: ACTIVE ", Began(),
      " target_users: 'user:a' used_resource_types: 'crm/Order' ", start));
  Store<v1::ChangeInitiative>(
      absl::StrCat("name: 'changeInitiatives/plan' state: PROPOSED "
                   "target_users: 'user:x' used_resource_types: 'crm/Rubric' ",
                   start));
  EXPECT_EQ(Measured("payne-frow", "changes.adoption").reason(),
            "NOTHING_COUNTED");
  const int64_t day = absl::ToUnixSeconds(BusinessDay()) / 86'400;
  Use("crm/Rubric", "user:a", day - 3);
  Use("crm/Rubric", "user:a", day - 2);
  Use("crm/Rubric", "user:c", day);
  // Before the start, after the day, and somebody who is not meant.
  Use("crm/Rubric", "user:b", day - 60);
  Use("crm/Rubric", "user:b", day + 1);
  Use("crm/Strategy", "user:z", day);

  const Evidence adoption = Measured("payne-frow", "changes.adoption");

  EXPECT_EQ(adoption.value(), Fraction(2 + 0, 3 + 2));
  EXPECT_EQ(adoption.count(), 5);
  EXPECT_THAT(adoption.sources(),
              ElementsAre("changeInitiatives/crm", "changeInitiatives/two"));
}

TEST_F(DeclaredMeasurementsTest, VS_01_LeadershipIsMeasuredBySponsors) {
  constexpr char kChain[] = "value-chain-strategic";
  EXPECT_EQ(Measured(kChain, "changes.sponsored").reason(), "NO_RESOURCE");
  for (const char* text : {"name: 'changeInitiatives/a' sponsor: 'user:boss' ",
                           "name: 'changeInitiatives/b' sponsor: 'user:boss' ",
                           "name: 'changeInitiatives/c' "}) {
    Store<v1::ChangeInitiative>(
        absl::StrCat(text,
                     "state: ACTIVE start_date { year: 2019 month: 1 "
                     "day: 1 } ",
                     Began()));
  }
  // Given up before the day.
  Store<v1::ChangeInitiative>(
      absl::StrCat("name: 'changeInitiatives/d' state: STOPPED ", Began(), " ",
                   Time("stop_time", BusinessDay() - absl::Hours(1))));

  const Evidence sponsored = Measured(kChain, "changes.sponsored");

  EXPECT_EQ(sponsored.value(), Fraction(2, 3));
  EXPECT_EQ(sponsored.count(), 3);
  EXPECT_FALSE(EvidenceOf(*Create(
      "framework: 'value-chain-strategic'"))["assessments.leadership"]
                   .measured());
}

TEST_F(DeclaredMeasurementsTest, VS_03_PE_04_TrainingsAndPulsesAreMeasured) {
  constexpr char kChain[] = "value-chain-strategic";
  EXPECT_EQ(Measured(kChain, "employees.trained").reason(), "NO_RESOURCE");
  const auto program = Store<v1::EnablementProgram>(absl::StrCat(
      "name: 'enablementPrograms/p' state: ACTIVE min_group_size: 3 ", Began(),
      " trainings { training_id: 'x' } trainings { training_id: 'y' } "
      "participants { user: 'user:a' completed_trainings: 'x' "
      "  completed_trainings: 'y' } "
      "participants { user: 'user:b' completed_trainings: 'x' } "
      "participants { user: 'user:c' } participants { user: 'user:d' } "
      "surveys { survey_id: 'mood' best_points: 10 "
      "  close_date { year: 2019 month: 12 day: 31 } } "
      "surveys { survey_id: 'few' best_points: 4 "
      "  close_date { year: 2019 month: 12 day: 31 } } "
      "surveys { survey_id: 'open' best_points: 4 "
      "  close_date { year: 2020 month: 1 day: 1 } }"));
  Answer(program, "few", "user:a", "teams/t", 4);
  Answer(program, "few", "user:b", "teams/t", 4);
  for (const char* user : {"user:a", "user:b", "user:c"}) {
    Answer(program, "open", user, "teams/t", 4);
  }
  EXPECT_EQ(Measured(kChain, "employees.engagement").reason(),
            "NOTHING_COUNTED");
  Answer(program, "mood", "user:a", "teams/t", 9);
  Answer(program, "mood", "user:b", "teams/t", 5);
  Answer(program, "mood", "user:c", "teams/u", 7);

  const Evidence trained = Measured(kChain, "employees.trained");
  const Evidence engaged = Measured(kChain, "employees.engagement");

  EXPECT_EQ(trained.value(), Fraction(3, 8));
  EXPECT_EQ(trained.count(), 8);
  // Only of the survey that is closed and was answered by three.
  EXPECT_EQ(engaged.value(), Fraction(21, 30));
  EXPECT_EQ(engaged.count(), 3);
  EXPECT_THAT(engaged.sources(), ElementsAre("enablementPrograms/p"));
  EXPECT_EQ(Measured("payne-frow", "employees.engagement").value(), "7/10");
  // QCI asks for skills.
  EXPECT_EQ(Measured("qci", "employees.trained").value(), "3/8");
}

TEST_F(DeclaredMeasurementsTest, LooksAtWhatWasDeclaredByThen) {
  Store<v1::ExternalFactor>(
      "name: 'externalFactors/new' segments: 'Gold' "
      "observed_date { year: 2018 month: 1 day: 1 }");

  const Evidence before =
      Measured("qci", "environment.factors",
               Time("as_of_time", BusinessDay() - absl::Hours(48)));

  EXPECT_EQ(before.reason(), "NO_RESOURCE");
  EXPECT_EQ(Measured("qci", "environment.factors").value(), "0");
}

}  // namespace
}  // namespace crm::analytical
