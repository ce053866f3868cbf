#include "services/host/service_host.h"

#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/slice.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "crm/profile/v1/identity_slice.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::testing::ApiClient;
using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using ::testing::HasSubstr;

class ServiceHostTest : public ::testing::Test {
 protected:
  ServiceHostTest()
      : service_(authority_, "operational", operational::MakeOperational,
                 [](HostSettings& settings) {
                   settings.metrics_listen = "127.0.0.1:0";
                 }),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  absl::StatusOr<v1::Customer> CreateCustomer(const std::string& id) {
    v1::CreateCustomerRequest request;
    request.set_customer_id(id);
    request.mutable_customer()->set_display_name(id);
    request.mutable_customer()->set_kind(v1::Customer::PERSON);
    return service_.client().Call<v1::Customer>(
        "crm.operational.v1.CustomerService.CreateCustomer", request,
        {.token = token_});
  }

  absl::StatusOr<v1::Customer> GetCustomer(const std::string& id) {
    v1::GetCustomerRequest request;
    request.set_name(absl::StrCat("customers/", id));
    return service_.client().Call<v1::Customer>(
        "crm.operational.v1.CustomerService.GetCustomer", request,
        {.token = token_});
  }

  absl::StatusOr<internal::v1::ReadSlicesResponse> ReadSlices(
      const std::string& text, const std::string& token) {
    return service_.client().Call<internal::v1::ReadSlicesResponse>(
        "crm.internal.v1.SliceService.Read",
        Proto<internal::v1::ReadSlicesRequest>(text), {.token = token});
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(ServiceHostTest, F28_ASecondHostStartsOnlyOverAStoreOnAServer) {
  const SystemClock clock;
  Logger logger(clock, "second", LogLevel::kError, STDERR_FILENO);

  const auto second = ServiceHost::Start(
      service_.settings(), operational::MakeOperational, clock, logger);

  if (service_.settings().database.empty()) {
    EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition,
                                 "DATABASE_LOCKED"));
  } else {
    EXPECT_THAT(second, IsOk());
  }
}

TEST_F(ServiceHostTest, AServiceThatIsNotWholeDoesNotStart) {
  const SystemClock clock;
  Logger logger(clock, "partial", LogLevel::kError, STDERR_FILENO);

  // The methods QualifyLead and ConvertLead have no handler.
  const auto started = ServiceHost::Start(
      authority_.SettingsFor("partial"),
      [](const ServiceEnvironment&)
          -> absl::StatusOr<std::unique_ptr<Service>> {
        auto service = std::make_unique<Service>("partial");
        service->application.Owns<v1::Lead>();
        return service;
      },
      clock, logger);

  EXPECT_THAT(started, StatusIs(absl::StatusCode::kFailedPrecondition,
                                "METHOD_UNBOUND"));
  EXPECT_THAT(std::string(started.status().message()),
              HasSubstr("LeadService.ConvertLead"));
}

TEST_F(ServiceHostTest, WhatWasAnsweredIsThereAfterARestart) {
  ASSERT_THAT(CreateCustomer("kept"), IsOk());

  service_.Restart();

  EXPECT_THAT(GetCustomer("kept"), IsOk());
}

TEST_F(ServiceHostTest, CallsAreCountedAtTheMetricsEndpoint) {
  ASSERT_THAT(CreateCustomer("counted"), IsOk());
  ASSERT_FALSE(GetCustomer("missing").ok());
  ASSERT_THAT(service_.host().relay().Flush(absl::Seconds(30)), IsOk());

  httplib::Client http("127.0.0.1", service_.host().metrics_port());
  const auto metrics = http.Get("/metrics");

  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->status, 200);
  for (const char* line :
       {"crm_rpc_calls_total{method=\"/crm.operational.v1.CustomerService/"
        "CreateCustomer\",code=\"OK\"} 1",
        "crm_rpc_calls_total{method=\"/crm.operational.v1.CustomerService/"
        "GetCustomer\",code=\"NOT_FOUND\"} 1",
        "crm_events_numbered{service=\"operational\"}",
        "crm_events_relay_lag{service=\"operational\"} 0",
        "crm_storage_writes{service=\"operational\"}"}) {
    EXPECT_THAT(metrics->body, HasSubstr(line));
  }
  const auto health = http.Get("/healthz");
  ASSERT_TRUE(health);
  EXPECT_EQ(health->body, "ok\n");
}

TEST_F(ServiceHostTest, StopLetsCallsUnderWayEndAndLosesNone) {
  std::vector<std::thread> callers;
  std::mutex mutex;
  std::vector<std::string> acknowledged;
  std::atomic<int> answered = 0;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0;; ++i) {
        const std::string id = absl::StrCat("from-", caller, "-", i);
        const auto made = CreateCustomer(id);
        if (!made.ok()) {
          EXPECT_TRUE(absl::IsUnavailable(made.status())) << made.status();
          return;
        }
        ++answered;
        std::lock_guard lock(mutex);
        acknowledged.push_back(id);
      }
    });
  }
  while (answered < 20) std::this_thread::yield();

  service_.host().Stop();
  for (std::thread& caller : callers) caller.join();
  service_.Restart();

  for (const std::string& id : acknowledged) {
    EXPECT_THAT(GetCustomer(id), IsOk()) << id;
  }
}

TEST_F(ServiceHostTest, StopEndsStreamsWithAHintToComeBack) {
  const auto stream = service_.client().Open(
      "crm.platform.v1.ChangeService.Watch",
      Proto<platform::v1::WatchRequest>("from_beginning: true"),
      {.token = token_});
  ASSERT_THAT(CreateCustomer("watched"), IsOk());
  ASSERT_NE(stream->Next(), nullptr);

  service_.host().Stop();

  EXPECT_THAT(stream->Finish(),
              StatusIs(absl::StatusCode::kUnavailable, "DRAINING"));
}

TEST_F(ServiceHostTest, SlicesAreBuiltFromTheStore) {
  ASSERT_THAT(CreateCustomer("ada"), IsOk());

  const auto read = ReadSlices("customer: 'customers/ada'", token_);

  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->slices_size(), 2);
  const auto& identity = read->slices(0);
  EXPECT_EQ(identity.slice(), "IDENTITY");
  EXPECT_EQ(identity.state(), internal::v1::SliceEnvelope::PRESENT);
  EXPECT_EQ(identity.version(), 1);
  EXPECT_GT(identity.expire_time().seconds(), identity.build_time().seconds());
  profile::v1::IdentitySlice slice;
  ASSERT_TRUE(slice.ParseFromString(identity.payload()));
  EXPECT_EQ(slice.display_name(), "ada");
}

TEST_F(ServiceHostTest, SlicesOfNobodyAreAbsentAndOfOthersToo) {
  ASSERT_THAT(CreateCustomer("ada"), IsOk());
  const std::string stranger =
      authority_.Token("other", "user:eve", {"everyone"});

  for (const auto& [customer, token] :
       {std::pair{"customers/nobody", token_}, {"customers/ada", stranger}}) {
    const auto read = ReadSlices(
        absl::StrCat("customer: '", customer, "' slices: 'IDENTITY'"), token);
    ASSERT_THAT(read, IsOk());
    ASSERT_EQ(read->slices_size(), 1);
    EXPECT_EQ(read->slices(0).state(), internal::v1::SliceEnvelope::ABSENT);
    EXPECT_EQ(read->slices(0).payload(), "");
  }
}

TEST_F(ServiceHostTest, SlicesOfAnotherServiceAreRefused) {
  EXPECT_EQ(ReadSlices("customer: 'customers/ada' slices: 'SCORES'", token_)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace crm
