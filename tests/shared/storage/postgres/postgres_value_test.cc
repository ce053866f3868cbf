#include "shared/storage/postgres/postgres_value.h"

#include <random>
#include <string>

#include "gtest/gtest.h"
#include "shared/storage/postgres/postgres_sql.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

// Texts of few characters, mostly those that are escaped.
std::string RandomText(std::mt19937& random) {
  std::string text;
  const size_t size = random() % 6;
  while (text.size() < size) text.push_back(static_cast<char>(random() % 6));
  return text;
}

TEST(EscapeText, KeepsOrderEqualityAndSubstrings) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = RandomText(random);
    const std::string b = RandomText(random);
    const std::string stored_a = EscapeText(a);
    const std::string stored_b = EscapeText(b);
    ASSERT_EQ(UnescapeText(stored_a), a);
    ASSERT_EQ(stored_a.find('\0'), stored_a.npos);
    ASSERT_EQ(stored_a < stored_b, a < b);
    ASSERT_EQ(stored_a == stored_b, a == b);
    ASSERT_EQ(stored_a.find(stored_b) == stored_a.npos, a.find(b) == a.npos);
    ASSERT_EQ(EscapeText(a + b), stored_a + stored_b);
  }
}

TEST(EscapeText, LeavesUsualTextAsItIs) {
  EXPECT_EQ(EscapeText("Zoë, line\nbreak\ttab"), "Zoë, line\nbreak\ttab");
}

TEST(NumberParameters, NumbersOnlyParameters) {
  const NumberedSql sql = NumberParameters(
      "SELECT '?', \"a?\", 'it''s ?' FROM t WHERE a = ? AND b IN (?, ?)");

  EXPECT_EQ(sql.text,
            "SELECT '?', \"a?\", 'it''s ?' FROM t WHERE a = $1 AND b IN ($2, "
            "$3)");
  EXPECT_EQ(sql.parameters, 3);
}

TEST(DecodeValue, RefusesTypesThatNoColumnHas) {
  constexpr unsigned int kNumeric = 1700;
  EXPECT_THAT(DecodeValue(kNumeric, "1234"),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
  constexpr unsigned int kInt8 = 20;
  EXPECT_THAT(DecodeValue(kInt8, "1234"),
              StatusIs(absl::StatusCode::kInternal, "STORAGE_ERROR"));
}

}  // namespace
}  // namespace crm::testing
