#include "services/operational/domain/identity/duplicate_score.h"

#include <cmath>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace crm::operational {
namespace {

DuplicateRule Rule() {
  DuplicateRule rule;
  rule.keys = {{{.field = "name"}}};
  rule.fields = {{.field = "name",
                  .comparator = Comparator::kJaroWinkler,
                  .weights = {5, 3, -4}},
                 {.field = "birth_date",
                  .comparator = Comparator::kDate,
                  .weights = {10, 6, -5}},
                 {.field = "phone", .weights = {8, 0, -1}}};
  rule.match_from = 12;
  rule.possible_from = 6;
  rule.prior = 1.0 / 1025;
  return rule;
}

TEST(ScoreDuplicate, SaysWhatEachFieldContributes) {
  const MatchRecord a = {"customers/a",
                         {{"name", "martha"}, {"birth_date", "19810412"}}};
  const MatchRecord b = {"customers/b",
                         {{"name", "marhta"},
                          {"birth_date", "19810412"},
                          {"phone", "+14155550100"}}};

  const DuplicateScore score = ScoreDuplicate(Rule(), a, b);

  ASSERT_EQ(score.reasons.size(), 3);
  EXPECT_EQ(score.reasons[0].field, "name");
  EXPECT_EQ(score.reasons[0].agreement, Agreement::kClose);
  EXPECT_NEAR(score.reasons[0].similarity, 0.961, 0.001);
  EXPECT_EQ(score.reasons[0].weight, 3);
  EXPECT_EQ(score.reasons[1].agreement, Agreement::kAgree);
  EXPECT_EQ(score.reasons[1].weight, 10);
  EXPECT_EQ(score.reasons[2].agreement, Agreement::kMissing);
  EXPECT_EQ(score.reasons[2].weight, 0);
  EXPECT_EQ(score.score, 13);
  EXPECT_EQ(score.verdict, DuplicateVerdict::kMatch);
  // Odds of 1 to 1024 before, and 2^13 times that after.
  EXPECT_NEAR(*score.confidence, 8.0 / 9, 1e-12);
}

TEST(ScoreDuplicate, JudgesByTwoThresholds) {
  const MatchRecord a = {"a", {{"birth_date", "19810412"}}};
  const MatchRecord slip = {"b", {{"birth_date", "19811204"}}};
  const MatchRecord other = {"c", {{"birth_date", "19790101"}}};

  EXPECT_EQ(ScoreDuplicate(Rule(), a, slip).verdict,
            DuplicateVerdict::kPossible);
  EXPECT_EQ(ScoreDuplicate(Rule(), a, other).verdict,
            DuplicateVerdict::kDistinct);
}

TEST(ScoreDuplicate, DoesNotDependOnTheOrder) {
  const MatchRecord a = {"a", {{"name", "dixon"}, {"phone", "1"}}};
  const MatchRecord b = {"b", {{"name", "dicksonx"}, {"phone", "2"}}};

  EXPECT_EQ(ScoreDuplicate(Rule(), a, b).score,
            ScoreDuplicate(Rule(), b, a).score);
}

TEST(ScoreDuplicate, HasNoConfidenceWithoutAPrior) {
  DuplicateRule rule = Rule();
  rule.prior.reset();

  EXPECT_FALSE(ScoreDuplicate(rule, {}, {}).confidence.has_value());
}

TEST(ScoreDuplicate, WeighsPeopleWhoShareAgainstStrangers) {
  DuplicateRule rule = Rule();
  rule.fields[2].shared = true;
  rule.fields[0].related_weights = {5, 3, -4};
  rule.fields[1].related_weights = {10, 6, -5};
  rule.fields[2].related_weights = {0, 0, 2};
  rule.related_share = 0.25;
  // Of one household: the phone agrees, and nothing else.
  const MatchRecord a = {
      "a", {{"name", "ada"}, {"birth_date", "19810412"}, {"phone", "1"}}};
  const MatchRecord b = {
      "b", {{"name", "bob"}, {"birth_date", "19790101"}, {"phone", "1"}}};

  const DuplicateScore score = ScoreDuplicate(rule, a, b);

  // -1 against strangers, -9 against people who share.
  EXPECT_NEAR(score.score, -std::log2(0.75 * 2 + 0.25 * 512), 1e-9);
  EXPECT_EQ(score.reasons[2].weight, 0);
}

TEST(Similarity, DoesNotDependOnTheOrder) {
  std::mt19937 random(41);
  const auto text = [&random] {
    std::string letters;
    for (auto length = 1 + random() % 12; length > 0; --length) {
      letters.push_back(static_cast<char>('a' + random() % 3));
    }
    return letters;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = text();
    const std::string b = text();
    const auto comparator = static_cast<Comparator>(i % 6);
    ASSERT_EQ(Similarity(comparator, a, b), Similarity(comparator, b, a))
        << a << " " << b;
  }
}

TEST(Similarity, FollowsTheComparator) {
  EXPECT_EQ(Similarity(Comparator::kExact, "ada", "adb"), 0);
  EXPECT_EQ(Similarity(Comparator::kExact, "ada", "ada"), 1);
  EXPECT_EQ(Similarity(Comparator::kExact, "", ""), 0);
  EXPECT_DOUBLE_EQ(Similarity(Comparator::kLevenshtein, "ab", "ba"), 0);
  EXPECT_DOUBLE_EQ(Similarity(Comparator::kDamerau, "ab", "ba"), 0.5);
  EXPECT_DOUBLE_EQ(Similarity(Comparator::kPhonetic, "robert", "rupert"), 0.9);
  EXPECT_DOUBLE_EQ(Similarity(Comparator::kPhonetic, "robert", "ada"), 0);
  EXPECT_DOUBLE_EQ(Similarity(Comparator::kDate, "19810412", "19811204"), 0.9);
}

}  // namespace
}  // namespace crm::operational
