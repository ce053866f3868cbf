#include "tests/services/analytical/handlers/customer_world.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/interaction_plan.pb.h"
#include "crm/analytical/v1/treatment.pb.h"
#include "crm/analytical/v1/treatment_assignment.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "gtest/gtest.h"
#include "services/analytical/handlers/score_blocks.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "tests/support/matchers.h"

namespace crm::analytical::testing {
namespace {

using crm::testing::IsOk;
using operational::v1::Activity;
using operational::v1::Customer;

void Require(const absl::Status& status) {
  EXPECT_THAT(status, IsOk());
  if (!status.ok()) std::abort();
}

std::string NameOf(absl::string_view customer) {
  return absl::StrCat("customers/", customer);
}

}  // namespace

CustomerWorld::CustomerWorld() {
  application_.Owns<v1::LifecycleJourney>()
      .Owns<v1::ClvModel>()
      .Owns<v1::InteractionPlan>()
      .Owns<v1::Treatment>()
      .Owns<v1::TreatmentAssignment>()
      .Keeps(ScoreBlockTable(kClvScoreBlocks));
  auto opened = crm::testing::OpenEngineUnderTest(
      absl::StrCat(feeder_.folder(), "/db"), &feeder_.clock());
  Require(opened.status());
  database_ = *std::move(opened);
  Require(database_->Migrate({.tables = application_.Tables()}).status());
  call_.principal.tenant = kTenant;
  call_.principal.subject = "user:ada";
  call_.now = Day(0);
  call_.deadline = absl::InfiniteFuture();
}

CustomerWorld::~CustomerWorld() { database_.reset(); }

absl::Time CustomerWorld::Day(double day) {
  return absl::FromUnixSeconds(1'600'000'000) + absl::Hours(24) * day;
}

void CustomerWorld::AddCustomer(absl::string_view customer,
                                absl::string_view segment, absl::Time created) {
  Customer resource;
  resource.set_name(NameOf(customer));
  resource.set_segment(std::string(segment));
  resource.set_state(Customer::ACTIVE);
  *resource.mutable_create_time() = ToTimestamp(created);
  Apply(feeder_.MakeResourceEvent("crm/Customer", resource, resource.name()));
}

operational::v1::Order CustomerWorld::MakeOrder(absl::string_view customer,
                                                absl::Time time,
                                                int64_t units) {
  auto order = WarehouseFeeder::MakeOrder(absl::StrCat("o", ++count_), customer,
                                          "2020-01-01", units);
  *order.mutable_order_time() = ToTimestamp(time);
  return order;
}

std::string CustomerWorld::AddOrder(absl::string_view customer, absl::Time time,
                                    int64_t units, absl::string_view currency) {
  operational::v1::Order order = MakeOrder(customer, time, units);
  order.set_currency_code(std::string(currency));
  order.mutable_lines(0)->mutable_amount()->set_currency_code(
      order.currency_code());
  order.mutable_total()->set_currency_code(order.currency_code());
  feeder_.Add(order);
  return order.name();
}

std::string CustomerWorld::AddOrders(absl::string_view customer,
                                     const std::vector<absl::Time>& times) {
  std::vector<internal::v1::Event> events;
  std::string last;
  for (const absl::Time time : times) {
    const operational::v1::Order order = MakeOrder(customer, time, 1);
    events.push_back(feeder_.MakeEvent(order, "created"));
    last = order.name();
  }
  Require(feeder_.Apply(events));
  return last;
}

std::string CustomerWorld::AddActivity(absl::string_view customer,
                                       Activity::Kind kind,
                                       absl::Time completed,
                                       Activity::State state) {
  Activity activity;
  activity.set_name(absl::StrCat("activities/a", ++count_));
  activity.set_customer(NameOf(customer));
  activity.set_kind(kind);
  activity.set_state(state);
  *activity.mutable_create_time() = ToTimestamp(completed - absl::Hours(1));
  if (state == Activity::DONE) {
    *activity.mutable_complete_time() = ToTimestamp(completed);
  }
  Apply(
      feeder_.MakeResourceEvent("crm/Activity", activity, activity.customer()));
  return activity.name();
}

std::string CustomerWorld::AddAnswer(
    absl::string_view customer, collaborative::v1::SurveyResponse::Kind kind,
    int32_t score, absl::Time time) {
  collaborative::v1::SurveyResponse response;
  response.set_name(absl::StrCat("surveyResponses/s", ++count_));
  response.set_customer(NameOf(customer));
  response.set_kind(kind);
  response.set_score(score);
  response.set_touchpoint("SUPPORT_CHAT");
  *response.mutable_respond_time() = ToTimestamp(time);
  Apply(feeder_.MakeResourceEvent("crm/SurveyResponse", response,
                                  response.customer()));
  return response.name();
}

void CustomerWorld::Store(google::protobuf::Message& resource) {
  Require(Write([&](Transaction& transaction) {
    transaction.Create(resource);
    return absl::OkStatus();
  }));
}

v1::LifecycleJourney CustomerWorld::AddRun(
    absl::string_view customer, int64_t run,
    const std::vector<std::pair<v1::Lifecycle::Stage, absl::Time>>& steps) {
  v1::LifecycleJourney journey;
  journey.set_name(absl::StrCat("lifecycleJourneys/", customer, "-", run));
  journey.set_customer(NameOf(customer));
  journey.set_run(run);
  for (const auto& [stage, time] : steps) {
    v1::LifecycleStep& step = *journey.add_stage_history();
    step.set_stage(stage);
    *step.mutable_enter_time() = ToTimestamp(time);
    journey.set_stage(stage);
  }
  Store(journey);
  return journey;
}

void CustomerWorld::AddModel(
    const std::map<std::string, v1::ClvScore::ValueTier>& tiers,
    absl::Time as_of) {
  Require(Write([&](Transaction& transaction) -> absl::Status {
    v1::ClvModel model;
    model.set_name(absl::StrCat("clvModels/m", ++count_));
    *model.mutable_as_of_time() = ToTimestamp(as_of);
    model.set_customer_count(std::ssize(tiers));
    transaction.Create(model);
    CRM_RETURN_IF_ERROR(transaction.status());
    std::vector<v1::ClvScore> scores;
    for (const auto& [customer, tier] : tiers) {
      v1::ClvScore& score = scores.emplace_back();
      score.set_customer(NameOf(customer));
      score.set_value_tier(tier);
    }
    return StoreScores<v1::ListClvScoresResponse>(
        transaction.writer(), {kClvScoreBlocks, kTenant, model.uid()}, scores);
  }));
}

absl::Status CustomerWorld::Write(
    const std::function<absl::Status(Transaction&)>& body) {
  return database_->WriteAndWait(
      absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
        Transaction transaction(writer, application_.catalog(), call_, ids_,
                                call_.now);
        CRM_RETURN_IF_ERROR(body(transaction));
        return transaction.status();
      });
}

void CustomerWorld::Apply(const internal::v1::Event& event) {
  Require(feeder_.Apply({event}));
}

}  // namespace crm::analytical::testing
