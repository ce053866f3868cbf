#include "services/analytical/handlers/treatment.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/treatment.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "tests/services/analytical/handlers/customer_world.h"
#include "tests/services/analytical/text_proto.h"
#include "tests/support/matchers.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::StatusIs;
using testing::CustomerWorld;
using testing::Proto;
using v1::Treatment;
using v1::TreatmentAssignment;

absl::Time Day(double day) { return CustomerWorld::Day(day); }

void AddTreatment(CustomerWorld& world, const std::string& text) {
  auto treatment = Proto<Treatment>(text);
  world.Store(treatment);
}

absl::StatusOr<TreatmentAssignment> Choose(CustomerWorld& world,
                                           const std::string& customer) {
  v1::ChooseTreatmentRequest request;
  request.set_customer("customers/" + customer);
  return world.Call(PrepareTreatmentChoice, HandleChooseTreatment, request);
}

v1::MeasureTreatmentsResponse Measure(CustomerWorld& world, absl::Time start,
                                      absl::Time end, int days) {
  v1::MeasureTreatmentsRequest request;
  *request.mutable_start_time() = ToTimestamp(start);
  *request.mutable_end_time() = ToTimestamp(end);
  request.set_outcome_days(days);
  auto response = world.Call(HandleMeasureTreatments, request);
  EXPECT_THAT(response, IsOk());
  return response.ok() ? *std::move(response) : v1::MeasureTreatmentsResponse();
}

TEST(ChooseTreatment, ID_04_CustomersThatDifferInNeedsAreTreatedDifferently) {
  CustomerWorld world;
  world.AddCustomer("ada", "Price", Day(0));
  world.AddCustomer("bea", "Care", Day(0));
  for (const char* id : {"ada", "bea"}) {
    world.AddRun(id, 1, {{v1::Lifecycle::VIRGIN, Day(0)}});
  }
  world.AddModel({{"ada", v1::ClvScore::TOP}, {"bea", v1::ClvScore::TOP}},
                 Day(0));
  AddTreatment(world,
               "name: 'treatments/discount' needs_group: 'Price' "
               "value_tier: TOP");
  AddTreatment(world,
               "name: 'treatments/visit' needs_group: 'Care' stage: VIRGIN");
  AddTreatment(world, "name: 'treatments/letter'");
  world.SetNow(Day(1));

  const auto ada = Choose(world, "ada");
  const auto bea = Choose(world, "bea");

  ASSERT_THAT(ada, IsOk());
  ASSERT_THAT(bea, IsOk());
  EXPECT_EQ(ada->treatment(), "treatments/discount");
  EXPECT_EQ(bea->treatment(), "treatments/visit");
  EXPECT_EQ(ada->value_tier(), bea->value_tier());
  EXPECT_EQ(ada->stage(), bea->stage());
  EXPECT_EQ(ada->clv_model(), bea->clv_model());
  EXPECT_EQ(ada->fitting_count(), 2);
  ASSERT_EQ(ada->reasons_size(), 2);
  EXPECT_THAT(ada->reasons(0), EqualsProto("condition: 'needs_group' "
                                           "asked: 'Price' found: 'Price'"));
  EXPECT_THAT(ada->reasons(1),
              EqualsProto("condition: 'value_tier' asked: 'TOP' found: 'TOP'"));
  EXPECT_THAT(
      bea->reasons(1),
      EqualsProto("condition: 'stage' asked: 'VIRGIN' found: 'VIRGIN'"));
  // Both are there to be evaluated.
  const auto measured = Measure(world, Day(0), Day(2), 30);
  ASSERT_EQ(measured.arms_size(), 2);
  EXPECT_EQ(measured.arms(0).treatment(), "treatments/discount");
  EXPECT_EQ(measured.arms(1).treatment(), "treatments/visit");
  EXPECT_EQ(measured.arms(0).pending_count(), 1);
}

TEST(ChooseTreatment, ID_04_ACustomerHasOneAssignmentADay) {
  CustomerWorld world;
  world.AddCustomer("ada", "Price", Day(0));
  AddTreatment(world, "name: 'treatments/discount' needs_group: 'Price'");
  world.SetNow(Day(1));
  const auto first = Choose(world, "ada");
  ASSERT_THAT(first, IsOk());
  AddTreatment(world, "name: 'treatments/better' priority: 9");

  const auto again = Choose(world, "ada");
  world.SetNow(Day(2));
  const auto next = Choose(world, "ada");

  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(*again, EqualsProto(first->DebugString()));
  ASSERT_THAT(next, IsOk());
  EXPECT_NE(next->name(), first->name());
  EXPECT_EQ(next->treatment(), "treatments/better");
  EXPECT_EQ(next->value_tier(), v1::ClvScore::UNKNOWN);
  EXPECT_EQ(next->stage(), v1::Lifecycle::STAGE_UNSPECIFIED);
}

