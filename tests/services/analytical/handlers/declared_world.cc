#include "tests/services/analytical/handlers/declared_world.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/proposition.pb.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/declared/proposition.h"
#include "services/analytical/domain/declared/strategy.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "tests/support/matchers.h"

namespace crm::analytical::testing {
namespace {

using crm::testing::IsOk;

}  // namespace

DeclaredWorld::DeclaredWorld() {
  application_.Owns<v1::Strategy>({.prepare = PrepareStrategy})
      .Owns<v1::Proposition>({.prepare = PrepareProposition});
  auto opened = crm::testing::OpenEngineUnderTest(
      absl::StrCat(feeder_.folder(), "/db"), &feeder_.clock());
  EXPECT_THAT(opened, IsOk());
  database_ = *std::move(opened);
  EXPECT_THAT(database_->Migrate({.tables = application_.Tables()}), IsOk());
  call_.principal.tenant = kTenant;
  call_.principal.subject = "user:ada";
}

DeclaredWorld::~DeclaredWorld() { database_.reset(); }

void DeclaredWorld::Store(google::protobuf::Message& resource) {
  const absl::Status status = database_->WriteAndWait(
      absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
        Transaction transaction(writer, application_.catalog(), call_, ids_,
                                call_.now);
        transaction.Create(resource);
        return transaction.status();
      });
  EXPECT_THAT(status, IsOk());
  if (!status.ok()) std::abort();
}

void DeclaredWorld::Order(absl::string_view customer, absl::Time time,
                          int64_t units, absl::string_view currency) {
  auto order = WarehouseFeeder::MakeOrder(absl::StrCat("w", ++order_count_),
                                          customer, "2020-01-01", units);
  *order.mutable_order_time() = ToTimestamp(time);
  order.set_currency_code(std::string(currency));
  order.mutable_lines(0)->mutable_amount()->set_currency_code(
      order.currency_code());
  order.mutable_total()->set_currency_code(order.currency_code());
  feeder_.Add(order);
}

}  // namespace crm::analytical::testing
