// What the kernel makes of a service's rules and handlers: a small service
// whose rules refuse, repeat and forget, run as a real one.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/resolve_identity.pb.h"
#include "shared/resource/standard_reads.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::internal::v1::Event;
using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Refuses products that are called so.
constexpr char kRefused[] = "refused";

absl::Status PrepareProduct(const v1::Product* /*before*/, v1::Product& after,
                            const RuleContext& /*context*/) {
  if (after.display_name() != kRefused) return absl::OkStatus();
  return FailedPrecondition("PRODUCT_REFUSED", "The product is refused.",
                            after.name());
}

v1::Customer CustomerFor(const google::protobuf::Message& resource) {
  v1::Customer customer;
  customer.set_display_name(ReadString(resource, "display_name"));
  customer.set_kind(v1::Customer::ORGANISATION);
  return customer;
}

// Changes the product twice.
absl::StatusOr<v1::Product> UpdateTwice(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::UpdateProductRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Product product, transaction.GetLive<v1::Product>(
                                                request.product().name()));
  product.set_category("once");
  transaction.Update(product);
  product.set_category("twice");
  transaction.Update(product);
  return product;
}

// Changes the product, then deletes it.
absl::StatusOr<v1::Product> UpdateAndDelete(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::DeleteProductRequest& request) {
  CRM_ASSIGN_OR_RETURN(v1::Product product,
                       transaction.GetLive<v1::Product>(request.name()));
  product.set_category("last");
  transaction.Update(product);
  transaction.Delete(product);
  return product;
}

// Tries to take an existing name, and answers as if that had gone well.
absl::StatusOr<v1::Product> OverlookFailure(
    Transaction& transaction, const CallContext& /*call*/,
    const v1::UndeleteProductRequest& request) {
  v1::Product other;
  other.set_name("products/by-the-way");
  other.set_display_name("By the way");
  other.set_sku("by-the-way");
  transaction.Create(other);
  v1::Product product;
  product.set_name(request.name());
  product.set_display_name("Again");
  product.set_sku("again");
  transaction.Create(product);
  return product;
}

// Knows nobody; a service has to serve all methods of what it owns.
absl::StatusOr<v1::ResolveIdentityResponse> ResolveNobody(
    const ReadView& /*view*/, const CallContext& /*call*/,
    const v1::ResolveIdentityRequest& /*request*/) {
  return v1::ResolveIdentityResponse();
}

absl::StatusOr<v1::CallBrief> SayNothing(
    const ReadView& /*view*/, const CallContext& /*call*/,
    const v1::GetCallBriefRequest& /*request*/) {
  return v1::CallBrief();
}

absl::StatusOr<std::unique_ptr<Service>> MakeSmallService(
    const ServiceEnvironment& /*environment*/) {
  auto service = std::make_unique<Service>("small");
  service->application.MakesCustomers(CustomerFor)
      .Owns<v1::Customer>()
      .Owns<v1::Account>()
      .Owns<v1::Product>({.prepare = PrepareProduct})
      .Mutate(UpdateTwice)
      .Mutate(UpdateAndDelete)
      .Mutate(OverlookFailure)
      .Read(ResolveNobody)
      .Read(SayNothing);
  return service;
}

class ResourceRulesTest : public ::testing::Test {
 protected:
  ResourceRulesTest()
      : service_(authority_, "small", MakeSmallService),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const Request& request) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), request,
        {.token = token_});
  }

  absl::StatusOr<v1::Product> CreateProduct(const std::string& id) {
    v1::CreateProductRequest request;
    request.set_product_id(id);
    request.mutable_product()->set_display_name(id);
    request.mutable_product()->set_sku(id);
    return Call<v1::Product>("ProductService.CreateProduct", request);
  }

  // A batch of products; `display_name` of the last one.
  v1::BatchCreateProductsRequest Products(int from, int count,
                                          const std::string& last = "Last") {
    v1::BatchCreateProductsRequest batch;
    for (int i = from; i < from + count; ++i) {
      auto* request = batch.add_requests();
      request->set_product_id(absl::StrFormat("product-%05d", i));
      request->mutable_product()->set_display_name("Product");
      request->mutable_product()->set_sku(absl::StrCat(i));
    }
    batch.mutable_requests(count - 1)->mutable_product()->set_display_name(
        last);
    return batch;
  }

  // The types of the events in the log, with the resource and its version.
  std::vector<std::string> Log() {
    std::vector<std::string> log;
    for (const Event& event : Events()) {
      log.push_back(absl::StrCat(event.type(), " ", event.resource(), "@",
                                 event.resource_version()));
    }
    return log;
  }

  std::vector<Event> Events() {
    std::vector<Event> events;
    EXPECT_THAT(service_.host().database().Read(
                    absl::Now() + absl::Seconds(30),
                    [&](SqlReader& reader) -> absl::Status {
                      CRM_ASSIGN_OR_RETURN(
                          const SqlRows rows,
                          reader.Query("SELECT payload FROM outbox ORDER BY "
                                       "event_id",
                                       {}));
                      for (const SqlRow& row : rows) {
                        events.emplace_back().ParseFromString(
                            std::get<SqlBlob>(row[0]).bytes);
                      }
                      return absl::OkStatus();
                    }),
                IsOk());
    return events;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(ResourceRulesTest, TwoChangesOfOneResourceMakeOneEvent) {
  ASSERT_THAT(CreateProduct("bolt"), IsOk());

  const auto updated = Call<v1::Product>(
      "ProductService.UpdateProduct",
      Proto<v1::UpdateProductRequest>("product { name: 'products/bolt' }"));

  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->etag(), "\"3\"");
  EXPECT_THAT(Log(), ElementsAre("product.created products/bolt@1",
                                 "product.updated products/bolt@3"));
  const Event event = Events().back();
  v1::Product before;
  v1::Product after;
  ASSERT_TRUE(before.ParseFromString(event.before()));
  ASSERT_TRUE(after.ParseFromString(event.after()));
  EXPECT_EQ(before.category(), "");
  EXPECT_EQ(after.category(), "twice");
  EXPECT_THAT(event.changed_fields(), ElementsAre("category"));
}

