#include "services/operational/domain/identity/rule_estimation.h"

#include "gtest/gtest.h"
#include "services/operational/domain/identity/agreement_pattern.h"
#include "services/operational/domain/identity/duplicate_score.h"
#include "tests/services/operational/domain/identity/labelled_records.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using testing::LabelledRecords;
using testing::MakePeople;

DuplicateRule Rule() {
  DuplicateRule rule;
  rule.keys = {{{.field = "given_name"}, {.field = "birth_date"}},
               {{.field = "surname"}, {.field = "birth_date"}},
               {{.field = "phone"}}};
  rule.fields = {
      {.field = "given_name", .comparator = Comparator::kJaroWinkler},
      {.field = "surname",
       .comparator = Comparator::kJaroWinkler,
       .shared = true},
      {.field = "birth_date", .comparator = Comparator::kDate},
      {.field = "phone", .shared = true}};
  return rule;
}

TEST(EstimateRule, LearnsRatesThatAreThoseOfTheRecords) {
  const LabelledRecords data =
      MakePeople(7, 1'500, {.typo = 0.05, .missing = 0.02, .new_phone = 0.2});
  const auto candidates = FindCandidatePairs(Rule().keys, data.records);
  ASSERT_THAT(candidates, IsOk());

  const auto estimate = EstimateRule(Rule(), data.records, candidates->pairs);

  ASSERT_THAT(estimate, IsOk());
  double matches = 0;
  double same_phone = 0;
  for (const RecordPair& pair : candidates->pairs) {
    if (data.person[pair.first] != data.person[pair.second]) continue;
    ++matches;
    const auto& a = data.records[pair.first].values.at("phone");
    const auto& b = data.records[pair.second].values.at("phone");
    if (a == b && !a.empty()) ++same_phone;
  }
  const auto records = static_cast<double>(data.records.size());
  EXPECT_NEAR(*estimate->rule.prior * records * (records - 1) / 2 / matches, 1,
              0.05);
  EXPECT_NEAR(estimate->rates[3].match[0], same_phone / matches, 0.05);
  // Relatives have the phone in common, and another birthday.
  EXPECT_GT(estimate->rates[3].related[0], 0.4);
  EXPECT_LT(estimate->rates[2].related[0], 0.01);
  EXPECT_THAT(ValidateDuplicateRule(estimate->rule), IsOk());
  EXPECT_LT(estimate->rule.possible_from, estimate->rule.match_from);
}

TEST(EstimateRule, LearnsTheSameEachTime) {
  const LabelledRecords data = MakePeople(7, 500, {.typo = 0.05});
  const auto candidates = FindCandidatePairs(Rule().keys, data.records);
  ASSERT_THAT(candidates, IsOk());

  const auto once = EstimateRule(Rule(), data.records, candidates->pairs);
  const auto again = EstimateRule(Rule(), data.records, candidates->pairs);

  ASSERT_THAT(once, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(once->rule.match_from, again->rule.match_from);
  EXPECT_EQ(once->rule.fields[0].weights, again->rule.fields[0].weights);
}

TEST(EstimateRule, RefusesTooFewPairs) {
  const LabelledRecords data = MakePeople(7, 10, {});

  EXPECT_THAT(EstimateRule(Rule(), data.records, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, "TOO_FEW_PAIRS"));
}

TEST(EstimateRule, SaysWhenItDidNotConverge) {
  const LabelledRecords data = MakePeople(7, 500, {.typo = 0.05});
  const auto candidates = FindCandidatePairs(Rule().keys, data.records);
  ASSERT_THAT(candidates, IsOk());

  EXPECT_THAT(EstimateRule(Rule(), data.records, candidates->pairs,
                           {.max_iterations = 1}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "ESTIMATE_NOT_CONVERGED"));
}

TEST(EstimateRule, RefusesARuleThatIsNotValid) {
  EXPECT_THAT(EstimateRule({}, {}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(EstimateRule, TakesNothingIfNothingIsCertainEnough) {
  const LabelledRecords data = MakePeople(7, 500, {.typo = 0.05});
  const auto candidates = FindCandidatePairs(Rule().keys, data.records);
  ASSERT_THAT(candidates, IsOk());

  const auto estimate = EstimateRule(Rule(), data.records, candidates->pairs,
                                     {.max_false_matches = 0});

  ASSERT_THAT(estimate, IsOk());
  for (const RecordPair& pair : candidates->pairs) {
    ASSERT_NE(ScoreDuplicate(estimate->rule, data.records[pair.first],
                             data.records[pair.second])
                  .verdict,
              DuplicateVerdict::kMatch);
  }
}

TEST(EstimateRule, RefusesOptionsThatAreNoShares) {
  const auto refused =
      EstimateRule(Rule(), {}, {}, {.max_false_matches = 1, .min_possible = 0});

  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_EQ(FieldViolations(refused.status()).size(), 2);
}

TEST(SamplePairs, AreSpreadAndBounded) {
  for (const size_t count : {0, 1, 2, 3, 10, 1'000, 50'000}) {
    SCOPED_TRACE(count);
    const auto pairs = SamplePairs(count);

    EXPECT_EQ(pairs.empty(), count < 2);
    EXPECT_LE(pairs.size(), 40'000);
    for (const RecordPair& pair : pairs) {
      ASSERT_LT(pair.first, pair.second);
      ASSERT_LT(pair.second, count);
    }
  }
}

}  // namespace
}  // namespace crm::operational
