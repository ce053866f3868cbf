// What a running service lets in.

#include "services/host/host_admission.h"

#include <httplib.h>

#include <string>

#include "crm/operational/v1/customer.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::testing::ApiAnswer;
using ::crm::testing::ApiClient;
using ::crm::testing::IsOk;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using ::testing::HasSubstr;

class HostAdmissionTest : public ::testing::Test {
 protected:
  HostAdmissionTest()
      : service_(authority_, "operational", operational::MakeOperational,
                 [](HostSettings& settings) {
                   settings.admission.rates = *ParseRates("interactive=1/h:3");
                   settings.metrics_listen = "127.0.0.1:0";
                 }) {}

  ApiAnswer List(const std::string& token, const Metadata& metadata = {}) {
    return service_.client().Call(
        ApiClient::MethodOf("crm.operational.v1.CustomerService.ListCustomers"),
        v1::ListCustomersRequest(), {.token = token, .metadata = metadata});
  }

  TestAuthority authority_;
  ServiceHarness service_;
};

TEST_F(HostAdmissionTest, ACallerIsHeldToItsRateAndNobodyElseIs) {
  const std::string ada = authority_.Token("acme", "user:ada", {"everyone"});
  for (int i = 0; i < 3; ++i) EXPECT_THAT(List(ada).status, IsOk());

  EXPECT_THAT(List(ada).status,
              StatusIs(absl::StatusCode::kResourceExhausted, "RATE_LIMITED"));
  EXPECT_THAT(List(authority_.Token("acme", "user:bob", {"everyone"})).status,
              IsOk());
  EXPECT_THAT(List(authority_.Token("other", "user:ada", {"everyone"})).status,
              IsOk());
}

TEST_F(HostAdmissionTest, MetricsShowWhatIsLetIn) {
  const std::string ada = authority_.Token("acme", "user:ada", {"sales_rep"});
  List(ada, {{kCriticalityMetadata, "SHEDDABLE"}});
  List(ada, {{kCriticalityMetadata, "CRITICAL_PLUS"}});

  httplib::Client http("127.0.0.1", service_.host().metrics_port());
  const auto metrics = http.Get("/metrics");

  ASSERT_TRUE(metrics);
  for (const char* line :
       {"crm_admission_limit_calls 64", "crm_admission_in_flight_calls 0",
        "crm_admission_admitted_total{class=\"SHEDDABLE\"} 1",
        // The role may not ask for more.
        "crm_admission_admitted_total{class=\"CRITICAL\"} 1",
        "crm_admission_admitted_total{class=\"CRITICAL_PLUS\"} 0"}) {
    EXPECT_THAT(metrics->body, HasSubstr(line));
  }
}

}  // namespace
}  // namespace crm
