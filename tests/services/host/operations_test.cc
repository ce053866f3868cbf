// Operations as a running service offers them, and what becomes of them when it
// stops.

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/product_bulk.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::ExportResult;
using ::crm::platform::v1::ListOperationsResponse;
using ::crm::platform::v1::OperationMetadata;
using ::crm::platform::v1::ReadOperationOutputResponse;
using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using ::google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::StartsWith;

class OperationsTest : public ::testing::Test {
 protected:
  OperationsTest()
      : service_(authority_, "operational", operational::MakeOperational),
        ada_(authority_.Token("acme", "user:ada", {"sales_manager"})),
        admin_(authority_.Token("acme", "user:root", {"tenant_admin"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const Request& request,
                                const std::string& token) {
    return service_.client().Call<Response>(method, request, {.token = token});
  }

  void MakeProducts(int count) {
    v1::BatchCreateProductsRequest batch;
    for (int i = 0; i < count; ++i) {
      auto& request = *batch.add_requests();
      request.set_product_id(absl::StrFormat("product-%05d", i));
      request.mutable_product()->set_display_name("Product");
      request.mutable_product()->set_sku(absl::StrCat(i));
    }
    ASSERT_THAT(Call<v1::BatchCreateProductsResponse>(
                    "crm.operational.v1.ProductService.BatchCreateProducts",
                    batch, admin_),
                IsOk());
  }

  absl::StatusOr<Operation> Export(const std::string& text,
                                   const std::string& token) {
    return Call<Operation>(
        "crm.operational.v1.ProductBulkService.ExportProducts",
        Proto<v1::ExportProductsRequest>(text), token);
  }

  absl::StatusOr<Operation> Get(const std::string& name,
                                const std::string& token) {
    platform::v1::GetOperationRequest request;
    request.set_name(name);
    return Call<Operation>("crm.platform.v1.Operations.GetOperation", request,
                           token);
  }

  absl::StatusOr<Operation> Wait(const std::string& text,
                                 const std::string& token) {
    return Call<Operation>("crm.platform.v1.Operations.WaitOperation",
                           Proto<platform::v1::WaitOperationRequest>(text),
                           token);
  }

  Operation Await(const std::string& name) {
    for (;;) {
      const auto operation = Get(name, admin_);
      EXPECT_THAT(operation, IsOk());
      if (!operation.ok() || operation->done()) {
        return operation.value_or(Operation());
      }
      std::this_thread::yield();
    }
  }

  absl::StatusOr<ListOperationsResponse> List(const std::string& text,
                                              const std::string& token) {
    return Call<ListOperationsResponse>(
        "crm.platform.v1.Operations.ListOperations",
        Proto<platform::v1::ListOperationsRequest>(text), token);
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string ada_;
  const std::string admin_;
};

TEST_F(OperationsTest, MetadataSaysWhatIsDoneToWhatAndByWhom) {
  MakeProducts(3);

  const auto started = Export("", ada_);

  ASSERT_THAT(started, IsOk());
  EXPECT_THAT(started->name(), StartsWith("operations/operational-"));
  EXPECT_FALSE(started->done());
  const Operation ended = Await(started->name());
  OperationMetadata metadata;
  ASSERT_TRUE(ended.metadata().UnpackTo(&metadata));
  EXPECT_EQ(metadata.verb(), "export");
  EXPECT_EQ(metadata.target(), "products");
  EXPECT_EQ(metadata.creator(), "user:ada");
  EXPECT_EQ(metadata.done_count(), 3);
  EXPECT_EQ(metadata.total_count(), 3);
  EXPECT_EQ(metadata.progress_percent(), 100);
  EXPECT_TRUE(metadata.has_create_time());
  EXPECT_TRUE(metadata.has_start_time());
  EXPECT_TRUE(metadata.has_end_time());
  EXPECT_EQ(metadata.expire_time().seconds(),
            metadata.end_time().seconds() + 7 * 24 * 3600);
}

TEST_F(OperationsTest, WaitsUntilAnOperationIsDone) {
  MakeProducts(3);
  const std::string name = Export("", ada_)->name();

  const auto waited = Wait(absl::StrCat("name: '", name, "'"), ada_);

  ASSERT_THAT(waited, IsOk());
  EXPECT_TRUE(waited->done());
  ExportResult result;
  ASSERT_TRUE(waited->response().UnpackTo(&result));
  EXPECT_EQ(result.resource_count(), 3);
}

TEST_F(OperationsTest, WaitsNoLongerThanItIsTold) {
  // They take several steps.
  MakeProducts(500);
  const auto started = Call<Operation>(
      "crm.operational.v1.ProductBulkService.PurgeProducts",
      Proto<v1::PurgeProductsRequest>("filter: 'name:*' force: true"), ada_);
  ASSERT_THAT(started, IsOk());

  const auto waited =
      Wait(absl::StrCat("name: '", started->name(), "' timeout {}"), ada_);

  ASSERT_THAT(waited, IsOk());
  EXPECT_EQ(waited->name(), started->name());
  EXPECT_FALSE(waited->done());
  EXPECT_THAT(
      Wait(absl::StrCat("name: '", started->name(), "' timeout { nanos: -1 }"),
           ada_),
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(OperationsTest, WaitsForOnesOwnOperationsOnly) {
  const std::string name = Export("", ada_)->name();

  EXPECT_THAT(Wait(absl::StrCat("name: '", name, "'"),
                   authority_.Token("acme", "user:bob", {"sales_manager"})),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(Wait(absl::StrCat("name: '", name, "'"),
                   authority_.Token("rival", "user:ada", {"sales_manager"})),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(OperationsTest, ACancelledOperationIsWaitedForNoMore) {
  MakeProducts(500);
  const auto started = Call<Operation>(
      "crm.operational.v1.ProductBulkService.PurgeProducts",
      Proto<v1::PurgeProductsRequest>("filter: 'name:*' force: true"), ada_);
  ASSERT_THAT(started, IsOk());
  absl::StatusOr<Operation> waited;
  std::thread waiter([&] {
    waited = Wait(absl::StrCat("name: '", started->name(), "'"), ada_);
  });

  platform::v1::CancelOperationRequest request;
  request.set_name(started->name());
  ASSERT_THAT(Call<Operation>("crm.platform.v1.Operations.CancelOperation",
                              request, ada_),
              IsOk());
  waiter.join();

  ASSERT_THAT(waited, IsOk());
  EXPECT_TRUE(waited->done());
}

TEST_F(OperationsTest, APurgeTellsHowFarItIs) {
  MakeProducts(500);
  const auto started = Call<Operation>(
      "crm.operational.v1.ProductBulkService.PurgeProducts",
      Proto<v1::PurgeProductsRequest>("filter: 'name:*' force: true"), ada_);
  ASSERT_THAT(started, IsOk());

  for (;;) {
    const auto operation = Get(started->name(), ada_);
    ASSERT_THAT(operation, IsOk());
    OperationMetadata metadata;
    ASSERT_TRUE(operation->metadata().UnpackTo(&metadata));
    if (metadata.done_count() > 0) {
      EXPECT_EQ(metadata.total_count(), 500);
      EXPECT_EQ(metadata.progress_percent(), metadata.done_count() / 5);
    }
    if (operation->done()) break;
  }
}

TEST_F(OperationsTest, ARepeatedRequestStartsNoSecondOperation) {
  const auto first = Export("request_id: 'again'", ada_);
  const auto second = Export("request_id: 'again'", ada_);
  const auto other = Export("request_id: 'again' show_deleted: true", ada_);

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->name(), second->name());
  EXPECT_THAT(
      other, StatusIs(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED"));
  EXPECT_EQ(List("", ada_)->operations_size(), 1);
}

TEST_F(OperationsTest, ValidateOnlyStartsNothing) {
  ASSERT_THAT(Export("validate_only: true", ada_), IsOk());
  EXPECT_THAT(Export("validate_only: true filter: 'sku ='", ada_),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));

  EXPECT_EQ(List("", ada_)->operations_size(), 0);
}

TEST_F(OperationsTest, ListsTheNewestFirstByThePage) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) names.push_back(Export("", ada_)->name());
  ASSERT_THAT(Export("", admin_), IsOk());

  const auto first = List("page_size: 2", ada_);
  ASSERT_THAT(first, IsOk());
  const auto second = List(
      absl::StrCat("page_size: 2 page_token: '", first->next_page_token(), "'"),
      ada_);
  ASSERT_THAT(second, IsOk());
  const auto last = List(absl::StrCat("page_size: 2 page_token: '",
                                      second->next_page_token(), "'"),
                         ada_);
  ASSERT_THAT(last, IsOk());

  EXPECT_EQ(first->operations(0).name(), names[4]);
  EXPECT_EQ(first->operations(1).name(), names[3]);
  EXPECT_EQ(second->operations(1).name(), names[1]);
  ASSERT_EQ(last->operations_size(), 1);
  EXPECT_EQ(last->operations(0).name(), names[0]);
  EXPECT_EQ(last->next_page_token(), "");
  // An administrator sees those of all.
  EXPECT_EQ(List("", admin_)->operations_size(), 6);
}

TEST_F(OperationsTest, FiltersByNameAndWhetherDone) {
  const std::string name = Export("", ada_)->name();
  Await(name);
  Await(Export("", ada_)->name());

  EXPECT_EQ(List("filter: 'done = true'", ada_)->operations_size(), 2);
  EXPECT_EQ(List("filter: 'done = false'", ada_)->operations_size(), 0);
  EXPECT_EQ(List(absl::StrCat("filter: 'name = \"", name, "\"'"), ada_)
                ->operations_size(),
            1);
  EXPECT_THAT(List("filter: 'error.code = 1'", ada_),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(OperationsTest, StartingAndCancellingAreAudited) {
  const std::string name = Export("request_id: 'audited'", ada_)->name();

  // What the export itself reads may have been written down by now, too.
  platform::v1::ListAuditEntriesRequest request;
  request.set_filter(absl::StrCat("resource = \"", name,
                                  "\" AND resource_type = \"crm/Operation\""));
  const auto entries = Call<platform::v1::ListAuditEntriesResponse>(
      "crm.platform.v1.AuditService.ListAuditEntries", request,
      authority_.Token("acme", "user:ann", {"auditor"}));

  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->audit_entries_size(), 1);
  const auto& entry = entries->audit_entries(0);
  EXPECT_EQ(entry.actor(), "user:ada");
  EXPECT_EQ(entry.resource_type(), "crm/Operation");
  EXPECT_EQ(entry.method(),
            "/crm.operational.v1.ProductBulkService/ExportProducts");
  EXPECT_EQ(entry.request_id(), "audited");
}

TEST_F(OperationsTest, CancelNeedsItsPermissionAndAnOperationOfOnesOwn) {
  const std::string name = Export("", ada_)->name();
  platform::v1::CancelOperationRequest request;
  request.set_name(name);
  const auto cancel = [&](const std::string& subject, const char* role) {
    return Call<Operation>("crm.platform.v1.Operations.CancelOperation",
                           request, authority_.Token("acme", subject, {role}));
  };

  EXPECT_THAT(
      cancel("user:ada", "sales_rep"),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_THAT(cancel("user:bob", "sales_manager"),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  const auto cancelled = cancel("user:root", "tenant_admin");
  ASSERT_THAT(cancelled, IsOk());
  EXPECT_TRUE(cancelled->done());
}

// A purge of many is stopped in the middle, by the stop of the service, and
// goes on after it.
TEST_F(OperationsTest, F20_APurgeGoesOnAfterARestart) {
  constexpr int kProducts = 450;
  MakeProducts(kProducts);
  const auto started = Call<Operation>(
      "crm.operational.v1.ProductBulkService.PurgeProducts",
      Proto<v1::PurgeProductsRequest>("filter: 'name:*' force: true"), ada_);
  ASSERT_THAT(started, IsOk());

  service_.Restart();

  const Operation ended = Await(started->name());
  platform::v1::PurgeResult result;
  ASSERT_TRUE(ended.response().UnpackTo(&result)) << ended.DebugString();
  EXPECT_EQ(result.purge_count(), kProducts);
  EXPECT_EQ(result.purge_sample_size(), 100);
  const auto left = Call<v1::ListProductsResponse>(
      "crm.operational.v1.ProductService.ListProducts",
      v1::ListProductsRequest(), admin_);
  ASSERT_THAT(left, IsOk());
  EXPECT_EQ(left->products_size(), 0);
}

TEST_F(OperationsTest, ALargeExportComesInParts) {
  constexpr int kProducts = 400;
  v1::BatchCreateProductsRequest batch;
  for (int i = 0; i < kProducts; ++i) {
    auto& product = *batch.add_requests()->mutable_product();
    product.set_display_name("Product");
    product.set_sku(absl::StrCat(i));
    product.set_description(std::string(8'000, 'x'));
  }
  ASSERT_THAT(Call<v1::BatchCreateProductsResponse>(
                  "crm.operational.v1.ProductService.BatchCreateProducts",
                  batch, admin_),
              IsOk());
  const Operation ended = Await(Export("", ada_)->name());
  ExportResult result;
  ASSERT_TRUE(ended.response().UnpackTo(&result));

  platform::v1::ReadOperationOutputRequest request;
  request.set_name(ended.name());
  std::set<std::string> lines;
  int64_t bytes = 0;
  int64_t parts = 0;
  do {
    const auto part = Call<ReadOperationOutputResponse>(
        "crm.platform.v1.Operations.ReadOperationOutput", request, ada_);
    ASSERT_THAT(part, IsOk());
    ++parts;
    bytes += static_cast<int64_t>(part->content().size());
    for (const std::string& line : std::vector<std::string>(
             absl::StrSplit(part->content(), '\n', absl::SkipEmpty()))) {
      EXPECT_THAT(line, StartsWith("{"));
      EXPECT_EQ(line.back(), '}');
      lines.insert(line);
    }
    request.set_page_token(part->next_page_token());
  } while (!request.page_token().empty());

  EXPECT_EQ(lines.size(), kProducts);
  EXPECT_EQ(result.resource_count(), kProducts);
  EXPECT_EQ(result.part_count(), parts);
  EXPECT_GT(parts, 2);
  EXPECT_EQ(result.byte_count(), bytes);
}

}  // namespace
}  // namespace crm
