// A service as it is run, in the test's own process: real gRPC on a free port,
// a store in a temporary folder, no Redis unless one is given.
//
//   TestAuthority authority;
//   ServiceHarness service(authority, "operational", MakeOperational);
//   auto lead = service.client().Call<Lead>(
//       "crm.operational.v1.LeadService.GetLead", request,
//       {.token = authority.Token("acme", "user:ada", {"sales_rep"})});

#ifndef CRM_TESTS_SUPPORT_SERVICE_HARNESS_H_
#define CRM_TESTS_SUPPORT_SERVICE_HARNESS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/host/service_host.h"
#include "services/host/settings.h"
#include "tests/support/api_client.h"
#include "tests/support/test_authority.h"

namespace crm::testing {

// One running service and a client of it. Thread-safe, but for Restart().
class ServiceHarness {
 public:
  // Changes the settings before the start, as to name a Redis.
  using Adjust = std::function<void(HostSettings&)>;

  // Starts the service; ends the test program if it does not start. `authority`
  // outlives the harness.
  ServiceHarness(const TestAuthority& authority, absl::string_view service,
                 MakeService make, const Adjust& adjust = nullptr);

  // Stops the service and starts it again over the same folder.
  void Restart();

  ApiClient& client() { return *client_; }
  ServiceHost& host() { return *host_; }
  const HostSettings& settings() const { return settings_; }

 private:
  void Start();

  HostSettings settings_;
  const MakeService make_;
  SystemClock clock_;
  Logger logger_;
  std::unique_ptr<ServiceHost> host_;
  std::unique_ptr<ApiClient> client_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_SERVICE_HARNESS_H_
