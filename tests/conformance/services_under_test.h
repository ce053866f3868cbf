// The services whose resources the contract is checked on. A service joins by
// being listed here, a resource by being registered with its service.

#ifndef CRM_TESTS_CONFORMANCE_SERVICES_UNDER_TEST_H_
#define CRM_TESTS_CONFORMANCE_SERVICES_UNDER_TEST_H_

#include <ostream>
#include <string>
#include <vector>

#include "services/host/service.h"

namespace crm::testing {

// A service of the suite.
struct ServiceUnderTest {
  std::string name;
  MakeService make;
};

// Returns the services.
const std::vector<ServiceUnderTest>& ServicesUnderTest();

// A resource of a service, by its type (`crm/Lead`).
struct ResourceCase {
  std::string service;
  std::string type;

  friend std::ostream& operator<<(std::ostream& out, const ResourceCase& item) {
    return out << item.type;
  }
};

// Returns every resource that one of the services has registered.
std::vector<ResourceCase> AllResources();

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_SERVICES_UNDER_TEST_H_
