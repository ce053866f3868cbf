// The customers that the benchmarks store, of about the size that real ones
// have, and the requests about them.

#ifndef CRM_TESTS_BENCH_CUSTOMERS_H_
#define CRM_TESTS_BENCH_CUSTOMERS_H_

#include <string>

#include "crm/operational/v1/customer.pb.h"

namespace crm::bench {

inline constexpr char kTenant[] = "acme";
inline constexpr char kGetPath[] =
    "/crm.operational.v1.CustomerService/GetCustomer";
inline constexpr char kCreatePath[] =
    "/crm.operational.v1.CustomerService/CreateCustomer";
inline constexpr char kListPath[] =
    "/crm.operational.v1.CustomerService/ListCustomers";

// The name of the customer with a number.
std::string CustomerName(int number);

// That customer, without what the server sets.
operational::v1::Customer MakeCustomer(int number);

// The bytes of a request to get it; to create it under its name; to create one
// like it under a name that the server chooses; and to list a page of 50.
std::string GetRequest(int number);
std::string CreateNamedRequest(int number);
std::string CreateRequest(int number);
std::string ListRequest(const std::string& filter);

}  // namespace crm::bench

#endif  // CRM_TESTS_BENCH_CUSTOMERS_H_
