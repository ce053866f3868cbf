#include "services/operational/handlers/quote.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::Proto;
using ::crm::testing::ServiceOnClock;
using ::crm::testing::StatusIs;

constexpr int64_t kStart = 1'700'000'000;

class QuoteExpiry : public ::testing::Test {
 protected:
  QuoteExpiry() : service_(absl::FromUnixSeconds(kStart)) {
    service_.Must<v1::Product, v1::CreateProductRequest>(
        "CreateProduct",
        "product_id: 'lamp' product { display_name: 'Lamp' sku: 'L1' "
        "list_price { currency_code: 'EUR' units: 10 } }");
    service_.Must<v1::Quote, v1::CreateQuoteRequest>(
        "CreateQuote",
        absl::StrCat("quote_id: 'q1' quote { currency_code: 'EUR' "
                     "expire_time { seconds: ",
                     kStart + 3600,
                     " } lines { product: 'products/lamp' quantity: 1 } }"));
    service_.Must<v1::Quote, v1::SendQuoteRequest>("SendQuote",
                                                   "name: 'quotes/q1'");
  }

  v1::Quote Quote(absl::string_view name = "quotes/q1") {
    return service_.Must<v1::Quote, v1::GetQuoteRequest>(
        "GetQuote", absl::StrCat("name: '", name, "'"));
  }

  ServiceOnClock service_;
};

TEST_F(QuoteExpiry, ComesAtItsTimeAndNotBefore) {
  service_.clock().Advance(absl::Hours(1) - absl::Microseconds(1));
  service_.FireTimers();
  EXPECT_EQ(Quote().state(), v1::Quote::SENT);

  service_.clock().Advance(absl::Microseconds(1));
  service_.FireTimers();

  const v1::Quote expired = Quote();
  EXPECT_EQ(expired.state(), v1::Quote::EXPIRED);
  EXPECT_EQ(expired.expiry_time().seconds(), kStart + 3600);
  EXPECT_THAT(
      service_.Serve("AcceptQuote",
                     Proto<v1::AcceptQuoteRequest>("name: 'quotes/q1'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
}

TEST_F(QuoteExpiry, IsNotWaitedForByWhoAccepts) {
  service_.clock().Advance(absl::Hours(1));

  EXPECT_THAT(service_.Serve("AcceptQuote", Proto<v1::AcceptQuoteRequest>(
                                                "name: 'quotes/q1'")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "QUOTE_EXPIRED"));
}

TEST_F(QuoteExpiry, LeavesWhatWasDecided) {
  service_.Must<v1::Quote, v1::AcceptQuoteRequest>("AcceptQuote",
                                                   "name: 'quotes/q1'");

  service_.clock().Advance(absl::Hours(2));
  service_.FireTimers();

  EXPECT_EQ(Quote().state(), v1::Quote::ACCEPTED);
}

}  // namespace
}  // namespace crm::operational
