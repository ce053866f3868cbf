#include "tests/support/service_harness.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <utility>

#include "google/protobuf/stubs/logging.h"
#include "tests/support/grpc_environment.h"

namespace crm::testing {
namespace {

[[maybe_unused]] const bool kEndGrpc = EndGrpcWithTheTests();

}  // namespace

ServiceHarness::ServiceHarness(const TestAuthority& authority,
                               absl::string_view service, MakeService make,
                               const Adjust& adjust)
    : settings_(authority.SettingsFor(service)),
      make_(std::move(make)),
      logger_(clock_, service, settings_.log_level, STDERR_FILENO) {
  if (adjust) adjust(settings_);
  Start();
}

void ServiceHarness::Restart() {
  client_.reset();
  host_.reset();
  Start();
}

void ServiceHarness::Start() {
  // As in the real processes.
  google::protobuf::SetLogHandler(nullptr);
  auto host = ServiceHost::Start(settings_, make_, clock_, logger_);
  if (!host.ok()) {
    std::cerr << host.status() << "\n";
    std::abort();
  }
  host_ = *std::move(host);
  client_ = std::make_unique<ApiClient>(host_->port());
}

}  // namespace crm::testing
