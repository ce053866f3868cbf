#include "shared/resource/expiry.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/product.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/resource/timer_worker.h"
#include "tests/shared/events/stores.h"
#include "tests/shared/resource/small_kernel.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::operational::v1::Product;
using ::crm::testing::IsOk;
using ::crm::testing::SmallKernel;
using ::crm::testing::TempFolder;
using ::testing::ElementsAre;

// Products of the store expire when their label `until` says, in seconds.
class ExpiryTest : public ::testing::Test {
 protected:
  ExpiryTest()
      : clock_(absl::FromUnixSeconds(1'700'000'000)),
        store_(folder_.File("small.db"), clock_) {
    TimerWorker::Options options;
    options.holder = "one";
    worker_ = std::make_unique<TimerWorker>(
        store_.kernel(), store_.application().timers(), metrics_, options);
  }

  static Product ProductUntil(absl::Time until) {
    Product product;
    product.set_name("products/ice");
    product.set_display_name("Ice");
    product.set_sku("I");
    (*product.mutable_labels())["until"] =
        absl::StrCat(absl::ToUnixSeconds(until));
    return product;
  }

  void InTransaction(void (Transaction::*change)(google::protobuf::Message&),
                     Product product) {
    const auto call =
        store_.CallOf("GetProduct", operational::v1::GetProductRequest());
    ASSERT_THAT(store_.database().WriteAndWait(
                    absl::InfiniteFuture(),
                    [&](SqlWriter& writer) -> absl::Status {
                      Transaction transaction(
                          writer, store_.kernel().catalog, call->context,
                          store_.kernel().ids, clock_.Now());
                      (transaction.*change)(product);
                      return transaction.status();
                    }),
                IsOk());
  }

  TempFolder folder_;
  FakeClock clock_;
  SmallKernel store_;
  MetricRegistry metrics_;
  std::unique_ptr<TimerWorker> worker_;
};

TEST_F(ExpiryTest, DeletesAtTheEndAndNotBefore) {
  InTransaction(&Transaction::Create,
                ProductUntil(clock_.Now() + absl::Hours(1)));

  clock_.Advance(absl::Hours(1) - absl::Microseconds(1));
  worker_->RunOnce();
  EXPECT_THAT(store_.Products(), ElementsAre("products/ice@1"));
  clock_.Advance(absl::Microseconds(1));
  worker_->RunOnce();

  // Products are deleted softly; that is an event like any other. What
  // InTransaction() does is none.
  EXPECT_THAT(store_.Products(), ElementsAre("products/ice@2"));
  EXPECT_EQ(store_.EventCount(), 1);
  // Nothing is left to be done.
  clock_.Advance(absl::Hours(1));
  worker_->RunOnce();
  EXPECT_THAT(store_.Products(), ElementsAre("products/ice@2"));
}

TEST_F(ExpiryTest, AChangeMovesTheEnd) {
  InTransaction(&Transaction::Create,
                ProductUntil(clock_.Now() + absl::Hours(1)));
  InTransaction(&Transaction::Update,
                ProductUntil(clock_.Now() + absl::Hours(3)));

  clock_.Advance(absl::Hours(3) - absl::Microseconds(1));
  worker_->RunOnce();
  EXPECT_THAT(store_.Products(), ElementsAre("products/ice@2"));
  clock_.Advance(absl::Microseconds(1));
  worker_->RunOnce();

  EXPECT_THAT(store_.Products(), ElementsAre("products/ice@3"));
}

TEST_F(ExpiryTest, WhatIsNotToExpireStays) {
  Product product = ProductUntil(clock_.Now());
  product.clear_labels();
  InTransaction(&Transaction::Create, product);

  clock_.Advance(absl::Hours(24 * 1000));
  worker_->RunOnce();

  EXPECT_THAT(store_.Products(), ElementsAre("products/ice@1"));
}

}  // namespace
}  // namespace crm
