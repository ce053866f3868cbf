// crm-client-config: prints the gRPC service config that clients of the suite
// use, as JSON.
//
//   crm-client-config > rapport.json
//   crm-client-config crm.operational.v1.LeadService
//
// Without arguments it is for all public services that are linked.

#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "shared/rpc/service_config.h"

namespace crm {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::ServiceDescriptor;

// Returns the linked services of the suite, but for those between its own
// processes, by name.
std::vector<const ServiceDescriptor*> PublicServices() {
  std::vector<std::string> files;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  const std::set<std::string> sorted(files.begin(), files.end());
  std::vector<const ServiceDescriptor*> services;
  for (const std::string& name : sorted) {
    if (!absl::StartsWith(name, "crm/") ||
        absl::StartsWith(name, "crm/internal/")) {
      continue;
    }
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    for (int i = 0; i < file->service_count(); ++i) {
      services.push_back(file->service(i));
    }
  }
  return services;
}

int Main(int argc, char** argv) {
  std::vector<const ServiceDescriptor*> services;
  for (int i = 1; i < argc; ++i) {
    services.push_back(
        DescriptorPool::generated_pool()->FindServiceByName(argv[i]));
    if (services.back() == nullptr) {
      std::cerr << "crm-client-config: there is no service '" << argv[i]
                << "'.\n";
      return 2;
    }
  }
  if (services.empty()) services = PublicServices();
  std::cout << ServiceConfigJson(services, {}) << "\n";
  return 0;
}

}  // namespace
}  // namespace crm

int main(int argc, char** argv) { return crm::Main(argc, argv); }
