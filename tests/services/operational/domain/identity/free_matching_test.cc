// How well records are found that are of one person: with a published rule, and
// with rules that learn from the records alone.

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/operational/domain/identity/duplicate_score.h"
#include "services/operational/domain/identity/match_clusters.h"
#include "services/operational/domain/identity/rule_estimation.h"
#include "tests/services/operational/domain/identity/labelled_records.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using testing::GroupBy;
using testing::JudgeGroups;
using testing::JudgePairs;
using testing::kNoReferenceData;
using testing::LabelledRecords;
using testing::MakePeople;
using testing::Quality;
using testing::ReadFebrl;

constexpr auto kSoundex = KeyPart::Form::kSoundex;

// The example of the guide of the Python package `recordlinkage`: one block,
// one point a field that agrees, more than three are a match.
DuplicateRule PublishedRule() {
  const ByAgreement points = {1, 1, 0};
  return {
      .keys = {{{.field = "given_name"}}},
      .fields = {{"surname", Comparator::kJaroWinkler, false, 0.85, points},
                 {"date_of_birth", Comparator::kExact, false, 1, points},
                 {"suburb", Comparator::kExact, false, 1, points},
                 {"state", Comparator::kExact, false, 1, points},
                 {"address_1", Comparator::kLevenshtein, false, 0.85, points},
                 {"given_name", Comparator::kExact, false, 1, points}},
      .match_from = 4,
      .possible_from = 4,
      .prior = std::nullopt};
}

