#include "services/operational/domain/identity/blocking.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

MatchRecord Named(const char* given, const char* family) {
  return {"", {{"given", given}, {"family", family}}};
}

TEST(FindCandidatePairs, PairsRecordsThatShareAnyKeyOnce) {
  const std::vector<MatchRecord> records = {
      Named("ada", "lovelace"), Named("ada", "byron"),
      Named("adele", "lovelace"), Named("bob", "lovelaze"), Named("", "")};
  const std::vector<BlockingKey> keys = {
      {{.field = "given"}},
      {{.field = "family", .form = KeyPart::Form::kSoundex}},
      {{.field = "given", .form = KeyPart::Form::kPrefix, .length = 2},
       {.field = "family"}}};

  const auto found = FindCandidatePairs(keys, records);

  ASSERT_THAT(found, IsOk());
  EXPECT_THAT(found->pairs, ElementsAre(RecordPair{0, 1}, RecordPair{0, 2},
                                        RecordPair{0, 3}, RecordPair{2, 3}));
}

TEST(FindCandidatePairs, SkipsBlocksThatTellLittle) {
  const std::vector<MatchRecord> records(4, Named("ada", "lovelace"));
  const std::vector<BlockingKey> keys = {{{.field = "given"}}};

  const auto found = FindCandidatePairs(keys, records, 3);

  ASSERT_THAT(found, IsOk());
  EXPECT_TRUE(found->pairs.empty());
  EXPECT_EQ(found->skipped_blocks, 1);
}

TEST(FindCandidatePairs, RefusesMorePairsThanItMayHold) {
  const std::vector<MatchRecord> records(7'000, Named("ada", "lovelace"));
  const std::vector<BlockingKey> keys = {{{.field = "given"}}};

  EXPECT_THAT(FindCandidatePairs(keys, records, records.size()),
              StatusIs(absl::StatusCode::kResourceExhausted, "TOO_MANY_PAIRS"));
}

TEST(KeyOf, KeepsPartsApart) {
  const BlockingKey key = {{.field = "given"}, {.field = "family"}};

  EXPECT_NE(KeyOf(key, Named("ab", "c")), KeyOf(key, Named("a", "bc")));
  EXPECT_EQ(KeyOf(key, Named("ab", "")), "");
}

}  // namespace
}  // namespace crm::operational
