// The handlers of scorecards over a store and a warehouse of their own, which a
// business of chance can be fed to.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_SCORECARD_FIXTURE_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_SCORECARD_FIXTURE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/analytical/v1/assessment.pb.h"
#include "crm/analytical/v1/change_initiative.pb.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "crm/analytical/v1/crm_project.pb.h"
#include "crm/analytical/v1/enablement_program.pb.h"
#include "crm/analytical/v1/external_factor.pb.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/analytical/v1/proposition.pb.h"
#include "crm/analytical/v1/rubric.pb.h"
#include "crm/analytical/v1/stakeholder_link.pb.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/analytical/handlers/pulse_tallies.h"
#include "services/analytical/handlers/score_blocks.h"
#include "services/analytical/handlers/scorecard.h"
#include "services/analytical/handlers/usage_days.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/resource/application.h"
#include "tests/services/analytical/business.h"
#include "tests/services/analytical/business_by_hand.h"
#include "tests/services/analytical/text_proto.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/matchers.h"
#include "tests/support/test_database.h"

namespace crm::analytical::testing {

using Evidence = v1::Scorecard::Evidence;

class ScorecardFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    application_.Owns<v1::Scorecard>()
        .Owns<v1::ClvModel>()
        .Owns<v1::Rubric>()
        .Owns<v1::Assessment>()
        .Owns<v1::CrmProject>()
        .Owns<v1::ExternalFactor>()
        .Owns<v1::ChangeInitiative>()
        .Owns<v1::EnablementProgram>()
        .Owns<v1::LifecycleJourney>()
        .Owns<v1::Strategy>()
        .Owns<v1::Proposition>()
        .Owns<v1::StakeholderLink>()
        .Keeps(UsageDaysTable())
        .Keeps(PulseRespondentsTable())
        .Keeps(PulseTalliesTable())
        .Keeps(ScoreBlockTable(kClvScoreBlocks));
    auto opened = crm::testing::OpenEngineUnderTest(
        absl::StrCat(feeder_.folder(), "/db"), &feeder_.clock());
    ASSERT_THAT(opened, crm::testing::IsOk());
    database_ = *std::move(opened);
    ASSERT_THAT(database_->Migrate({.tables = application_.Tables()}),
                crm::testing::IsOk());
    call_.principal.tenant = kTenant;
    call_.principal.subject = "user:ada";
    call_.now = BusinessDay();
    call_.deadline = absl::InfiniteFuture();
  }
  void TearDown() override { database_.reset(); }

  void Feed() { FeedBusiness(business_, feeder_); }

  absl::Status Write(const std::function<absl::Status(Transaction&)>& body) {
    return database_->WriteAndWait(
        absl::InfiniteFuture(), [&](SqlWriter& writer) -> absl::Status {
          Transaction transaction(writer, application_.catalog(), call_, ids_,
                                  call_.now);
          CRM_RETURN_IF_ERROR(body(transaction));
          return transaction.status();
        });
  }

  absl::StatusOr<v1::Scorecard> Create(absl::string_view text) {
    v1::CreateScorecardRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        absl::StrCat("scorecard {", text, "}"), &request));
    v1::Scorecard scorecard;
    CRM_ASSIGN_OR_RETURN(const MeasuredScorecard measured,
                         Read<MeasuredScorecard>([&](const ReadView& view) {
                           return PrepareScorecard(analytics_, view, call_,
                                                   request);
                         }));
    CRM_RETURN_IF_ERROR(Write([&](Transaction& transaction) -> absl::Status {
      CRM_ASSIGN_OR_RETURN(
          scorecard,
          HandleCreateScorecard(measured, transaction, call_, request));
      return absl::OkStatus();
    }));
    return scorecard;
  }

  template <typename Response, typename Handler>
  absl::StatusOr<Response> Read(Handler handler) {
    absl::StatusOr<Response> response;
    CRM_RETURN_IF_ERROR(database_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          const ReadView view(reader, application_.catalog(), kTenant);
          response = handler(view);
          return response.status();
        }));
    return response;
  }

  // Stores a resource that was there a day before the business is looked at.
  template <typename T>
  T Store(absl::string_view text) {
    T resource = Proto<T>(text);
    call_.now = BusinessDay() - absl::Hours(24);
    EXPECT_THAT(Write([&](Transaction& transaction) -> absl::Status {
                  transaction.Create(resource);
                  return transaction.status();
                }),
                crm::testing::IsOk());
    call_.now = BusinessDay();
    return resource;
  }

  // Returns the evidence of a metric in a new scorecard, which verifies.
  Evidence Measured(absl::string_view framework, const std::string& metric,
                    absl::string_view more = "") {
    const auto scorecard =
        Create(absl::StrCat("framework: '", framework, "' ", more));
    EXPECT_THAT(scorecard, crm::testing::IsOk());
    if (!scorecard.ok()) return {};
    const auto verified = Verify(scorecard->name());
    EXPECT_THAT(verified, crm::testing::IsOk());
    EXPECT_TRUE(verified->matches()) << verified->DebugString();
    return EvidenceOf(*scorecard)[metric];
  }

  absl::StatusOr<v1::VerifyScorecardResponse> Verify(const std::string& name) {
    v1::VerifyScorecardRequest request;
    request.set_name(name);
    return Read<v1::VerifyScorecardResponse>([&](const ReadView& view) {
      return HandleVerifyScorecard(analytics_, view, call_, request);
    });
  }

  // All evidence of a scorecard, by metric.
  static std::map<std::string, Evidence> EvidenceOf(
      const v1::Scorecard& scorecard) {
    std::map<std::string, Evidence> all;
    for (const auto& dimension : scorecard.dimensions()) {
      for (const Evidence& evidence : dimension.evidence()) {
        all[evidence.metric()] = evidence;
      }
    }
    return all;
  }

  // Compares what comes from events with what was worked out by hand.
  void ExpectByHand(const v1::Scorecard& scorecard, const std::string& segment,
                    absl::Time end) {
    const auto values = BusinessByHand(business_, segment, end).Values();
    int compared = 0;
    for (const auto& [metric, evidence] : EvidenceOf(scorecard)) {
      const auto value = values.find(metric);
      if (value == values.end()) continue;
      EXPECT_EQ(evidence.value(), value->second) << metric;
      EXPECT_TRUE(evidence.measured()) << metric;
      ++compared;
    }
    EXPECT_GT(compared, 0);
  }

  // Stores a model whose scores are of the customers from `first` on, all HIGH.
  void StoreModel(int first, int count) {
    ASSERT_THAT(
        Write([&](Transaction& transaction) -> absl::Status {
          v1::ClvModel model;
          model.set_name("clvModels/may");
          *model.mutable_as_of_time() = ToTimestamp(BusinessDay());
          model.mutable_purchase_fit()->set_verdict(v1::ClvFit::CONVERGED);
          model.mutable_value_fit()->set_verdict(v1::ClvFit::CONVERGED);
          model.mutable_value_boundaries()->mutable_high()->set_units(100);
          model.set_customer_count(count);
          transaction.Create(model);
          CRM_RETURN_IF_ERROR(transaction.status());
          std::vector<v1::ClvScore> scores;
          for (int i = 0; i < count; ++i) {
            v1::ClvScore& score = scores.emplace_back();
            score.set_customer(absl::StrCat("customers/c", first + i));
            score.set_value_tier(v1::ClvScore::HIGH);
          }
          return StoreScores<v1::ListClvScoresResponse>(
              transaction.writer(), {kClvScoreBlocks, kTenant, model.uid()},
              scores);
        }),
        crm::testing::IsOk());
  }

  const Business business_ = MakeBusiness(11);
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

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_SCORECARD_FIXTURE_H_
