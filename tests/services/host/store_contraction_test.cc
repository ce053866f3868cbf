#include "services/host/store_contraction.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "gtest/gtest.h"
#include "services/host/store.h"
#include "services/operational/app.h"
#include "shared/base/status_macros.h"
#include "shared/events/outbox.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

// The outbox as the program before made it.
SqlSchema OlderSchema() {
  SqlSchema schema{.tables = OutboxTables()};
  for (SqlTable& table : schema.tables) {
    if (!table.former_key.empty()) {
      table.primary_key = std::exchange(table.former_key, {});
    }
  }
  return schema;
}

class StoreContractionTest : public ::testing::Test {
 protected:
  std::unique_ptr<ServiceHarness> Start(ContractMode mode) {
    return std::make_unique<ServiceHarness>(
        authority_, "operational", operational::MakeOperational,
        [this, mode](HostSettings& settings) {
          settings.contract_store = mode;
          auto opened = OpenStoreOf(settings, clock_);
          ASSERT_THAT(opened, IsOk());
          ASSERT_THAT((*opened)->Migrate(OlderSchema()), IsOk());
          ASSERT_THAT((*opened)->Close(), IsOk());
        });
  }

  absl::Status Create(ServiceHarness& service, const std::string& id) {
    operational::v1::CreateCustomerRequest request;
    request.set_customer_id(id);
    request.set_request_id(absl::StrCat("request-", id));
    request.mutable_customer()->set_display_name("A customer");
    request.mutable_customer()->set_kind(operational::v1::Customer::PERSON);
    return service.client()
        .Call<operational::v1::Customer>(
            "crm.operational.v1.CustomerService.CreateCustomer", request,
            {.token = authority_.Token("acme", "user:ada", {"everyone"})})
        .status();
  }

  // Returns the oldest program that may write the store.
  int64_t MinWriter(ServiceHarness& service) {
    int64_t version = 0;
    EXPECT_THAT(
        service.host().database().Read(
            absl::Now() + absl::Seconds(30),
            [&](SqlReader& reader) -> absl::Status {
              CRM_ASSIGN_OR_RETURN(
                  const SqlRows rows,
                  reader.Query("SELECT min_writer FROM schema_version", {}));
              version = std::get<int64_t>(rows.at(0).at(0));
              return absl::OkStatus();
            }),
        IsOk());
    return version;
  }

  TestAuthority authority_;
  SystemClock clock_;
};

TEST_F(StoreContractionTest,
       PAIN_25_AStoreOfTheProgramBeforeServesBothUntilToldElse) {
  const auto service = Start(ContractMode::kNever);

  EXPECT_THAT(Create(*service, "one"), IsOk());
  EXPECT_THAT(Create(*service, "one"), IsOk());
  EXPECT_EQ(MinWriter(*service), 1);
  EXPECT_THAT(service->host().database().Migrate(OlderSchema()), IsOk());
}

TEST_F(StoreContractionTest, AServiceContractsItsStoreWhileItServes) {
  const auto service = Start(ContractMode::kWhenAlone);
  int made = 0;
  const absl::Time end = absl::Now() + absl::Seconds(60);
  do {
    ASSERT_THAT(Create(*service, absl::StrCat("made-", ++made)), IsOk());
  } while (MinWriter(*service) < kStoreVersion && absl::Now() < end);

  EXPECT_EQ(MinWriter(*service), kStoreVersion);
  EXPECT_THAT(
      service->host().database().Migrate(OlderSchema()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
  // What was answered before is still known by its event.
  EXPECT_THAT(Create(*service, "made-1"), IsOk());
  service->Restart();
  EXPECT_THAT(Create(*service, "made-1"), IsOk());
  EXPECT_THAT(Create(*service, "another"), IsOk());
}

}  // namespace
}  // namespace crm::testing
