#include "services/operational/domain/quote.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;
constexpr char kLine[] =
    "lines { line_id: '1' product: 'products/lamp' quantity: 2 "
    "        unit_price { currency_code: 'EUR' units: 5 } } ";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

v1::Quote Parse(const std::string& text) {
  v1::Quote quote;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("name: 'quotes/q' currency_code: 'EUR' ", text), &quote));
  return quote;
}

absl::Status Change(const v1::Quote& before, v1::Quote& after) {
  RuleContext context;
  context.now = kNow;
  return PrepareQuote(&before, after, context);
}

TEST(PrepareQuote, PricesADraft) {
  v1::Quote quote = Parse(absl::StrCat(kLine, "discount_millionths: 500000"));

  EXPECT_THAT(PrepareQuote(nullptr, quote, {}), IsOk());

  EXPECT_EQ(quote.version(), 1);
  EXPECT_THAT(quote.totals().total(),
              EqualsProto("currency_code: 'EUR' units: 5"));
}

TEST(PrepareQuote, IsSentWithLinesAndATimeToCome) {
  struct Case {
    std::string fields;
    const char* reason;
  };
  const Case kCases[] = {
      {absl::StrCat(kLine, "expire_time { seconds: 1700000001 }"), ""},
      {absl::StrCat(kLine, "expire_time { seconds: 1700000000 }"),
       "QUOTE_EXPIRES_TOO_SOON"},
      {kLine, "QUOTE_EXPIRES_TOO_SOON"},
      {"expire_time { seconds: 1700000001 }", "QUOTE_EMPTY"},
  };
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.fields);
    const v1::Quote before = Parse(absl::StrCat("state: DRAFT ", test.fields));
    v1::Quote after = before;
    after.set_state(v1::Quote::SENT);

    EXPECT_EQ(ErrorReason(Change(before, after)), test.reason);
  }
}

TEST(PrepareQuote, LeavesADraftAsItIsUntilItsLinesChangeOrItIsSent) {
  const v1::Quote before = Parse(
      "state: DRAFT version: 1 expire_time { seconds: 1800000000 } "
      "lines { line_id: '1' product: 'products/lamp' quantity: 2 "
      "        unit_price { currency_code: 'EUR' units: 5 } "
      "        tax_class: 'taxClasses/gone' tax_rate_millionths: 100000 } "
      "totals { total { currency_code: 'EUR' units: 11 } } ");
  v1::Quote noted = before;
  noted.set_note("Call first.");
  v1::Quote sent = before;
  sent.set_state(v1::Quote::SENT);

  EXPECT_THAT(Change(before, noted), IsOk());
  EXPECT_THAT(Change(before, sent), IsOk());

  v1::Quote wanted = before;
  wanted.set_note("Call first.");
  EXPECT_THAT(noted, EqualsProto(wanted.ShortDebugString()));
  EXPECT_THAT(sent.totals().total(),
              EqualsProto("currency_code: 'EUR' units: 10"));
}

TEST(PrepareQuote, KeepsWhatWasOffered) {
  const v1::Quote before = Parse(
      absl::StrCat("state: SENT expire_time { seconds: 1800000000 } ", kLine));
  v1::Quote noted = before;
  noted.set_note("Call first.");
  v1::Quote cheaper = before;
  cheaper.set_discount_millionths(1);
  v1::Quote longer = before;
  longer.mutable_expire_time()->set_seconds(1'900'000'000);
  v1::Quote more = before;
  more.mutable_lines(0)->set_quantity(3);

  EXPECT_THAT(Change(before, noted), IsOk());
  for (v1::Quote after : {cheaper, longer, more}) {
    EXPECT_THAT(Change(before, after), StatusIs(kRefused, "QUOTE_NOT_DRAFT"));
  }
}

TEST(PrepareQuote, IsNotAcceptedAfterItsTime) {
  for (const auto& [seconds, reason] :
       {std::pair{1'700'000'000, "QUOTE_EXPIRED"}, {1'700'000'001, ""}}) {
    v1::Quote before = Parse("state: SENT");
    before.mutable_expire_time()->set_seconds(seconds);
    v1::Quote after = before;
    after.set_state(v1::Quote::ACCEPTED);

    EXPECT_EQ(ErrorReason(Change(before, after)), reason);
  }
}

TEST(OrderOf, HasTheLinesAndTheDiscountOfTheQuote) {
  const v1::Quote quote = Parse(absl::StrCat(
      "customer: 'customers/ada' account: 'accounts/a' owner: 'user:ada' "
      "discount_millionths: 10 state: ACCEPTED ",
      kLine));

  EXPECT_THAT(OrderOf(quote, kNow),
              EqualsProto(absl::StrCat(
                  "customer: 'customers/ada' account: 'accounts/a' "
                  "owner: 'user:ada' currency_code: 'EUR' state: SUBMITTED "
                  "discount_millionths: 10 quote: 'quotes/q' "
                  "submit_time { seconds: 1700000000 } ",
                  kLine)));
}

TEST(ReviseQuote, MakesTheNextVersionOfWhatIsNotTaken) {
  for (int state = 1; state < v1::Quote::State_ARRAYSIZE; ++state) {
    v1::Quote quote = Parse(kLine);
    quote.set_version(2);
    quote.set_state(static_cast<v1::Quote::State>(state));
    const bool revisable = state == v1::Quote::SENT ||
                           state == v1::Quote::DECLINED ||
                           state == v1::Quote::EXPIRED;

    const auto draft = ReviseQuote(quote);

    if (!revisable) {
      EXPECT_THAT(draft, StatusIs(kRefused, "QUOTE_NOT_REVISABLE")) << state;
      continue;
    }
    ASSERT_THAT(draft, IsOk()) << state;
    EXPECT_EQ(draft->version(), 3);
    EXPECT_EQ(draft->previous_version(), "quotes/q");
    EXPECT_EQ(draft->lines_size(), 1);
  }
}

}  // namespace
}  // namespace crm::operational