TEST(OperationalRows, OP_12_ThePublishedRuleFindsThePublishedPairs) {
  const auto data = ReadFebrl();
  if (!data.has_value()) GTEST_SKIP() << kNoReferenceData;
  const DuplicateRule rule = PublishedRule();
  ASSERT_THAT(ValidateDuplicateRule(rule), IsOk());

  const auto candidates = FindCandidatePairs(rule.keys, data->records);

  ASSERT_THAT(candidates, IsOk());
  EXPECT_EQ(data->records.size() * (data->records.size() - 1) / 2, 499'500);
  EXPECT_EQ(candidates->pairs.size(), 2'082);
  EXPECT_EQ(candidates->skipped_blocks, 0);
  std::map<int, int> histogram;
  std::vector<RecordPair> matches;
  for (const RecordPair& pair : candidates->pairs) {
    const DuplicateScore score = ScoreDuplicate(rule, data->records[pair.first],
                                                data->records[pair.second]);
    ++histogram[static_cast<int>(score.score)];
    if (score.verdict == DuplicateVerdict::kMatch) matches.push_back(pair);
  }
  const std::map<int, int> expected = {{6, 142}, {5, 145}, {4, 30},
                                       {3, 9},   {2, 376}, {1, 1380}};
  EXPECT_EQ(histogram, expected);
  EXPECT_EQ(matches.size(), 317);
  const Quality quality = JudgePairs(*data, matches);
  EXPECT_EQ(quality.precision, 1);
  EXPECT_NEAR(quality.recall, 0.634, 1e-9);
  EXPECT_NEAR(quality.f1, 0.776, 0.0005);
}

// A rule of which only fields and keys are given.
DuplicateRule FebrlRule() {
  return {
      .keys = {{{.field = "soc_sec_id"}},
               {{.field = "date_of_birth"}},
               {{.field = "given_name", .form = kSoundex},
                {.field = "surname", .form = kSoundex}},
               {{.field = "surname", .form = kSoundex}, {.field = "postcode"}},
               {{.field = "given_name", .form = kSoundex},
                {.field = "postcode"}},
               {{.field = "address_1"}, {.field = "street_number"}}},
      .fields = {{"given_name", Comparator::kJaroWinkler, false, 0.85, {}},
                 {"surname", Comparator::kJaroWinkler, true, 0.85, {}},
                 {"street_number", Comparator::kDamerau, true, 0.7, {}},
                 {"address_1", Comparator::kDamerau, true, 0.8, {}},
                 {"address_2", Comparator::kDamerau, true, 0.8, {}},
                 {"suburb", Comparator::kJaroWinkler, true, 0.85, {}},
                 {"postcode", Comparator::kDamerau, true, 0.7, {}},
                 {"state", Comparator::kExact, true, 1, {}},
                 {"date_of_birth", Comparator::kDate, false, 0.85, {}},
                 {"soc_sec_id", Comparator::kDamerau, false, 0.8, {}}},
      .prior = std::nullopt};
}

struct Outcome {
  RuleEstimate estimate;
  Quality quality;
};

Outcome LearnAndJudge(const DuplicateRule& rule, const LabelledRecords& data) {
  const auto candidates = FindCandidatePairs(rule.keys, data.records);
  EXPECT_THAT(candidates, IsOk());
  auto estimate = EstimateRule(rule, data.records, candidates->pairs);
  EXPECT_THAT(estimate, IsOk());
  if (!estimate.ok()) return {};
  const Quality quality =
      JudgeGroups(data, GroupBy(estimate->rule, data, candidates->pairs));
  return {*std::move(estimate), quality};
}

TEST(OperationalRows, OP_12_FreeMatchingFindsNearlyAllOfAPublicSet) {
  const auto data = ReadFebrl();
  if (!data.has_value()) GTEST_SKIP() << kNoReferenceData;

  const Outcome outcome = LearnAndJudge(FebrlRule(), *data);

  EXPECT_GE(outcome.quality.f1, 0.97);
  EXPECT_GE(outcome.quality.precision, 0.99);
}

// Without the one field that nearly tells people apart by itself.
TEST(FreeMatching, NeedsNoNumberOfThePerson) {
  const auto data = ReadFebrl();
  if (!data.has_value()) GTEST_SKIP() << kNoReferenceData;
  DuplicateRule rule = FebrlRule();
  rule.keys.erase(rule.keys.begin());
  rule.fields.pop_back();

  const Outcome outcome = LearnAndJudge(rule, *data);

  EXPECT_GE(outcome.quality.f1, 0.97);
  EXPECT_GE(outcome.quality.precision, 0.99);
}

DuplicateRule PeopleRule() {
  return {
      .keys =
          {{{.field = "phone"}},
           {{.field = "given_name", .form = kSoundex}, {.field = "birth_date"}},
           {{.field = "surname", .form = kSoundex}, {.field = "birth_date"}},
           {{.field = "given_name", .form = kSoundex},
            {.field = "surname", .form = kSoundex}},
           {{.field = "birth_date"}},
           {{.field = "street"}, {.field = "postcode"}},
           {{.field = "given_name", .form = kSoundex}, {.field = "street"}},
           {{.field = "surname", .form = kSoundex}, {.field = "street"}},
           {{.field = "given_name", .form = kSoundex}, {.field = "postcode"}},
           {{.field = "surname", .form = kSoundex}, {.field = "postcode"}}},
      .fields = {{"given_name", Comparator::kJaroWinkler, false, 0.85, {}},
                 {"surname", Comparator::kJaroWinkler, true, 0.85, {}},
                 {"birth_date", Comparator::kDate, false, 0.85, {}},
                 {"phone", Comparator::kDamerau, true, 0.85, {}},
                 {"street", Comparator::kDamerau, true, 0.85, {}},
                 {"town", Comparator::kJaroWinkler, true, 0.85, {}},
                 {"postcode", Comparator::kDamerau, true, 0.7, {}}},
      .prior = std::nullopt};
}

struct Setting {
  const char* name;
  testing::ErrorRates rates;
};

// The same method on families, movers, swapped dates and names, and nicknames,
// at several rates: what it has learnt, it has learnt of each set itself.
TEST(OperationalRows, OP_12_FreeMatchingHoldsOnOtherErrorsThanTheSetHas) {
  const Setting settings[] = {
      {"clean", {.typo = 0.02, .missing = 0.02}},
      {"typing errors", {.typo = 0.15, .missing = 0.03}},
      {"movers",
       {.typo = 0.03, .missing = 0.03, .moved = 0.25, .new_phone = 0.2}},
      {"dates and names",
       {.typo = 0.03,
        .missing = 0.03,
        .swapped_date = 0.1,
        .other_name = 0.05}},
      {"a little of all",
       {.typo = 0.04,
        .missing = 0.04,
        .moved = 0.08,
        .new_phone = 0.08,
        .swapped_date = 0.04,
        .other_name = 0.01,
        .nickname = 0.06,
        .swapped_names = 0.02}},
  };
  for (const Setting& setting : settings) {
    for (const uint32_t seed : {21, 22}) {
      SCOPED_TRACE(absl::StrCat(setting.name, " ", seed));
      const LabelledRecords data = MakePeople(seed, 2'000, setting.rates);

      const Outcome outcome = LearnAndJudge(PeopleRule(), data);

      EXPECT_GE(outcome.quality.precision, 0.99);
      EXPECT_GE(outcome.quality.f1, 0.97);
    }
  }
}

// Where a name and a birthday lack in one of eight pairs, those are of one
// person as likely as of two of one household: nobody can tell.
TEST(FreeMatching, TakesNoRelativesWhereMuchIsMissing) {
  for (const uint32_t seed : {21, 22}) {
    SCOPED_TRACE(seed);
    const LabelledRecords data =
        MakePeople(seed, 2'000, {.typo = 0.03, .missing = 0.15});

    const Outcome outcome = LearnAndJudge(PeopleRule(), data);

    EXPECT_GE(outcome.quality.precision, 0.98);
    EXPECT_GE(outcome.quality.f1, 0.92);
  }
}

}  // namespace
}  // namespace crm::operational
