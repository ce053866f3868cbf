#include "tests/services/analytical/business.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/collaborative/v1/survey_response.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"

namespace crm::analytical::testing {
namespace {

using collaborative::v1::SurveyResponse;
using internal::v1::Event;
using operational::v1::Activity;
using operational::v1::Customer;
using operational::v1::Opportunity;

constexpr int kCustomers = 60;
constexpr int kOrders = 260;
constexpr int kDeals = 90;
constexpr int kActivities = 140;
constexpr int kAnswers = 160;
constexpr int64_t kHours = 2 * 365 * 24;

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  int64_t Draw(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random_);
  }
  bool Chance(int of) { return Draw(1, of) == 1; }
  // Within the two years.
  absl::Time Instant() {
    return BusinessDay() - absl::Hours(Draw(0, kHours)) -
           absl::Microseconds(Draw(0, 1'000));
  }
  std::string Customer() {
    return absl::StrCat("customers/c", 100 + Draw(0, kCustomers - 1));
  }

 private:
  std::mt19937_64 random_;
};

Customer ToMessage(const BusinessCustomer& made) {
  Customer customer;
  customer.set_name(made.name);
  customer.set_state(made.active ? Customer::ACTIVE : Customer::MERGED);
  customer.set_segment(made.segment);
  if (made.known.contains("display_name")) customer.set_display_name("Ada");
  if (made.known.contains("kind")) customer.set_kind(Customer::PERSON);
  if (made.known.contains("primary_email")) {
    customer.set_primary_email("ada@example.org");
  }
  if (made.known.contains("primary_phone")) {
    customer.set_primary_phone("+431234567");
  }
  if (made.known.contains("owner")) customer.set_owner("user:ada");
  *customer.mutable_create_time() = ToTimestamp(made.created);
  return customer;
}

void Require(const absl::Status& status) {
  if (status.ok()) return;
  ADD_FAILURE() << status.ToString();
  std::abort();
}

}  // namespace

absl::Time BusinessDay() {
  return absl::FromCivil(absl::CivilHour(2020, 1, 1, 9), absl::UTCTimeZone());
}

Business MakeBusiness(uint64_t seed) {
  Maker maker(seed);
  Business business;
  for (int i = 0; i < kCustomers; ++i) {
    BusinessCustomer customer{.name = absl::StrCat("customers/c", 100 + i)};
    for (const char* field :
         {"display_name", "kind", "primary_email", "primary_phone", "owner"}) {
      if (!maker.Chance(3)) customer.known.insert(field);
    }
    if (!maker.Chance(4)) {
      customer.segment = maker.Chance(2) ? "Gold" : "Silver";
      customer.known.insert("segment");
    }
    customer.active = !maker.Chance(12);
    customer.created = BusinessDay() - absl::Hours(maker.Draw(-400, kHours));
    business.customers.push_back(std::move(customer));
  }
  for (int i = 0; i < kOrders; ++i) {
    BusinessOrder made{.customer = maker.Customer(),
                       .time = maker.Instant(),
                       .units = maker.Draw(1, 500),
                       .counts = !maker.Chance(8)};
    made.order = WarehouseFeeder::MakeOrder(absl::StrCat("o", i),
                                            made.customer.substr(10),
                                            "2020-01-01", made.units);
    *made.order.mutable_order_time() = ToTimestamp(made.time);
    if (!made.counts) made.order.set_state(operational::v1::Order::CANCELLED);
    for (auto& line : *made.order.mutable_lines()) {
      line.set_product(absl::StrCat("products/p", maker.Draw(1, 6)));
      made.products.insert(line.product());
    }
    business.orders.push_back(std::move(made));
  }
  for (int i = 0; i < kDeals; ++i) {
    BusinessDeal deal{.customer = maker.Customer(), .created = maker.Instant()};
    if (!maker.Chance(4)) {
      deal.closed = std::min(BusinessDay(),
                             deal.created + absl::Hours(maker.Draw(1, 2'000)));
      deal.won = maker.Chance(2);
    }
    business.deals.push_back(std::move(deal));
  }
  for (int i = 0; i < kActivities; ++i) {
    BusinessActivity activity{.customer = maker.Customer()};
    if (!maker.Chance(5)) activity.completed = maker.Instant();
    business.activities.push_back(std::move(activity));
  }
  for (int i = 0; i < kAnswers; ++i) {
    business.answers.push_back({.customer = maker.Customer(),
                                .time = maker.Instant(),
                                .score = static_cast<int>(maker.Draw(0, 10))});
  }
  return business;
}

void FeedBusiness(const Business& business, WarehouseFeeder& feeder) {
  std::vector<Event> events;
  for (const BusinessCustomer& customer : business.customers) {
    events.push_back(feeder.MakeResourceEvent(
        "crm/Customer", ToMessage(customer), customer.name));
  }
  for (const BusinessOrder& order : business.orders) {
    events.push_back(feeder.MakeEvent(order.order, "created"));
  }
  int number = 0;
  for (const BusinessDeal& made : business.deals) {
    Opportunity deal;
    deal.set_name(absl::StrCat("opportunities/d", ++number));
    deal.set_customer(made.customer);
    deal.set_state(!made.closed.has_value() ? Opportunity::OPEN
                   : made.won               ? Opportunity::WON
                                            : Opportunity::LOST);
    *deal.mutable_create_time() = ToTimestamp(made.created);
    if (made.closed.has_value()) {
      *deal.mutable_close_time() = ToTimestamp(*made.closed);
    }
    events.push_back(
        feeder.MakeResourceEvent("crm/Opportunity", deal, made.customer));
  }
  for (const BusinessActivity& made : business.activities) {
    Activity activity;
    activity.set_name(absl::StrCat("activities/a", ++number));
    activity.set_customer(made.customer);
    activity.set_kind(Activity::VISIT);
    activity.set_state(made.completed.has_value() ? Activity::DONE
                                                  : Activity::PLANNED);
    if (made.completed.has_value()) {
      *activity.mutable_complete_time() = ToTimestamp(*made.completed);
    }
    events.push_back(
        feeder.MakeResourceEvent("crm/Activity", activity, made.customer));
  }
  Require(feeder.Apply(events));
}

void FeedAnswers(const Business& business, WarehouseFeeder& feeder) {
  std::vector<Event> events;
  int number = 0;
  for (const BusinessAnswer& answer : business.answers) {
    SurveyResponse response;
    response.set_name(absl::StrCat("surveyResponses/r", ++number));
    response.set_customer(answer.customer);
    response.set_kind(SurveyResponse::RECOMMENDATION);
    response.set_score(answer.score);
    *response.mutable_respond_time() = ToTimestamp(answer.time);
    events.push_back(feeder.MakeResourceEvent("crm/SurveyResponse", response,
                                              answer.customer));
  }
  Require(feeder.Apply(events));
}

}  // namespace crm::analytical::testing
