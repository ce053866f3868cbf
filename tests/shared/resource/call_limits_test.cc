// The bounds of one call: how many resources it may change, how large a page
// is, how long a request id. Each is kept to, and reached.

#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "shared/resource/request_log.h"
#include "shared/resource/transaction.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::testing::IsOk;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;

constexpr size_t kPageBytes = size_t{1} << 20;

v1::Product ProductNumber(size_t number) {
  v1::Product product;
  product.set_name(absl::StrCat("products/made-", number));
  product.set_display_name("Made");
  product.set_sku(absl::StrCat("made-", number));
  return product;
}

// Changes as many resources as the product is to be called.
absl::StatusOr<v1::Product> ChangeMany(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::UpdateProductRequest& request) {
  size_t count = 0;
  if (!absl::SimpleAtoi(request.product().display_name(), &count)) {
    return InvalidArgument("NO_NUMBER", "The name is no number.");
  }
  CRM_ASSIGN_OR_RETURN(v1::Product product, transaction.GetLive<v1::Product>(
                                                request.product().name()));
  product.set_category("busy");
  transaction.Update(product);
  for (size_t i = 1; i < count; ++i) {
    v1::Product made = ProductNumber(i);
    transaction.Create(made);
  }
  return product;
}

absl::StatusOr<std::unique_ptr<Service>> MakeBusyService(
    const ServiceEnvironment& /*environment*/) {
  auto service = std::make_unique<Service>("busy");
  service->application.Owns<v1::Product>().Mutate(ChangeMany);
  return service;
}

class CallLimitsTest : public ::testing::Test {
 protected:
  CallLimitsTest()
      : service_(authority_, "busy", MakeBusyService),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const Request& request) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.ProductService.", method), request,
        {.token = token_});
  }

  absl::StatusOr<v1::Product> Create(const std::string& id,
                                     const std::string& description = "",
                                     const std::string& request_id = "") {
    v1::CreateProductRequest request;
    request.set_product_id(id);
    request.set_request_id(request_id);
    request.mutable_product()->set_display_name(id);
    request.mutable_product()->set_sku(id);
    request.mutable_product()->set_description(description);
    return Call<v1::Product>("CreateProduct", request);
  }

  absl::StatusOr<v1::Product> Change(const std::string& id, size_t count) {
    v1::UpdateProductRequest request;
    request.mutable_product()->set_name("products/" + id);
    request.mutable_product()->set_display_name(absl::StrCat(count));
    return Call<v1::Product>("UpdateProduct", request);
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(CallLimitsTest, OneCallChangesFiveThousandResourcesAndNotOneMore) {
  ASSERT_THAT(Create("first"), IsOk());

  EXPECT_THAT(Change("first", kMaxChanges + 1),
              StatusIs(absl::StatusCode::kInvalidArgument, "TOO_MANY_CHANGES"));
  v1::GetProductRequest get;
  get.set_name(ProductNumber(1).name());
  EXPECT_EQ(Call<v1::Product>("GetProduct", get).status().code(),
            absl::StatusCode::kNotFound);

  EXPECT_THAT(Change("first", kMaxChanges), IsOk());
  EXPECT_EQ(kMaxChanges, size_t{5'000});
  get.set_name(ProductNumber(kMaxChanges - 1).name());
  EXPECT_THAT(Call<v1::Product>("GetProduct", get), IsOk());
}

TEST_F(CallLimitsTest, APageEndsWithTheResourceThatFillsItsBytes) {
  const std::string description(30'000, 'x');
  const int fit = static_cast<int>(kPageBytes / description.size()) + 1;
  for (int i = 0; i <= fit; ++i) {
    ASSERT_THAT(Create(absl::StrCat("large-", i), description), IsOk());
  }

  v1::ListProductsRequest request;
  request.set_page_size(1'000);
  const auto first = Call<v1::ListProductsResponse>("ListProducts", request);
  ASSERT_THAT(first, IsOk());
  size_t bytes = 0;
  for (const v1::Product& product : first->products()) {
    EXPECT_LT(bytes, kPageBytes);
    bytes += product.ByteSizeLong();
  }
  EXPECT_GE(bytes, kPageBytes);
  ASSERT_FALSE(first->next_page_token().empty());

  request.set_page_token(first->next_page_token());
  const auto rest = Call<v1::ListProductsResponse>("ListProducts", request);
  ASSERT_THAT(rest, IsOk());
  EXPECT_EQ(first->products_size() + rest->products_size(), fit + 1);
  EXPECT_TRUE(rest->next_page_token().empty());
}

TEST_F(CallLimitsTest, ARequestIdHasAHundredAndTwentyEightBytesAtMost) {
  EXPECT_EQ(kMaxRequestIdBytes, size_t{128});
  EXPECT_THAT(Create("short", "", std::string(kMaxRequestIdBytes, 'r')),
              IsOk());
  EXPECT_THAT(Create("long", "", std::string(kMaxRequestIdBytes + 1, 'r')),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm
