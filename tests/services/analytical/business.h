// A small business of chance for tests, whose facts are kept as they were made
// up, so that figures can be worked out again without the warehouse.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_BUSINESS_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_BUSINESS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/operational/v1/order.pb.h"
#include "tests/services/analytical/warehouse_feeder.h"

namespace crm::analytical::testing {

struct BusinessCustomer {
  std::string name;
  // The fields that are set, of those by which customers are identified.
  std::set<std::string> known = {};
  std::string segment = {};
  bool active = true;
  absl::Time created = {};
};

struct BusinessOrder {
  std::string customer;
  absl::Time time;
  int64_t units = 0;
  std::set<std::string> products = {};
  bool counts = true;
  operational::v1::Order order = {};
};

struct BusinessDeal {
  std::string customer;
  absl::Time created;
  // Unset while it is open.
  std::optional<absl::Time> closed = std::nullopt;
  bool won = false;
};

struct BusinessActivity {
  std::string customer;
  std::optional<absl::Time> completed = std::nullopt;
};

struct BusinessAnswer {
  std::string customer;
  absl::Time time;
  // Of 10.
  int32_t score = 0;
};

struct Business {
  std::vector<BusinessCustomer> customers;
  std::vector<BusinessOrder> orders;
  std::vector<BusinessDeal> deals;
  std::vector<BusinessActivity> activities;
  std::vector<BusinessAnswer> answers;
};

// When the business is looked at: two years of it are behind.
absl::Time BusinessDay();

// Makes it up, from the seed alone.
Business MakeBusiness(uint64_t seed);

// Has its events applied, but for answers to surveys. Ends the test program if
// that fails.
void FeedBusiness(const Business& business, WarehouseFeeder& feeder);
void FeedAnswers(const Business& business, WarehouseFeeder& feeder);

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_BUSINESS_H_
