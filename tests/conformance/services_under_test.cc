#include "tests/conformance/services_under_test.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "services/analytical/app.h"
#include "services/collaborative/app.h"
#include "services/operational/app.h"
#include "tests/support/test_authority.h"

namespace crm::testing {
namespace {

constexpr char kSecret[] = "only to make page tokens, of 32 bytes";

}  // namespace

const std::vector<ServiceUnderTest>& ServicesUnderTest() {
  static const auto& services = *new std::vector<ServiceUnderTest>{
      {"operational", operational::MakeOperational},
      {"analytical", analytical::MakeAnalytical},
      {"collaborative", collaborative::MakeCollaborative},
  };
  return services;
}

std::vector<ResourceCase> AllResources() {
  const ScratchFolder folder;
  const SystemClock clock;
  Logger logger(clock, "conformance", LogLevel::kError, STDERR_FILENO);
  const PageTokenCodec page_tokens(kSecret, clock);
  std::vector<ResourceCase> cases;
  for (const ServiceUnderTest& service : ServicesUnderTest()) {
    MetricRegistry metrics;
    const auto made = service.make({.data_dir = folder.path(),
                                    .clock = clock,
                                    .logger = logger,
                                    .metrics = metrics,
                                    .page_tokens = page_tokens});
    if (!made.ok()) {
      std::cerr << made.status() << "\n";
      std::abort();
    }
    for (const auto& resource : (*made)->application.catalog().resources()) {
      cases.push_back({service.name, resource->schema.type()});
    }
  }
  return cases;
}

}  // namespace crm::testing