TEST_F(ResourceRulesTest, TheLastOfTwoChangesNamesTheEvent) {
  ASSERT_THAT(CreateProduct("bolt"), IsOk());

  ASSERT_THAT((Call<v1::Product>(
                  "ProductService.DeleteProduct",
                  Proto<v1::DeleteProductRequest>("name: 'products/bolt'"))),
              IsOk());

  EXPECT_THAT(Log(), ElementsAre("product.created products/bolt@1",
                                 "product.deleted products/bolt@3"));
}

TEST_F(ResourceRulesTest, AFailureThatAHandlerOverlooksFailsTheCall) {
  ASSERT_THAT(CreateProduct("bolt"), IsOk());

  EXPECT_THAT((Call<v1::Product>(
                  "ProductService.UndeleteProduct",
                  Proto<v1::UndeleteProductRequest>("name: 'products/bolt'"))),
              StatusIs(absl::StatusCode::kAlreadyExists, "RESOURCE_EXISTS"));

  // What went well before is undone too.
  EXPECT_THAT(Log(), SizeIs(1));
}

TEST_F(ResourceRulesTest, ARuleThatRefusesUndoesTheWholeBatch) {
  const auto made = Call<v1::BatchCreateProductsResponse>(
      "ProductService.BatchCreateProducts", Products(0, 3, kRefused));

  EXPECT_THAT(
      made, StatusIs(absl::StatusCode::kFailedPrecondition, "PRODUCT_REFUSED"));
  EXPECT_THAT(std::string(made.status().message()),
              ::testing::StartsWith("requests[2]: "));
  EXPECT_THAT(Log(), IsEmpty());
}

TEST_F(ResourceRulesTest, ACustomerIsMadeForWhatComesWithoutOne) {
  const auto account = Call<v1::Account>(
      "AccountService.CreateAccount",
      Proto<v1::CreateAccountRequest>(
          "account_id: 'north' account { display_name: 'North' }"));

  ASSERT_THAT(account, IsOk());
  const std::vector<Event> events = Events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].type(), "customer.created");
  EXPECT_EQ(events[0].resource(), account->customer());
  EXPECT_EQ(events[0].key_version(), 1);
  EXPECT_EQ(events[1].resource(), "accounts/north");
  EXPECT_EQ(events[1].ordering_key(), account->customer());
  EXPECT_EQ(events[1].key_version(), 2);
}

TEST_F(ResourceRulesTest, NoCustomerIsMadeForWhatFails) {
  constexpr char kAccount[] =
      "account_id: 'north' account { display_name: 'North' }";
  ASSERT_THAT((Call<v1::Account>("AccountService.CreateAccount",
                                 Proto<v1::CreateAccountRequest>(kAccount))),
              IsOk());

  EXPECT_THAT((Call<v1::Account>("AccountService.CreateAccount",
                                 Proto<v1::CreateAccountRequest>(kAccount))),
              StatusIs(absl::StatusCode::kAlreadyExists, "RESOURCE_EXISTS"));

  EXPECT_THAT(Events(), SizeIs(2));
}

TEST_F(ResourceRulesTest, ABatchHasAtMostFiveHundredItems) {
  EXPECT_THAT((Call<v1::BatchCreateProductsResponse>(
                  "ProductService.BatchCreateProducts", Products(0, 501))),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Log(), IsEmpty());
  EXPECT_THAT((Call<v1::BatchCreateProductsResponse>(
                  "ProductService.BatchCreateProducts", Products(0, 500))),
              IsOk());
  EXPECT_THAT(Log(), SizeIs(500));
}

TEST_F(ResourceRulesTest, AScanThatFindsNothingGoesOnWithTheNextPage) {
  const int rows = kMaxScan + 100;
  for (int from = 0; from < rows; from += 300) {
    v1::BatchCreateProductsRequest batch = Products(from, 300);
    if (from + 300 >= rows) {
      auto& labels =
          *batch.mutable_requests(299)->mutable_product()->mutable_labels();
      labels["team"] = "wanted";
    }
    ASSERT_THAT((Call<v1::BatchCreateProductsResponse>(
                    "ProductService.BatchCreateProducts", batch)),
                IsOk());
  }
  auto request = Proto<v1::ListProductsRequest>(
      "filter: 'labels.team = \"wanted\"' page_size: 20");

  const auto first =
      Call<v1::ListProductsResponse>("ProductService.ListProducts", request);

  // Nothing yet, though the list goes on.
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->products_size(), 0);
  ASSERT_NE(first->next_page_token(), "");
  request.set_page_token(first->next_page_token());
  const auto second =
      Call<v1::ListProductsResponse>("ProductService.ListProducts", request);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->products_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
}

}  // namespace
}  // namespace crm