TEST(ChooseTreatment, ID_04_ThatNoneFitsIsKeptToo) {
  CustomerWorld world;
  world.AddCustomer("ada", "", Day(0));
  AddTreatment(world, "name: 'treatments/discount' needs_group: 'Price'");
  world.SetNow(Day(1));

  const auto chosen = Choose(world, "ada");

  ASSERT_THAT(chosen, IsOk());
  EXPECT_EQ(chosen->treatment(), "");
  EXPECT_EQ(chosen->fitting_count(), 0);
  const auto measured = Measure(world, Day(0), Day(2), 30);
  ASSERT_EQ(measured.arms_size(), 1);
  EXPECT_EQ(measured.arms(0).treatment(), "");
  EXPECT_THAT(Choose(world, "nobody"),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

// The arms, worked out again order by order.
TEST(MeasureTreatments, ID_04_TheOutcomeIsThatOfTheOrdersAfterwards) {
  std::mt19937_64 random(3);
  const auto pick = [&](int most) {
    return static_cast<int>(random() % static_cast<uint64_t>(most));
  };
  constexpr int kDays = 5;
  struct Assigned {
    int customer;
    double day;
    std::string treatment;
  };
  struct Ordered {
    int customer;
    double day;
    int64_t units;
  };
  CustomerWorld world;
  for (const char* id : {"a", "b"}) {
    AddTreatment(world, absl::StrCat("name: 'treatments/", id, "'"));
  }
  std::vector<Assigned> assigned;
  std::vector<Ordered> ordered;
  for (int c = 0; c < 10; ++c) {
    const std::string id = "c" + std::to_string(c);
    for (int i = pick(4); i > 0; --i) {
      assigned.push_back({c, pick(40) + 0.0, pick(2) == 0 ? "a" : "b"});
      TreatmentAssignment row;
      row.set_name("treatmentAssignments/t" + std::to_string(assigned.size()));
      row.set_customer("customers/" + id);
      row.set_treatment("treatments/" + assigned.back().treatment);
      row.set_customer_day(row.name());
      *row.mutable_assign_time() = ToTimestamp(Day(assigned.back().day));
      // Of two at one instant it is not said which counts.
      const bool is_double = std::any_of(
          assigned.begin(), assigned.end() - 1, [&](const Assigned& other) {
            return other.customer == c && other.day == assigned.back().day;
          });
      if (is_double) {
        assigned.pop_back();
      } else {
        world.Store(row);
      }
    }
    for (int i = 0; i < 8; ++i) {
      ordered.push_back({c, pick(40) + 0.5, 1 + pick(9)});
      world.AddOrder(id, Day(ordered.back().day), ordered.back().units);
    }
  }
  world.SetNow(Day(32));

  const auto measured = Measure(world, Day(10), Day(30), kDays);

  std::map<std::string, std::set<int>> customers;
  std::map<std::string, std::set<int>> buyers;
  std::map<std::string, int64_t> orders;
  std::map<std::string, int64_t> units;
  std::map<std::string, int64_t> assignments;
  std::map<std::string, int64_t> pending;
  for (const Assigned& one : assigned) {
    if (one.day < 10 || one.day >= 30) continue;
    ++assignments[one.treatment];
    customers[one.treatment].insert(one.customer);
    if (one.day + kDays > 32) ++pending[one.treatment];
    for (const Ordered& order : ordered) {
      if (order.customer != one.customer || order.day < one.day ||
          order.day >= one.day + kDays) {
        continue;
      }
      const bool is_of_a_later_one =
          std::any_of(assigned.begin(), assigned.end(), [&](const auto& other) {
            return other.customer == one.customer && other.day > one.day &&
                   other.day <= order.day;
          });
      if (is_of_a_later_one) continue;
      ++orders[one.treatment];
      units[one.treatment] += order.units;
      buyers[one.treatment].insert(one.customer);
    }
  }
  ASSERT_EQ(measured.arms_size(), 2);
  int64_t counted = 0;
  for (const auto& arm : measured.arms()) {
    const std::string id = arm.treatment().substr(arm.treatment().size() - 1);
    EXPECT_EQ(arm.assignment_count(), assignments[id]);
    EXPECT_EQ(arm.pending_count(), pending[id]);
    EXPECT_EQ(arm.customer_count(), std::ssize(customers[id]));
    EXPECT_EQ(arm.ordering_customer_count(), std::ssize(buyers[id]));
    EXPECT_EQ(arm.order_count(), orders[id]);
    ASSERT_EQ(arm.revenue_size(), 1);
    EXPECT_EQ(arm.revenue(0).units(), units[id]);
    EXPECT_EQ(arm.conversion_millionths(),
              std::ssize(buyers[id]) * 1'000'000 / std::ssize(customers[id]));
    counted += arm.order_count();
  }
  EXPECT_GT(counted, 5);
}

TEST(MeasureTreatments, KeepsCurrenciesApart) {
  CustomerWorld world;
  world.AddCustomer("ada", "", Day(0));
  AddTreatment(world, "name: 'treatments/letter'");
  world.SetNow(Day(1));
  ASSERT_THAT(Choose(world, "ada"), IsOk());
  world.AddOrder("ada", Day(2), 5, "USD");
  world.AddOrder("ada", Day(3), 7, "EUR");
  world.SetNow(Day(9));

  const auto measured = Measure(world, Day(0), Day(9), 30);

  ASSERT_EQ(measured.arms_size(), 1);
  ASSERT_EQ(measured.arms(0).revenue_size(), 2);
  EXPECT_EQ(measured.arms(0).revenue(0).currency_code(), "EUR");
  EXPECT_EQ(measured.arms(0).revenue(0).units(), 7);
  EXPECT_EQ(measured.arms(0).revenue(1).units(), 5);
  EXPECT_EQ(measured.arms(0).conversion_millionths(), 1'000'000);
}

}  // namespace
}  // namespace crm::analytical
