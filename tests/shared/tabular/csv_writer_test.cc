#include "shared/tabular/csv_writer.h"

#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "shared/tabular/csv_record.h"

namespace crm {
namespace {

std::string Written(const std::vector<std::string>& fields,
                    char delimiter = ',') {
  std::string out;
  AppendCsvRecord(fields, delimiter, out);
  return out;
}

TEST(AppendCsvRecord, QuotesEveryField) {
  EXPECT_EQ(Written({"a", "", "b \"c\"\r\nd,e"}),
            "\"a\",\"\",\"b \"\"c\"\"\r\nd,e\"\r\n");
  EXPECT_EQ(Written({"a", "b"}, ';'), "\"a\";\"b\"\r\n");
}

TEST(AppendCsvRecord, IsReadBackAsItWas) {
  std::mt19937 random(7);
  const std::string characters = "a\"',; \r\n\t=é";
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> fields(1 + random() % 4);
    for (std::string& field : fields) {
      // A record of nothing but empty lines would be none.
      field = "x";
      for (size_t i = random() % 8; i > 0; --i) {
        field += characters[random() % characters.size()];
      }
    }
    const std::string content = Written(fields, ';');

    const auto record = ReadCsvRecord(content, ';', /*at_end=*/true);

    ASSERT_TRUE(record.has_value()) << content;
    EXPECT_EQ(record->fields, fields) << content;
    EXPECT_EQ(record->size, content.size());
  }
}

TEST(WithoutFormula, PutsAnApostropheBeforeWhatWouldBeCalculated) {
  for (const std::string text :
       {"=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1",
        "\n=1", "+", "-", "--1", "-1-2", "+.5", "＝1+1", "＠SUM(A1)"}) {
    EXPECT_EQ(WithoutFormula(text), "'" + text);
  }
}

TEST(WithoutFormula, LeavesTextAndNumbersAsTheyAre) {
  for (const std::string text : {"", "Ada", "1=1", "a@example.org", "-12.50",
                                 "+14155550100", "-3.", "'=1", " =1"}) {
    EXPECT_EQ(WithoutFormula(text), text);
  }
}

}  // namespace
}  // namespace crm
