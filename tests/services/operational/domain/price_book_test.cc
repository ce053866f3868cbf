#include "services/operational/domain/price_book.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/order.pb.h"
#include "google/protobuf/text_format.h"
#include "shared/reflect/unique_name.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using absl::CivilDay;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

std::string Price(const char* start, const char* end, int units,
                  const char* more = "") {
  const auto date = [](const char* field, const char* day) {
    return *day == '\0' ? std::string()
                        : absl::StrCat(field, " { year: 2026 ", day, " } ");
  };
  return absl::StrCat(
      "prices { ", date("start_date", start), date("end_date", end),
      "unit_price { currency_code: 'EUR' units: ", units, " } ", more, " } ");
}

class PriceBookTest : public ::testing::Test {
 protected:
  PriceBookTest() {
    book_ = Parse<v1::PriceBook>(
        "name: 'priceBooks/b' currency_code: 'EUR' state: ACTIVE "
        "start_date { year: 2026 month: 1 day: 1 } "
        "end_date { year: 2026 month: 12 day: 31 }");
    context_.find =
        [this](const google::protobuf::Descriptor* type,
               absl::string_view name) -> const google::protobuf::Message* {
      if (type == v1::PriceBook::descriptor()) {
        return name == book_.name() ? &book_ : nullptr;
      }
      const auto entry = entries_.find(std::string(name));
      return entry == entries_.end() ? nullptr : &entry->second;
    };
  }

  absl::Status Prepare(const std::string& prices, v1::PriceBookEntry& entry) {
    entry = Parse<v1::PriceBookEntry>(absl::StrCat(
        "name: 'priceBooks/b/priceBookEntries/e' product: 'products/lamp' ",
        prices));
    return PreparePriceBookEntry(nullptr, entry, context_);
  }

  absl::Status Take(const std::string& lines, CivilDay day, SalesLines& taken) {
    taken = Parse<v1::Order>(lines).lines();
    return TakeBookPrices({.field = "order",
                           .price_book = "priceBooks/b",
                           .currency_code = "EUR",
                           .day = day},
                          taken, context_);
  }

  v1::PriceBook book_;
  std::map<std::string, v1::PriceBookEntry> entries_;
  RuleContext context_;
};

TEST_F(PriceBookTest, B16_PricesOfAProductDoNotOverlap) {
  struct Case {
    std::string prices;
    bool fits;
  };
  const Case kCases[] = {
      {"", true},
      {Price("", "", 1), true},
      {Price("month: 7 day: 1", "", 2) + Price("", "month: 6 day: 30", 1),
       true},
      {Price("", "month: 7 day: 1", 1) + Price("month: 7 day: 1", "", 2),
       false},
      {Price("", "", 1) + Price("month: 7 day: 1", "month: 7 day: 1", 2),
       false},
      {Price("", "month: 1 day: 9", 1) + Price("", "month: 2 day: 9", 2),
       false},
      {Price("month: 3 day: 1", "month: 2 day: 1", 2), false},
  };
  for (const Case& test : kCases) {
    v1::PriceBookEntry entry;

    const absl::Status status = Prepare(test.prices, entry);

    if (test.fits) {
      EXPECT_THAT(status, IsOk()) << test.prices;
    } else {
      EXPECT_THAT(status,
                  StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"))
          << test.prices;
    }
  }
}

TEST_F(PriceBookTest, B16_SaysAllThatIsWrongWithPrices) {
  v1::PriceBookEntry entry;

  const absl::Status status = Prepare(
      "prices { unit_price { currency_code: 'USD' units: -1 } "
      "tiers { min_quantity: 10 unit_price { currency_code: 'EUR' } } "
      "tiers { min_quantity: 10 unit_price { currency_code: 'EUR' } } }",
      entry);

  EXPECT_EQ(FieldViolations(status).size(), 3u) << status;
}

TEST_F(PriceBookTest, B16_TakesThePriceOfTheDayAndQuantity) {
  v1::PriceBookEntry entry;
  ASSERT_THAT(
      Prepare(Price("month: 7 day: 1", "", 20) +
                  Price("", "month: 6 day: 30", 10,
                        "tiers { min_quantity: 5 unit_price { currency_code: "
                        "'EUR' units: 9 } } tiers { min_quantity: 50 "
                        "unit_price { currency_code: 'EUR' units: 7 } }"),
              entry),
      IsOk());
  const auto units = [&](int month, int day, int64_t quantity) {
    return PriceOn(entry, CivilDay(2026, month, day), quantity)->units();
  };

  EXPECT_EQ(units(6, 30, 4), 10);
  EXPECT_EQ(units(6, 30, 5), 9);
  EXPECT_EQ(units(6, 30, 1'000), 7);
  EXPECT_EQ(units(7, 1, 1'000), 20);
}

TEST_F(PriceBookTest, B16_LinesWithoutAPriceTakeThatOfTheBook) {
  v1::PriceBookEntry entry;
  ASSERT_THAT(Prepare(Price("", "", 8), entry), IsOk());
  entries_[UniqueName("priceBooks/b", "product", "products/lamp")] = entry;
  SalesLines lines;

  ASSERT_THAT(Take("lines { product: 'products/lamp' quantity: 1 } "
                   "lines { product: 'products/lamp' quantity: 1 unit_price { "
                   "currency_code: 'EUR' units: 3 } } "
                   "lines { product: 'products/desk' quantity: 1 }",
                   CivilDay(2026, 5, 1), lines),
              IsOk());

  EXPECT_THAT(lines[0].unit_price(),
              EqualsProto("currency_code: 'EUR' units: 8"));
  EXPECT_THAT(lines[1].unit_price(),
              EqualsProto("currency_code: 'EUR' units: 3"));
  EXPECT_FALSE(lines[2].has_unit_price());
}

TEST_F(PriceBookTest, B16_ABookIsUsedWhileItIsActiveOnItsDays) {
  constexpr char kOpen[] = "lines { product: 'products/lamp' quantity: 1 }";
  SalesLines lines;
  EXPECT_THAT(Take(kOpen, CivilDay(2026, 12, 31), lines), IsOk());
  EXPECT_THAT(
      Take(kOpen, CivilDay(2027, 1, 1), lines),
      StatusIs(absl::StatusCode::kFailedPrecondition, "PRICE_BOOK_NOT_IN_USE"));

  book_.set_state(v1::PriceBook::RETIRED);

  EXPECT_THAT(
      Take(kOpen, CivilDay(2026, 5, 1), lines),
      StatusIs(absl::StatusCode::kFailedPrecondition, "PRICE_BOOK_NOT_IN_USE"));
  // What has its price needs no book.
  EXPECT_THAT(Take("lines { product: 'products/lamp' quantity: 1 unit_price { "
                   "currency_code: 'EUR' units: 3 } }",
                   CivilDay(2026, 5, 1), lines),
              IsOk());
  book_.set_currency_code("USD");
  EXPECT_THAT(Take(kOpen, CivilDay(2026, 5, 1), lines),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(PreparePriceBook, EndsAfterItBegins) {
  auto book = Parse<v1::PriceBook>(
      "start_date { year: 2026 month: 2 day: 1 } "
      "end_date { year: 2026 month: 2 day: 1 }");
  EXPECT_THAT(PreparePriceBook(nullptr, book, {}), IsOk());
  book.mutable_end_date()->set_month(1);
  EXPECT_THAT(PreparePriceBook(nullptr, book, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::operational
