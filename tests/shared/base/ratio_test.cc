#include "shared/base/ratio.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(Scale, RoundsHalfToEven) {
  struct Case {
    int64_t value;
    int64_t numerator;
    int64_t denominator;
    int64_t expected;
  };
  const Case kCases[] = {
      {0, 7, 3, 0},    {1, 1, 2, 0},    {3, 1, 2, 2},    {5, 1, 2, 2},
      {-1, 1, 2, 0},   {-3, 1, 2, -2},  {-5, 1, 2, -2},  {10, 1, 3, 3},
      {11, 1, 3, 4},   {-10, 1, 3, -3}, {-11, 1, 3, -4}, {7, 0, 9, 0},
      {100, 3, 4, 75},
  };
  for (const Case& test : kCases) {
    const Ratio ratio = {
        .numerator = static_cast<uint64_t>(test.numerator),
        .denominator = static_cast<uint64_t>(test.denominator)};

    EXPECT_THAT(Scale(test.value, ratio), Optional(Eq(test.expected)))
        << test.value << " x " << test.numerator << " / " << test.denominator;
  }
}

TEST(Scale, IsExactBeyond128Bits) {
  const absl::uint128 large = absl::Uint128Max() - 58;

  EXPECT_THAT(
      Scale(absl::Int128Max(), {.numerator = large, .denominator = large}),
      Optional(Eq(absl::Int128Max())));
  EXPECT_THAT(
      Scale(absl::Int128Min() + 1, {.numerator = large, .denominator = large}),
      Optional(Eq(absl::Int128Min() + 1)));
}

TEST(Scale, SaysWhatDoesNotFit) {
  EXPECT_EQ(Scale(absl::Int128Max(), {.numerator = 2, .denominator = 1}),
            std::nullopt);
  EXPECT_EQ(Scale(absl::Int128Max(),
                  {.numerator = absl::Uint128Max(), .denominator = 1}),
            std::nullopt);
}

TEST(Scale, AgreesWithPlainArithmeticWhereThatSuffices) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<int64_t>(random() >> (random() % 40));
    const uint64_t numerator = random() >> (random() % 60);
    const uint64_t denominator = (random() >> (random() % 60)) | 1;
    const absl::uint128 product =
        absl::uint128(static_cast<uint64_t>(value)) * numerator;
    absl::uint128 expected = product / denominator;
    const absl::uint128 rest = product % denominator * 2;
    if (rest > denominator || (rest == denominator && (expected & 1) != 0)) {
      ++expected;
    }
    if (value < 0) continue;

    EXPECT_THAT(
        Scale(value, {.numerator = numerator, .denominator = denominator}),
        Optional(Eq(static_cast<absl::int128>(expected))));
  }
}

}  // namespace
}  // namespace crm
