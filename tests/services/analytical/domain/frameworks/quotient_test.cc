#include "services/analytical/domain/frameworks/quotient.h"

#include <optional>
#include <random>

#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

TEST(Quotient, IsInItsLowestTerms) {
  EXPECT_EQ(ToText(*MakeQuotient(74, 104)), "37/52");
  EXPECT_EQ(ToText(*MakeQuotient(6, 2)), "3");
  EXPECT_EQ(ToText(*MakeQuotient(0, 7)), "0");
}

TEST(Quotient, DividesByNothingAndIsNotNegative) {
  EXPECT_EQ(MakeQuotient(1, 0), std::nullopt);
  EXPECT_EQ(MakeQuotient(-1, 2), std::nullopt);
  EXPECT_EQ(MakeQuotient(1, -2), std::nullopt);
  EXPECT_EQ(MakeQuotient(absl::Int128Max(), 1), std::nullopt);
}

TEST(Quotient, ComesBackFromItsText) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = MakeQuotient(absl::int128(random() >> 1) * 1'000'000,
                                    absl::int128(random() >> 2) + 1);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(ParseQuotient(ToText(*value)), value);
  }
}

TEST(Quotient, IsNotReadFromOtherText) {
  for (const char* text : {"", "/", "1/", "/2", "a", "1/0", "-1/2", "1/2/3"}) {
    EXPECT_EQ(ParseQuotient(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace crm::analytical
