// A service whose disk is full: writes are refused by name, reads go on, and
// writes come back by themselves.

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;

class FullDiskTest : public ::testing::Test {
 protected:
  FullDiskTest()
      : service_(authority_, "operational", operational::MakeOperational,
                 [this](HostSettings& settings) {
                   // On any engine of the run: the disk is SQLite's.
                   settings.database.clear();
                   settings.store_vfs = disk_.vfs();
                 }),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  absl::StatusOr<v1::Customer> Create(const std::string& id) {
    v1::CreateCustomerRequest request;
    request.set_customer_id(id);
    request.set_request_id(id);
    request.mutable_customer()->set_display_name(id);
    request.mutable_customer()->set_kind(v1::Customer::PERSON);
    return service_.client().Call<v1::Customer>(
        "crm.operational.v1.CustomerService.CreateCustomer", request,
        {.token = token_});
  }

  absl::StatusOr<v1::ListCustomersResponse> List() {
    return service_.client().Call<v1::ListCustomersResponse>(
        "crm.operational.v1.CustomerService.ListCustomers",
        v1::ListCustomersRequest(), {.token = token_});
  }

  // The disk outlives the service that lies on it.
  FaultyDisk disk_;
  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(FullDiskTest, F22_WritesAreRefusedReadsGoOnAndWritesComeBack) {
  ASSERT_THAT(Create("first"), IsOk());

  disk_.SetCapacity(service_.settings().data_dir, 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Create("second"),
                StatusIs(absl::StatusCode::kResourceExhausted, "DISK_FULL"));
    const auto listed = List();
    ASSERT_THAT(listed, IsOk());
    EXPECT_EQ(listed->customers_size(), 1);
  }

  disk_.SetCapacity("", 0);
  EXPECT_THAT(Create("second"), IsOk());
  const auto listed = List();
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->customers_size(), 2);
}

}  // namespace
}  // namespace crm::testing
