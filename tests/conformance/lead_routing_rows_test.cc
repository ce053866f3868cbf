// Rows of the capability list on how leads are scored and find their owners, as
// callers of the operational service see them.

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "crm/operational/v1/assignment_rule.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/scoring_model.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/territory.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::HasSubstr;
using Trial = v1::AssignmentTrial;

class LeadRouting : public ::testing::Test {
 protected:
  LeadRouting()
      : service_(authority_, "operational", operational::MakeOperational),
        admin_(authority_.Token("acme", "user:root", {"tenant_admin"})),
        token_(authority_.Token("acme", "user:boss", {"sales_manager"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> CallAs(const std::string& token,
                                  absl::string_view method,
                                  const std::string& text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token});
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const std::string& text) {
    return CallAs<Response, Request>(token_, method, text);
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, const std::string& text) {
    auto response = Call<Response, Request>(method, text);
    EXPECT_THAT(response, IsOk()) << method << " " << text;
    return response.ok() ? *std::move(response) : Response();
  }

  // Makes an active user `id` whose subject is `user:id`.
  void MakeUser(const std::string& id, const std::string& more = "") {
    EXPECT_THAT(
        (CallAs<v1::User, v1::CreateUserRequest>(
            admin_, "UserService.CreateUser",
            absl::StrCat("user_id: '", id, "' user { display_name: '", id,
                         "' subject: 'user:", id, "' ", more, " }"))),
        IsOk());
    EXPECT_THAT((CallAs<v1::User, v1::ActivateUserRequest>(
                    admin_, "UserService.ActivateUser",
                    absl::StrCat("name: 'users/", id, "'"))),
                IsOk());
  }

  v1::AssignmentRule MakeRule(const std::string& id, const std::string& text) {
    Must<v1::AssignmentRule, v1::CreateAssignmentRuleRequest>(
        "AssignmentRuleService.CreateAssignmentRule",
        absl::StrCat("assignment_rule_id: '", id,
                     "' assignment_rule { display_name: '", id, "' ", text,
                     " }"));
    return Must<v1::AssignmentRule, v1::ActivateAssignmentRuleRequest>(
        "AssignmentRuleService.ActivateAssignmentRule",
        absl::StrCat("name: 'assignmentRules/", id, "'"));
  }

  v1::Territory MakeTerritory(const std::string& id, const std::string& text) {
    return Must<v1::Territory, v1::CreateTerritoryRequest>(
        "TerritoryService.CreateTerritory",
        absl::StrCat("territory_id: '", id, "' territory { display_name: '", id,
                     "' ", text, " }"));
  }

  v1::Lead MakeLead(const std::string& id, const std::string& more = "") {
    return Must<v1::Lead, v1::CreateLeadRequest>(
        "LeadService.CreateLead",
        absl::StrCat("lead_id: '", id, "' lead { display_name: '", id, "' ",
                     more, " }"));
  }

  v1::Lead GetLead(const std::string& id) {
    return Must<v1::Lead, v1::GetLeadRequest>(
        "LeadService.GetLead", absl::StrCat("name: 'leads/", id, "'"));
  }

  void ActivateModel(const std::string& id, const std::string& text) {
    Must<v1::ScoringModel, v1::CreateScoringModelRequest>(
        "ScoringModelService.CreateScoringModel",
        absl::StrCat("scoring_model_id: '", id,
                     "' scoring_model { display_name: '", id, "' ", text,
                     " }"));
    Must<v1::ScoringModel, v1::ActivateScoringModelRequest>(
        "ScoringModelService.ActivateScoringModel",
        absl::StrCat("name: 'scoringModels/", id, "'"));
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string admin_;
  const std::string token_;
};

TEST_F(LeadRouting, B05_ALeadIsScoredWithEachWriteAndTheScoreExplained) {
  ActivateModel(
      "warm",
      "terms { filter: 'company:*' points: 40 reason: 'has a company' } "
      "terms { points: 100 time_field: 'create_time' half_life_days: 30 "
      "        reason: 'is fresh' } "
      "terms { filter: 'email = \"*@free.example\"' points: -30 "
      "        reason: 'writes from a free address' } "
      "grades { grade: 'A' min_score: 120 } grades { grade: 'B' }");

  const v1::Lead created = MakeLead("ada", "email: 'ADA@Free.example'");
  EXPECT_EQ(created.score(), 70);
  EXPECT_EQ(created.grade(), "B");
  EXPECT_EQ(created.scoring_model(), "scoringModels/warm");

  const auto updated = Must<v1::Lead, v1::UpdateLeadRequest>(
      "LeadService.UpdateLead",
      "lead { name: 'leads/ada' company: 'Acme' email: 'ada@acme.example' }");
  EXPECT_EQ(updated.score(), 140);
  EXPECT_EQ(updated.grade(), "A");

  const auto explained =
      Must<v1::ExplainLeadScoreResponse, v1::ExplainLeadScoreRequest>(
          "LeadService.ExplainLeadScore", "name: 'leads/ada'");
  EXPECT_EQ(explained.scoring_model(), "scoringModels/warm");
  EXPECT_EQ(explained.stored_score(), 140);
  ASSERT_EQ(explained.terms_size(), 3);
  int sum = 0;
  for (const auto& term : explained.terms()) sum += term.contribution();
  EXPECT_EQ(explained.score(), sum);
  EXPECT_EQ(explained.score(), 140);
  EXPECT_EQ(explained.terms(1).reason(), "is fresh");
  EXPECT_FALSE(explained.terms(2).matches());
  EXPECT_EQ(
      (Must<v1::ListLeadsResponse, v1::ListLeadsRequest>(
           "LeadService.ListLeads", "filter: 'grade = A AND score >= 140'"))
          .leads_size(),
      1);
}

TEST_F(LeadRouting, B06_TheChanceOfConversionCanBeDoneAgainByHand) {
  for (int i = 0; i < 20; ++i) {
    const std::string id = absl::StrCat("past-", i);
    const bool converts = i % 2 == 0;
    MakeLead(id, converts || i == 1 ? "company: 'Acme'" : "");
    const std::string name = absl::StrCat("name: 'leads/", id, "'");
    if (converts) {
      Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead", name);
      Must<v1::ConvertLeadResponse, v1::ConvertLeadRequest>(
          "LeadService.ConvertLead", name);
    } else {
      Must<v1::Lead, v1::DisqualifyLeadRequest>(
          "LeadService.DisqualifyLead", absl::StrCat(name, " disqualify_reason: 'no'"));
    }
  }
  MakeLead("next", "company: 'Next'");

  const auto asked = [this](const std::string& more) {
    return Must<v1::ExplainLeadScoreResponse, v1::ExplainLeadScoreRequest>(
        "LeadService.ExplainLeadScore",
        absl::StrCat("name: 'leads/next' ", more));
  };
  const v1::LeadPrediction prediction =
      asked("include_prediction: true").prediction();

  EXPECT_FALSE(asked("").has_prediction());
  EXPECT_EQ(prediction.converted_count(), 10);
  EXPECT_EQ(prediction.disqualified_count(), 10);
  double odds = 1;
  for (const v1::PredictionFactor& factor : prediction.factors()) {
    if (factor.field() == "company") {
      EXPECT_EQ(factor.converted_count(), 10);
      EXPECT_EQ(factor.disqualified_count(), 1);
      EXPECT_DOUBLE_EQ(factor.likelihood_ratio(), 10.1 / 1.1);
    }
    if (factor.used()) odds *= factor.likelihood_ratio();
  }
  EXPECT_DOUBLE_EQ(prediction.probability(), odds / (1 + odds));
  EXPECT_GT(prediction.probability(), 0.9);
}

TEST_F(LeadRouting, B05_OneModelIsActiveAndScoresTheLeadsThatAreThere) {
  for (int i = 0; i < 120; ++i) MakeLead(absl::StrCat("lead-", i));
  EXPECT_EQ(GetLead("lead-0").scoring_model(), "");

  ActivateModel("first", "terms { points: 5 reason: 'exists' }");
  ActivateModel("second", "terms { points: 7 reason: 'exists' }");

  EXPECT_EQ((Must<v1::ScoringModel, v1::GetScoringModelRequest>(
                 "ScoringModelService.GetScoringModel",
                 "name: 'scoringModels/first'"))
                .state(),
            v1::ScoringModel::RETIRED);
  // A timer scores them, a page at a time.
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  int scored = 0;
  while (scored < 120 && absl::Now() < deadline) {
    std::this_thread::yield();
    scored = Must<v1::ListLeadsResponse, v1::ListLeadsRequest>(
                 "LeadService.ListLeads", "page_size: 200 filter: 'score = 7'")
                 .leads_size();
  }
  EXPECT_EQ(scored, 120);
  EXPECT_THAT((Call<v1::ScoringModel, v1::DeleteScoringModelRequest>(
                  "ScoringModelService.DeleteScoringModel",
                  "name: 'scoringModels/second'")),
              StatusIs(absl::StatusCode::kFailedPrecondition, "MODEL_IN_USE"));
}

TEST_F(LeadRouting, B07_RoundRobinIsExactAmongParallelCreates) {
  constexpr int kUsers = 4;
  constexpr int kLeads = 100;
  std::string users;
  for (int i = 0; i < kUsers; ++i) {
    MakeUser(absl::StrCat("rep-", i));
    absl::StrAppend(&users, "users: 'users/rep-", i, "' ");
  }
  MakeRule("all", absl::StrCat("strategy: ROUND_ROBIN ", users));

  // A server that is busy refuses some, which are sent again.
  std::vector<v1::Lead> leads(kLeads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kLeads; ++i) {
    threads.emplace_back([&, i] {
      absl::StatusOr<v1::Lead> lead;
      do {
        lead = Call<v1::Lead, v1::CreateLeadRequest>(
            "LeadService.CreateLead",
            absl::StrCat("lead { display_name: 'Lead' } request_id: '6a1f0d2e-"
                         "7f3b-4a51-9d52-0c5d8f0f9",
                         100 + i, "'"));
      } while (absl::IsUnavailable(lead.status()));
      EXPECT_THAT(lead, IsOk());
      if (lead.ok()) leads[static_cast<size_t>(i)] = *std::move(lead);
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::map<int64_t, std::string> by_turn;
  std::map<std::string, int> by_owner;
  for (const v1::Lead& lead : leads) {
    EXPECT_EQ(lead.state(), v1::Lead::ASSIGNED);
    EXPECT_TRUE(by_turn.emplace(lead.assignment().turn(), lead.owner()).second);
    ++by_owner[lead.owner()];
  }
  for (int turn = 1; turn <= kLeads; ++turn) {
    EXPECT_EQ(by_turn[turn], absl::StrCat("user:rep-", (turn - 1) % kUsers));
  }
  for (const auto& [owner, count] : by_owner) EXPECT_EQ(count, 25) << owner;
}

TEST_F(LeadRouting, B07_AnAssignmentSaysWhichRulesWereTriedAndWhatCameOfThem) {
  MakeUser("ann", "skills: 'french'");
  MakeUser("ben", "skills: 'german' skills: 'chairs'");
  MakeRule("fair",
           "rank: 1 filter: 'origin = \"fair\"' strategy: ROUND_ROBIN "
           "users: 'users/ann'");
  MakeRule("place", "rank: 2 strategy: TERRITORY");
  MakeRule("italian",
           "rank: 3 strategy: SKILL users: 'users/ann' skills: 'italian'");
  MakeRule("german",
           "rank: 4 strategy: SKILL skills: 'german' "
           "users: 'users/ann' users: 'users/ben'");

  const v1::Lead lead = MakeLead("ada", "origin: 'web'");

  EXPECT_EQ(lead.owner(), "user:ben");
  EXPECT_EQ(lead.state(), v1::Lead::ASSIGNED);
  EXPECT_EQ(lead.assignment().assignee(), "users/ben");
  ASSERT_EQ(lead.assignment().trials_size(), 4);
  const std::vector<Trial::Outcome> outcomes = {
      Trial::NOT_MATCHED, Trial::NO_TERRITORY, Trial::NO_SKILL, Trial::CHOSE};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(lead.assignment().trials(i).outcome(),
              outcomes[static_cast<size_t>(i)]);
    EXPECT_NE(lead.assignment().trials(i).detail(), "");
  }
}

TEST_F(LeadRouting, B07_CapacityCountsOpenLeads) {
  MakeUser("ann");
  MakeUser("ben");
  MakeRule("room",
           "strategy: CAPACITY capacity: 2 users: 'users/ann' "
           "users: 'users/ben'");
  MakeLead("hers", "owner: 'user:ann'");

  EXPECT_EQ(MakeLead("l-1").owner(), "user:ben");
  EXPECT_EQ(MakeLead("l-2").owner(), "user:ann");
  EXPECT_EQ(MakeLead("l-3").owner(), "user:ben");
  const v1::Lead left = MakeLead("l-4");
  EXPECT_EQ(left.owner(), "user:boss");
  EXPECT_EQ(left.state(), v1::Lead::NEW);
  ASSERT_EQ(left.assignment().trials_size(), 1);
  EXPECT_EQ(left.assignment().trials(0).outcome(), Trial::ALL_FULL);
  EXPECT_THAT(
      (Call<v1::Lead, v1::AssignLeadRequest>("LeadService.AssignLead",
                                             "name: 'leads/l-4'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "NOBODY_TO_ASSIGN"));

  Must<v1::Lead, v1::DisqualifyLeadRequest>(
      "LeadService.DisqualifyLead",
      "name: 'leads/hers' disqualify_reason: 'no budget'");
  EXPECT_EQ((Must<v1::Lead, v1::AssignLeadRequest>("LeadService.AssignLead",
                                                   "name: 'leads/l-4'"))
                .owner(),
            "user:ann");
}

TEST_F(LeadRouting, B07_AnAssignmentIsPreviewedWithoutTakingATurn) {
  MakeUser("ann");
  MakeUser("ben");
  const v1::Lead before = MakeLead("ada");
  MakeRule("all",
           "strategy: ROUND_ROBIN users: 'users/ann' users: 'users/ben'");

  for (int i = 0; i < 2; ++i) {
    const auto preview = Must<v1::Lead, v1::AssignLeadRequest>(
        "LeadService.AssignLead", "name: 'leads/ada' validate_only: true");
    EXPECT_EQ(preview.owner(), "user:ann");
    EXPECT_EQ(preview.assignment().turn(), 1);
  }
  EXPECT_EQ(GetLead("ada").etag(), before.etag());
  EXPECT_EQ((Must<v1::Lead, v1::AssignLeadRequest>("LeadService.AssignLead",
                                                   "name: 'leads/ada'"))
                .owner(),
            "user:ann");
}

TEST_F(LeadRouting, B07_WhoIsOutIsNotChosenAndWhoCreatesHisOwnKeepsThem) {
  MakeUser("ann");
  MakeUser("ben");
  MakeRule("all",
           "strategy: ROUND_ROBIN users: 'users/ann' users: 'users/ben'");
  EXPECT_THAT((CallAs<v1::User, v1::DisableUserRequest>(
                  admin_, "UserService.DisableUser", "name: 'users/ann'")),
              IsOk());

  EXPECT_EQ(MakeLead("l-1").owner(), "user:ben");
  EXPECT_EQ(MakeLead("l-2").owner(), "user:ben");
  EXPECT_EQ(MakeLead("l-3", "owner: 'user:carl'").owner(), "user:carl");
  const auto own = CallAs<v1::Lead, v1::CreateLeadRequest>(
      authority_.Token("acme", "user:eve", {"partner"}),
      "LeadService.CreateLead", "lead { display_name: 'Eve' }");
  ASSERT_THAT(own, IsOk());
  EXPECT_EQ(own->owner(), "user:eve");
  EXPECT_THAT(
      (Call<v1::Lead, v1::AssignLeadRequest>(
          "LeadService.AssignLead", "name: 'leads/l-1' user: 'users/ann'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "USER_NOT_ACTIVE"));
}

TEST_F(LeadRouting, B24_ALeadGoesToTheMembersOfItsTerritory) {
  MakeUser("ann");
  MakeUser("ben");
  MakeTerritory("web", "lead_filter: 'origin = \"web*\"' members: 'users/ann'");
  MakeTerritory("shop",
                "parent_territory: 'territories/web' "
                "lead_filter: 'origin = \"web shop\"' "
                "members: 'users/ben'");
  MakeTerritory("blog",
                "parent_territory: 'territories/web' "
                "lead_filter: 'origin = \"web blog\"'");
  MakeRule("place", "strategy: TERRITORY");
  const struct {
    const char* origin;
    const char* territory;
    const char* owner;
  } kCases[] = {{"web", "territories/web", "user:ann"},
                {"web shop", "territories/shop", "user:ben"},
                {"web blog", "territories/blog", "user:ann"},
                {"fair", "", "user:boss"}};
  int number = 0;
  for (const auto& c : kCases) {
    const v1::Lead lead = MakeLead(absl::StrCat("l-", number++),
                                   absl::StrCat("origin: '", c.origin, "'"));
    EXPECT_EQ(lead.territory(), c.territory) << c.origin;
    EXPECT_EQ(lead.owner(), c.owner) << c.origin;
  }
  EXPECT_THAT(
      (Call<v1::Territory, v1::UpdateTerritoryRequest>(
          "TerritoryService.UpdateTerritory",
          "territory { name: 'territories/web' parent_territory: "
          "'territories/blog' }")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "TERRITORY_CIRCLE"));
}

TEST_F(LeadRouting, OP_01_ALeadIsAssignedWorkedOnAndQualified) {
  MakeUser("ann");
  MakeLead("ada");

  const auto assigned = Must<v1::Lead, v1::AssignLeadRequest>(
      "LeadService.AssignLead", "name: 'leads/ada' user: 'users/ann'");
  EXPECT_EQ(assigned.state(), v1::Lead::ASSIGNED);
  EXPECT_EQ(assigned.owner(), "user:ann");
  EXPECT_EQ(assigned.assignment().assigner(), "user:boss");
  const auto working = Must<v1::Lead, v1::WorkLeadRequest>(
      "LeadService.WorkLead", "name: 'leads/ada'");
  EXPECT_EQ(working.state(), v1::Lead::WORKING);
  EXPECT_TRUE(working.has_work_time());
  EXPECT_EQ((Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead",
                                                    "name: 'leads/ada'"))
                .state(),
            v1::Lead::QUALIFIED);
}

}  // namespace
}  // namespace crm::testing
