#include "services/operational/domain/lead_prediction.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace crm::operational {
namespace {

v1::Lead Lead(const std::string& id, v1::Lead::State state,
              const std::string& origin, const std::string& company = "") {
  v1::Lead lead;
  lead.set_name(absl::StrCat("leads/", id));
  lead.set_state(state);
  lead.set_origin(origin);
  lead.set_company(company);
  return lead;
}

// Adds so many leads that ended so.
void Add(ConversionOdds& odds, int count, v1::Lead::State state,
         const std::string& origin, const std::string& company = "") {
  for (int i = 0; i < count; ++i) {
    odds.Add(
        Lead(absl::StrCat(origin, state, company, i), state, origin, company));
  }
}

TEST(ConversionOdds, B06_AreTheOddsOfAllTimesTheRatioOfEachFactor) {
  ConversionOdds odds(Lead("one", v1::Lead::NEW, "fair", "Acme"),
                      {"company", "origin"});
  Add(odds, 40, v1::Lead::CONVERTED, "fair", "A");
  Add(odds, 20, v1::Lead::CONVERTED, "web");
  Add(odds, 10, v1::Lead::DISQUALIFIED, "fair", "A");
  Add(odds, 90, v1::Lead::DISQUALIFIED, "web");

  const v1::LeadPrediction prediction = odds.Predict();

  // By hand: 60.1/100.1 x (40.1/60.2)/(10.1/100.2), twice.
  const double ratio = (40.1 / 60.2) / (10.1 / 100.2);
  const double all = 60.1 / 100.1 * ratio * ratio;
  EXPECT_DOUBLE_EQ(prediction.probability(), all / (1 + all));
  EXPECT_EQ(prediction.converted_count(), 60);
  EXPECT_EQ(prediction.disqualified_count(), 100);
  ASSERT_EQ(prediction.factors_size(), 2);
  EXPECT_EQ(prediction.factors(0).value(), "set");
  EXPECT_EQ(prediction.factors(1).value(), "fair");
  EXPECT_EQ(prediction.factors(1).converted_count(), 40);
  EXPECT_DOUBLE_EQ(prediction.factors(1).likelihood_ratio(), ratio);
}

TEST(ConversionOdds, B06_ATextCountsFromFiftyCasesOn) {
  for (const int cases : {49, 50}) {
    ConversionOdds odds(Lead("one", v1::Lead::NEW, "fair"), {"origin"});
    Add(odds, cases, v1::Lead::CONVERTED, "fair");
    Add(odds, 10, v1::Lead::DISQUALIFIED, "web");

    const v1::LeadPrediction prediction = odds.Predict();

    EXPECT_EQ(prediction.factors(0).used(), cases == 50);
    const double prior = (cases + 0.1) / 10.1;
    const double counted =
        prior * (cases == 50 ? prediction.factors(0).likelihood_ratio() : 1);
    EXPECT_DOUBLE_EQ(prediction.probability(), counted / (1 + counted));
  }
}

TEST(ConversionOdds, B06_SayNothingFromFewerThanTenOfEitherEnd) {
  const struct {
    int converted;
    int disqualified;
    bool predicted;
  } kCases[] = {{10, 10, true}, {9, 10, false}, {10, 9, false}, {0, 0, false}};
  for (const auto& c : kCases) {
    ConversionOdds odds(Lead("one", v1::Lead::NEW, "fair"), {"company"});
    Add(odds, c.converted, v1::Lead::CONVERTED, "fair");
    Add(odds, c.disqualified, v1::Lead::DISQUALIFIED, "fair");

    EXPECT_EQ(odds.Predict().has_probability(), c.predicted)
        << c.converted << " and " << c.disqualified;
  }
}

TEST(ConversionOdds, B06_LeaveOutTheLeadItselfAndThoseThatAreOpen) {
  const v1::Lead one = Lead("one", v1::Lead::CONVERTED, "fair");
  ConversionOdds odds(one, {"company"});

  odds.Add(one);
  odds.Add(Lead("two", v1::Lead::WORKING, "fair"));

  EXPECT_EQ(odds.Predict().converted_count(), 0);
  EXPECT_EQ(odds.Predict().disqualified_count(), 0);
}

TEST(ConversionOdds, B06_NothingIsImpossible) {
  ConversionOdds odds(Lead("one", v1::Lead::NEW, "fair"), PredictingFields());
  Add(odds, 1000, v1::Lead::CONVERTED, "web", "Acme");
  Add(odds, 1000, v1::Lead::DISQUALIFIED, "fair");

  const double probability = odds.Predict().probability();

  EXPECT_GT(probability, 0);
  EXPECT_LT(probability, 0.001);
}

}  // namespace
}  // namespace crm::operational
