#include "tests/bench/customers.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace crm::bench {
namespace {

std::string IdOf(int number) { return absl::StrFormat("bench-%08d", number); }

operational::v1::CreateCustomerRequest CreationOf(int number) {
  operational::v1::CreateCustomerRequest request;
  *request.mutable_customer() = MakeCustomer(number);
  return request;
}

}  // namespace

std::string CustomerName(int number) {
  return absl::StrCat("customers/", IdOf(number));
}

operational::v1::Customer MakeCustomer(int number) {
  operational::v1::Customer customer;
  customer.set_display_name(absl::StrCat("Customer Number ", number));
  customer.set_kind(operational::v1::Customer::ORGANISATION);
  customer.set_primary_email(absl::StrCat("office", number, "@example.com"));
  customer.set_primary_phone(absl::StrFormat("+49301%08d", number));
  customer.set_segment(absl::StrCat("segment-", number % 20));
  auto& labels = *customer.mutable_labels();
  for (int i = 0; i < 6; ++i) {
    labels[absl::StrCat("label-", i)] = std::string(56, 'v');
  }
  return customer;
}

std::string GetRequest(int number) {
  operational::v1::GetCustomerRequest request;
  request.set_name(CustomerName(number));
  return request.SerializeAsString();
}

std::string CreateNamedRequest(int number) {
  operational::v1::CreateCustomerRequest request = CreationOf(number);
  request.set_customer_id(IdOf(number));
  return request.SerializeAsString();
}

std::string CreateRequest(int number) {
  operational::v1::CreateCustomerRequest request = CreationOf(number);
  request.set_request_id(
      absl::StrFormat("%08x-0000-4000-8000-%012x", number, number));
  return request.SerializeAsString();
}

std::string ListRequest(const std::string& filter) {
  operational::v1::ListCustomersRequest request;
  request.set_page_size(50);
  request.set_filter(filter);
  return request.SerializeAsString();
}

}  // namespace crm::bench
