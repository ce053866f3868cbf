#include "shared/tabular/csv_record.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Table = std::vector<std::vector<std::string>>;

// Returns all records of `content`; one that is malformed as `{"!"}`.
Table ReadAll(absl::string_view content, char delimiter = ',') {
  Table table;
  while (auto record = ReadCsvRecord(content, delimiter, /*at_end=*/true)) {
    table.push_back(record->malformed ? std::vector<std::string>{"!"}
                                      : record->fields);
    content.remove_prefix(record->size);
  }
  return table;
}

TEST(ReadCsvRecord, ReadsQuotesAndLineEndsInsideOfThem) {
  EXPECT_THAT(
      ReadAll("a,\"b \"\"c\"\"\nd\"\r\ne,f\r\n"),
      ElementsAre(ElementsAre("a", "b \"c\"\nd"), ElementsAre("e", "f")));
}

TEST(ReadCsvRecord, TakesEveryEndOfLine) {
  const Table expected = {{"a", "b"}, {"c", ""}, {"", "d"}};
  EXPECT_EQ(ReadAll("a,b\nc,\n,d"), expected);
  EXPECT_EQ(ReadAll("a,b\r\nc,\r\n,d\r\n"), expected);
  EXPECT_EQ(ReadAll("a,b\rc,\r,d\r"), expected);
  EXPECT_EQ(ReadAll("\n\na,b\n\n\nc,\n,d\n\n"), expected);
}

TEST(ReadCsvRecord, TakesOtherDelimiters) {
  EXPECT_THAT(ReadAll("a;b,c\n", ';'), ElementsAre(ElementsAre("a", "b,c")));
  EXPECT_THAT(ReadAll("a\tb\n", '\t'), ElementsAre(ElementsAre("a", "b")));
}

TEST(ReadCsvRecord, GivesUpOneLineWhereQuotesAreWrong) {
  EXPECT_THAT(ReadAll("a,b\nc,\"d\"e\nf,g\n"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("!"),
                          ElementsAre("f", "g")));
  // The quote has no end: what follows is read again, line by line.
  EXPECT_THAT(ReadAll("a,\"b\nc,d\ne,f\n"),
              ElementsAre(ElementsAre("!"), ElementsAre("c", "d"),
                          ElementsAre("e", "f")));
}

TEST(ReadCsvRecord, WaitsForTheRestOfARecord) {
  EXPECT_FALSE(ReadCsvRecord("a,b", ',', false).has_value());
  EXPECT_FALSE(ReadCsvRecord("a,\"b\n", ',', false).has_value());
  // A line feed may follow.
  EXPECT_FALSE(ReadCsvRecord("a,b\r", ',', false).has_value());
  EXPECT_FALSE(ReadCsvRecord("", ',', true).has_value());
  EXPECT_FALSE(ReadCsvRecord("\n \r\n", ',', false).has_value());
}

TEST(ReadCsvRecord, RefusesMoreValuesThanARecordMayHave) {
  std::string line = "x";
  for (size_t i = 1; i < kMaxRecordFields; ++i) absl::StrAppend(&line, ",x");
  EXPECT_FALSE(ReadCsvRecord(line, ',', true)->malformed);
  EXPECT_TRUE(ReadCsvRecord(line + ",x", ',', true)->malformed);
}

// Writes a record as RFC 4180 has it, by rules of its own.
std::string Write(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    line += '"';
    for (const char c : fields[i]) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + "\r\n";
}

TEST(ReadCsvRecord, ReadsWhatWasWrittenHoweverItIsCut) {
  std::mt19937 random(20261128);
  constexpr char kCharacters[] = "ab,\"\r\n ;";
  for (int round = 0; round < 300; ++round) {
    Table table(1 + random() % 4);
    std::string content;
    for (auto& record : table) {
      record.resize(1 + random() % 3);
      for (std::string& field : record) {
        for (size_t i = random() % 6; i > 0; --i) {
          field += kCharacters[random() % (sizeof(kCharacters) - 1)];
        }
      }
      content += Write(record);
    }
    ASSERT_EQ(ReadAll(content), table) << content;
    // A beginning of the content gives whole records only, and the right ones.
    const size_t cut = random() % content.size();
    absl::string_view begin = absl::string_view(content).substr(0, cut);
    size_t read = 0;
    while (auto record = ReadCsvRecord(begin, ',', false)) {
      ASSERT_LT(read, table.size());
      ASSERT_EQ(record->fields, table[read]) << content;
      begin.remove_prefix(record->size);
      ++read;
    }
  }
}

TEST(ReadCsvRecord, EndsOnAnyBytes) {
  std::mt19937 random(4180);
  for (int round = 0; round < 2'000; ++round) {
    std::string content(random() % 40, '\0');
    for (char& c : content) {
      constexpr char kLikely[] = {'"', ',', '\n', '\r', 'a', '\0', '\xFF'};
      c = kLikely[random() % sizeof(kLikely)];
    }
    absl::string_view rest = content;
    while (auto record = ReadCsvRecord(rest, ',', true)) {
      ASSERT_GT(record->size, 0u);
      ASSERT_LE(record->size, rest.size());
      rest.remove_prefix(record->size);
    }
  }
}

}  // namespace
}  // namespace crm
