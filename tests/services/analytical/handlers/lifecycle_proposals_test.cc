#include "services/analytical/handlers/lifecycle_proposals.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/analytical/domain/lifecycle/journey.h"
#include "services/analytical/domain/lifecycle/proposals.h"
#include "services/analytical/handlers/lifecycle_journey.h"
#include "services/analytical/handlers/lifecycle_scan.h"
#include "shared/base/money.h"
#include "shared/resource/application.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"
#include "tests/support/test_database.h"

namespace crm::analytical {
namespace {

using crm::testing::EqualsProto;
using crm::testing::IsOk;
using crm::testing::StatusIs;
using operational::v1::Order;
using testing::kTenant;
using testing::WarehouseFeeder;
using v1::Lifecycle;
using v1::LifecycleJourney;
using v1::LifecycleProposal;
using v1::ProposeLifecycleTransitionsRequest;
using v1::ProposeLifecycleTransitionsResponse;

absl::Time Day(int day) {
  return absl::FromUnixSeconds(1'600'000'000) + absl::Hours(24 * day);
}

Order MakeOrder(int number, absl::string_view customer, absl::Time time) {
  Order order = WarehouseFeeder::MakeOrder(absl::StrCat("o", number), customer,
                                           "2020-01-01", 5);
  *order.mutable_order_time() = ToTimestamp(time);
  return order;
}

// The analytical service's store and warehouse, and the handlers over both.
class LifecycleWorld {
 public:
  LifecycleWorld() {
    application_.Owns<LifecycleJourney>(
        {.prepare = PrepareLifecycleJourney, .settle = SettleLifecycleJourney});
    auto opened = crm::testing::OpenEngineUnderTest(
        absl::StrCat(feeder_.folder(), "/db"), &feeder_.clock());
    EXPECT_THAT(opened, IsOk());
    database_ = *std::move(opened);
    EXPECT_THAT(database_->Migrate({.tables = application_.Tables()}), IsOk());
    call_.principal.tenant = kTenant;
    call_.principal.subject = "user:ada";
  }
  ~LifecycleWorld() { database_.reset(); }

  WarehouseFeeder& feeder() { return feeder_; }
  void SetNow(absl::Time now) { call_.now = now; }

  absl::StatusOr<ProposeLifecycleTransitionsResponse> Propose(
      const ProposeLifecycleTransitionsRequest& request) {
    absl::StatusOr<ProposeLifecycleTransitionsResponse> response;
    CRM_RETURN_IF_ERROR(Read([&](const ReadView& view) {
      response =
          HandleProposeLifecycleTransitions(analytics_, view, call_, request);
      return response.status();
    }));
    return response;
  }

  // Returns the proposals of all pages of `page_size`.
  std::vector<LifecycleProposal> ProposeAll(int page_size) {
    std::vector<LifecycleProposal> all;
    ProposeLifecycleTransitionsRequest request;
    request.set_page_size(page_size);
    do {
      const auto page = Propose(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      all.insert(all.end(), page->proposals().begin(), page->proposals().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  // Takes the step, as a caller would.
  absl::Status Take(const LifecycleProposal& proposal) {
    return Write([&](Transaction& transaction) -> absl::Status {
      if (proposal.journey().empty()) {
        LifecycleJourney journey;
        journey.set_customer(proposal.customer());
        journey.set_name(transaction.NewName<LifecycleJourney>());
        transaction.Create(journey);
        return absl::OkStatus();
      }
      v1::AdvanceLifecycleJourneyRequest request;
      request.set_name(proposal.journey());
      request.set_to_stage(proposal.to_stage());
      request.set_outcome(proposal.outcome());
      return HandleAdvanceLifecycleJourney(transaction, call_, request)
          .status();
    });
  }

  std::vector<LifecycleJourney> Journeys() {
    std::vector<LifecycleJourney> journeys;
    EXPECT_THAT(Read([&](const ReadView& view) {
                  return VisitJourneys(view, call_, "",
                                       [&](const LifecycleJourney& journey) {
                                         journeys.push_back(journey);
                                       });
                }),
                IsOk());
    return journeys;
  }

 private:
  absl::Status Read(const std::function<absl::Status(const ReadView&)>& body) {
    return database_->Read(absl::InfiniteFuture(), [&](SqlReader& reader) {
      return body(ReadView(reader, application_.catalog(), kTenant));
    });
  }

  absl::Status Write(const std::function<absl::Status(Transaction&)>& body) {
    return database_->WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          Transaction transaction(writer, application_.catalog(), call_, ids_,
                                  call_.now);
          CRM_RETURN_IF_ERROR(body(transaction));
          return transaction.status();
        });
  }

  WarehouseFeeder feeder_;
  PageTokenCodec page_tokens_{std::string(32, 's'), feeder_.clock()};
  Histogram seconds_{LatencyBounds()};
  Analytics analytics_{feeder_.warehouse(), feeder_.clock(), page_tokens_,
                       seconds_};
  Application application_{"analytical"};
  IdMaker ids_{feeder_.clock(), 1};
  CallContext call_;
  std::unique_ptr<Database> database_;
};

TEST(ProposeLifecycleTransitions, GoesByConfirmedOrdersOfTheTenant) {
  LifecycleWorld world;
  world.SetNow(Day(5));
  Order submitted = MakeOrder(2, "bea", Day(1));
  submitted.set_state(Order::SUBMITTED);
  auto& feeder = world.feeder();
  ASSERT_THAT(
      feeder.Apply(
          {feeder.MakeEvent(MakeOrder(1, "ada", Day(1)), "created"),
           feeder.MakeEvent(submitted, "created"),
           feeder.MakeEvent(MakeOrder(3, "cleo", Day(6)), "created"),
           feeder.MakeEvent(MakeOrder(4, "dora", Day(1)), "created", "other")}),
      IsOk());

  const auto proposals = world.ProposeAll(50);

  ASSERT_EQ(proposals.size(), 1U);
  EXPECT_EQ(proposals[0].customer(), "customers/ada");
  EXPECT_EQ(proposals[0].to_stage(), Lifecycle::VIRGIN);
  EXPECT_EQ(proposals[0].reason(), LifecycleProposal::ORDERED);
  EXPECT_EQ(FromTimestamp(proposals[0].fact_time()), Day(1));
}

TEST(ProposeLifecycleTransitions, MovesOnAfterTheDaysThatAreAskedFor) {
  LifecycleWorld world;
  auto& feeder = world.feeder();
  ASSERT_THAT(
      feeder.Apply({feeder.MakeEvent(MakeOrder(1, "ada", Day(0)), "created")}),
      IsOk());
  world.SetNow(Day(0));
  for (int i = 0; i < 2; ++i) {
    const auto proposals = world.ProposeAll(50);
    ASSERT_EQ(proposals.size(), 1U);
    ASSERT_THAT(world.Take(proposals[0]), IsOk());
  }
  world.SetNow(Day(10));
  EXPECT_TRUE(world.ProposeAll(50).empty());
  ProposeLifecycleTransitionsRequest request;
  request.set_new_prospect_days(10);

  const auto hasty = world.Propose(request);

  ASSERT_THAT(hasty, IsOk());
  ASSERT_EQ(hasty->proposals_size(), 1);
  EXPECT_EQ(hasty->proposals(0).to_stage(), Lifecycle::UNSTABLE);
  EXPECT_EQ(hasty->proposals(0).reason(), LifecycleProposal::INACTIVE);
  EXPECT_EQ(hasty->proposals(0).journey(), world.Journeys()[0].name());
}

TEST(ProposeLifecycleTransitions, PagesByCustomer) {
  LifecycleWorld world;
  world.SetNow(Day(1));
  auto& feeder = world.feeder();
  std::vector<internal::v1::Event> events;
  for (int i = 0; i < 7; ++i) {
    events.push_back(feeder.MakeEvent(
        MakeOrder(i, absl::StrCat("c", i), Day(0)), "created"));
  }
  ASSERT_THAT(feeder.Apply(events), IsOk());

  const auto proposals = world.ProposeAll(3);

  ASSERT_EQ(proposals.size(), 7U);
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(proposals[static_cast<size_t>(i)].customer(),
              absl::StrCat("customers/c", i));
  }
  ProposeLifecycleTransitionsRequest other;
  other.set_page_size(3);
  const auto first = world.Propose(other);
  ASSERT_THAT(first, IsOk());
  other.set_page_token(first->next_page_token());
  other.set_win_back_days(5);
  EXPECT_EQ(world.Propose(other).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// One log of orders; at each of its checkpoints all proposals are taken.
class Replay {
 public:
  Replay() {
    std::mt19937_64 random(88);
    for (int i = 0; i < 60; ++i) {
      const std::string customer = absl::StrCat("c", random() % 9);
      const absl::Time time =
          Day(0) + absl::Minutes(random() % (int64_t{kDays} * 1'440));
      log_.emplace_back(time, customer);
    }
    std::sort(log_.begin(), log_.end());
  }

  std::vector<LifecycleJourney> Run(size_t batch, int page_size) const {
    LifecycleWorld world;
    auto& feeder = world.feeder();
    size_t next = 0;
    for (int day = kStep; day <= kDays; day += kStep) {
      std::vector<internal::v1::Event> events;
      while (next < log_.size() && log_[next].first <= Day(day)) {
        const auto& [time, customer] = log_[next];
        events.push_back(feeder.MakeEvent(
            MakeOrder(static_cast<int>(next), customer, time), "created"));
        ++next;
        if (events.size() < batch) continue;
        EXPECT_THAT(feeder.Apply(events), IsOk());
        events.clear();
      }
      EXPECT_THAT(feeder.Apply(events), IsOk());
      world.SetNow(Day(day));
      for (auto proposals = world.ProposeAll(page_size); !proposals.empty();
           proposals = world.ProposeAll(page_size)) {
        for (const LifecycleProposal& proposal : proposals) {
          EXPECT_THAT(world.Take(proposal), IsOk());
        }
        if (::testing::Test::HasFailure()) return {};
      }
    }
    return world.Journeys();
  }

  // The same by the rules alone.
  std::vector<LifecycleJourney> RunRules() const {
    std::map<std::string, std::vector<absl::Time>> orders;
    for (const auto& [time, customer] : log_) {
      orders["customers/" + customer].push_back(time);
    }
    std::vector<LifecycleJourney> all;
    for (const auto& [customer, times] : orders) {
      std::vector<LifecycleJourney> journeys;
      for (int day = kStep; day <= kDays; day += kStep) {
        TakeProposedSteps(customer, times, {}, Day(day), journeys);
      }
      all.insert(all.end(), journeys.begin(), journeys.end());
    }
    return all;
  }

 private:
  static constexpr int kDays = 600;
  static constexpr int kStep = 30;

  std::vector<std::pair<absl::Time, std::string>> log_;
};

TEST(ProposeLifecycleTransitions, VM_08_AReplayInOtherBatchesGivesTheSameRuns) {
  const Replay replay;

  const auto single = replay.Run(/*batch=*/1, /*page_size=*/2);
  const auto batched = replay.Run(/*batch=*/25, /*page_size=*/50);

  EXPECT_GT(single.size(), 9U);
  std::set<int> kinds;
  for (const LifecycleJourney& journey : single) {
    kinds.insert(journey.entry_kind());
  }
  EXPECT_GT(kinds.size(), 1U);
  EXPECT_EQ(HashJourneys(single), HashJourneys(batched));
  EXPECT_EQ(HashJourneys(single), HashJourneys(replay.RunRules()));
}

}  // namespace
}  // namespace crm::analytical
