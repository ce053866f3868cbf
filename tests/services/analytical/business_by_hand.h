// Works the figures of a business out from what it was made up of: without the
// warehouse, and in another way.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_BUSINESS_BY_HAND_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_BUSINESS_BY_HAND_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "tests/services/analytical/business.h"

namespace crm::analytical::testing {

// The period of the frameworks.
inline constexpr absl::Duration kYear = absl::Hours(24 * 365);

// Returns a quotient in its lowest terms, as evidence has it.
std::string Fraction(int64_t numerator, int64_t denominator);

// The business as a scorecard of a segment and an instant ought to see it.
class BusinessByHand {
 public:
  BusinessByHand(const Business& business, std::string segment, absl::Time end)
      : business_(business), segment_(std::move(segment)), end_(end) {}

  bool IsMeant(const std::string& customer) const;
  bool IsNow(absl::Time time) const {
    return time > end_ - kYear && time <= end_;
  }
  bool IsEarlier(absl::Time time) const {
    return time > end_ - 2 * kYear && time <= end_ - kYear;
  }

  std::vector<BusinessCustomer> Customers() const;

  std::vector<BusinessOrder> Orders(
      const std::function<bool(absl::Time)>& when) const;

  std::set<std::string> Orderers(
      const std::function<bool(absl::Time)>& when) const;

  // What each metric ought to be.
  std::map<std::string, std::string> Values() const;

 private:
  void AddCustomers(std::map<std::string, std::string>& values) const;

  void AddOrders(std::map<std::string, std::string>& values) const;

  void AddDeals(std::map<std::string, std::string>& values) const;

  const Business& business_;
  const std::string segment_;
  const absl::Time end_;
};

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_BUSINESS_BY_HAND_H_
