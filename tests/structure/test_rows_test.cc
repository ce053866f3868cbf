#include "tests/structure/test_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace crm::structure {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(RowsOf, FindsEachFormAnywhereInTheName) {
  EXPECT_THAT(RowsOf("OP_02_ConvertTwice"), ElementsAre("OP-02"));
  EXPECT_THAT(RowsOf("TotalsAreExact_OP_04_E01"), ElementsAre("OP-04", "E01"));
  EXPECT_THAT(RowsOf("AN-18: the top fifth"), ElementsAre("AN-18"));
  EXPECT_THAT(RowsOf("A05"), ElementsAre("A05"));
  EXPECT_THAT(RowsOf("A39_PAIN_01_OneWins"), ElementsAre("A39", "PAIN-01"));
}

TEST(RowsOf, TakesNothingElseForARow) {
  EXPECT_THAT(RowsOf("Base64OfA05x"), IsEmpty());
  EXPECT_THAT(RowsOf("OP_2"), IsEmpty());
  EXPECT_THAT(RowsOf("StopsAfter_10_Tries"), IsEmpty());
  EXPECT_THAT(RowsOf("UTF_16"), IsEmpty());
}

TEST(RowsText, ListsGoogleTestsAndNodeTestsSortedByRow) {
  const std::string text = RowsText(
      {{"tests/suite/lead_test.cc",
        "TEST(OperationalRows,\n     OP_02_ConvertTwice) {\n}\n"
        "TEST_F(Plain, HasNoRow) {}\n"},
       {"tests/clients/call_test.mjs", "test('A02 a unary call', () => {});\n"},
       {"shared/base/clock.cc", "TEST(NoTest, A03_OutsideTests) {}\n"}});

  EXPECT_THAT(text,
              EndsWith("A02 tests/clients/call_test.mjs A02 a unary call\n"
                       "OP-02 tests/suite/lead_test.cc "
                       "OperationalRows.OP_02_ConvertTwice\n"));
  EXPECT_THAT(text, Not(HasSubstr("HasNoRow")));
  EXPECT_THAT(text, Not(HasSubstr("A03")));
}

}  // namespace
}  // namespace crm::structure
