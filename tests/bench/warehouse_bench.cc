// Measures the warehouse on both engines: applying orders, and asking for RFM
// scores and for the concentration of revenue.
//
//   warehouse_bench [ORDERS] [QUESTIONS] [ROUNDS]
//
// Applies ORDERS orders (6919, of as many customers each as in the CDNOW
// sample) in steps of 256 events, and asks QUESTIONS questions of each kind
// (20) in ROUNDS rounds (5). PostgreSQL runs with fsync on this machine.

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/portfolio_analysis.pb.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "services/analytical/projections/analyses.h"
#include "services/analytical/projections/duck_warehouse.h"
#include "services/analytical/projections/postgres_warehouse.h"
#include "services/analytical/projections/warehouse_applier.h"
#include "shared/base/clock.h"
#include "tests/bench/figures.h"
#include "tests/support/postgres_server/postgres_server.h"
#include "tests/support/test_authority.h"

namespace crm::bench {
namespace {

using analytical::Warehouse;
using internal::v1::Event;
using operational::v1::Order;

constexpr char kTenant[] = "acme";
constexpr int kStep = 256;
// The customers of the CDNOW sample by its orders.
constexpr double kCustomersPerOrder = 2357.0 / 6919;
constexpr absl::Duration kPatience = absl::Minutes(1);

// What PostgreSQL may take of DuckDB's time; nobody has set it otherwise.
constexpr Target kRatio = {.floor = 10, .moonshot = 2};

Event MakeEvent(int number, int customer, std::mt19937& random) {
  Order order;
  order.set_name(absl::StrCat("orders/o", number));
  order.set_customer(absl::StrCat("customers/c", customer));
  order.set_currency_code("USD");
  order.set_state(Order::CONFIRMED);
  // Days of 1997 and the half of 1998, as in the sample.
  order.mutable_order_time()->set_seconds(
      852'076'800 +
      86'400 * std::uniform_int_distribution<int>(0, 545)(random));
  auto& line = *order.add_lines();
  line.set_line_id("1");
  line.set_product("products/cd");
  line.set_quantity(1);
  line.mutable_amount()->set_currency_code("USD");
  line.mutable_amount()->set_units(
      std::uniform_int_distribution<int>(5, 120)(random));
  *order.mutable_total() = line.amount();
  Event event;
  event.set_id(absl::StrCat("e", number));
  event.set_tenant(kTenant);
  event.set_type("order.created");
  event.set_service("operational");
  event.set_resource_type("crm/Order");
  event.set_resource(order.name());
  event.set_ordering_key(order.customer());
  event.set_key_version(number + 1);
  event.set_after(order.SerializeAsString());
  *event.mutable_event_time() = order.order_time();
  return event;
}

// A warehouse that has applied orders.
class Filled {
 public:
  Filled(std::string engine, absl::StatusOr<std::unique_ptr<Warehouse>> opened)
      : engine_(std::move(engine)) {
    Require(opened.status());
    warehouse_ = *std::move(opened);
  }

  // Returns the median of the steps' times, an event each.
  double ApplyMicros(int orders) {
    // The same orders for each engine.
    std::mt19937 random(7);
    const int customers = std::max(1, int(orders * kCustomersPerOrder));
    Counter applied;
    analytical::WarehouseApplier applier(*warehouse_, clock_, applied);
    std::vector<double> micros;
    for (int begin = 0; begin < orders; begin += kStep) {
      std::vector<Event> events;
      for (int i = begin; i < std::min(begin + kStep, orders); ++i) {
        events.push_back(MakeEvent(i, i % customers, random));
      }
      const absl::Duration start = clock_.Monotonic();
      Require(
          applier.Apply({.producer = "operational",
                         .feed_epoch = 1,
                         .from_seq = begin,
                         .to_seq = begin + static_cast<int64_t>(events.size())},
                        events));
      micros.push_back(MicrosSince(start) / static_cast<double>(events.size()));
    }
    return Median(std::move(micros));
  }

  double ScoreMicros(int questions) {
    return MedianOf(questions, [&] {
      Require(AnalyzeRfm(*warehouse_, {.tenant = kTenant}, clock_.Now(),
                         clock_.Now() + kPatience)
                  .status());
    });
  }

  double ConcentrationMicros(int questions) {
    return MedianOf(questions, [&] {
      analytical::v1::PortfolioAnalysis analysis;
      Require(AnalyzePortfolio(*warehouse_, kTenant, clock_.Now(),
                               clock_.Now() + kPatience, analysis));
    });
  }

  std::string Name(absl::string_view what) const {
    return absl::StrCat(what, ", ", engine_, ", p50");
  }

 private:
  double MicrosSince(absl::Duration start) const {
    return absl::ToDoubleMicroseconds(clock_.Monotonic() - start);
  }

  static double Median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }

  double MedianOf(int times, const std::function<void()>& ask) {
    std::vector<double> micros;
    for (int i = 0; i < times; ++i) {
      const absl::Duration start = clock_.Monotonic();
      ask();
      micros.push_back(MicrosSince(start));
    }
    return Median(std::move(micros));
  }

  const SystemClock clock_;
  const std::string engine_;
  std::unique_ptr<Warehouse> warehouse_;
};

void Run(int orders, int questions, int rounds) {
  const testing::ScratchFolder folder;
  const SystemClock clock;
  testing::PostgresServer server({"-c", "fsync=on"});
  Figures figures;
  constexpr char kApply[] = "apply, an event";
  constexpr char kScores[] = "RFM scores";
  constexpr char kConcentration[] = "concentration";
  std::vector<std::string> names[2];
  // The first round warms both, and is not counted.
  for (int round = -1; round < rounds; ++round) {
    const std::string key = absl::StrCat("round", round + 1);
    Filled duck("DuckDB",
                analytical::DuckWarehouse::Open(folder.File(key), clock));
    Filled postgres("PostgreSQL", analytical::PostgresWarehouse::Open(
                                      {server.Uri(key)}, clock));
    for (Filled* each : {&duck, &postgres}) {
      const double apply = each->ApplyMicros(orders);
      const double scores = each->ScoreMicros(questions);
      const double concentration = each->ConcentrationMicros(questions);
      if (round < 0) continue;
      figures.Add(each->Name(kApply), "us", apply);
      figures.Add(each->Name(kScores), "us", scores);
      figures.Add(each->Name(kConcentration), "us", concentration);
    }
    names[0] = {postgres.Name(kApply), postgres.Name(kScores),
                postgres.Name(kConcentration)};
    names[1] = {duck.Name(kApply), duck.Name(kScores),
                duck.Name(kConcentration)};
  }
  figures.Print();
  for (size_t i = 0; i < names[0].size(); ++i) {
    figures.PrintRatio(names[0][i], names[1][i], kRatio);
  }
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using crm::bench::NumberOf;
  crm::bench::Run(std::min(1'000'000, NumberOf(argc, argv, 1, 6'919)),
                  NumberOf(argc, argv, 2, 20), NumberOf(argc, argv, 3, 5));
  return 0;
}
