#include "shared/resource/bulk_update.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/product_bulk.pb.h"
#include "crm/platform/v1/bulk_update.pb.h"
#include "google/longrunning/operations.pb.h"
#include "shared/resource/operation_runner.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/doomed_worker.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/api_client.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::KillWorkers;
using ::crm::testing::Patient;
using ::crm::testing::Proto;
using ::crm::testing::SmallKernel;
using ::crm::testing::TempFolder;

constexpr int kProducts = 500;

void MakeProducts(const SmallKernel& store) {
  operational::v1::BatchCreateProductsRequest batch;
  for (int i = 0; i < kProducts; ++i) {
    auto& request = *batch.add_requests();
    request.set_product_id(absl::StrFormat("product-%05d", i));
    request.mutable_product()->set_display_name("Product");
    request.mutable_product()->set_sku(absl::StrCat(i));
    request.mutable_product()->set_category("old");
  }
  ASSERT_THAT(SmallKernel::Serve(store.HandlerOf("BatchCreateProducts"),
                                 store.CallOf("BatchCreateProducts", batch)),
              IsOk());
}

TEST(BulkUpdate, OP_18_KilledAnywhereItUpdatesAndCountsEachOnce) {
  const TempFolder folder;
  FakeClock clock(absl::FromUnixSeconds(1'700'000'000));
  const std::string path = folder.File("killed.db");
  std::string name;
  {
    SmallKernel store(path, clock);
    MakeProducts(store);
    // What is updated matches no more.
    const auto started = SmallKernel::Serve(
        store.HandlerOf("BulkUpdateProducts"),
        store.CallOf("BulkUpdateProducts",
                     Proto<operational::v1::BulkUpdateProductsRequest>(
                         "filter: 'category = \"old\"' "
                         "product { category: 'new' } "
                         "update_mask { paths: 'category' }")));
    ASSERT_THAT(started, IsOk());
    google::longrunning::Operation operation;
    operation.ParseFromString(*started);
    name = operation.name();
  }

  // Steps find and update in turns.
  KillWorkers(path, clock, {{1, true}, {0, false}, {1, false}, {2, true}});

  SmallKernel store(path, clock);
  ASSERT_FALSE(store.Stored(name).done);
  MetricRegistry metrics;
  OperationRunner runner(store.kernel(),
                         store.application().Operations(store.kernel()),
                         metrics, Patient());
  while (!store.Stored(name).done) ASSERT_THAT(runner.RunOnce(), IsOk());
  std::vector<std::string> expected;
  for (int i = 0; i < kProducts; ++i) {
    expected.push_back(absl::StrFormat("products/product-%05d@2", i));
  }
  EXPECT_EQ(store.Products(), expected);
  EXPECT_EQ(store.EventCount(), 2 * kProducts);
  platform::v1::BulkUpdateResult result;
  ASSERT_TRUE(result.ParseFromString(store.Stored(name).record.response()));
  EXPECT_THAT(result, EqualsProto("matched_count: 500 updated_count: 500"));
}

}  // namespace
}  // namespace crm
