// A search for duplicates that is killed goes on, and proposes each pair once.

#include "services/operational/handlers/duplicate_search.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/duplicate_candidate.pb.h"
#include "crm/operational/v1/duplicate_candidate_transitions.pb.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "gmock/gmock.h"
#include "google/longrunning/operations.pb.h"
#include "services/operational/app.h"
#include "shared/resource/operation_runner.h"
#include "tests/services/operational/doomed_service.h"
#include "tests/services/operational/service_on_clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::Die;
using ::crm::testing::ExpectKilled;
using ::crm::testing::IsOk;
using ::crm::testing::ServiceOnClock;
using ::crm::testing::TempFolder;

// Pairs of one person each: more than one step stores.
constexpr int kPairs = 620;

class DuplicateSearchTest : public ::testing::Test {
 protected:
  // Opens the store, some time later than before.
  ServiceOnClock Open() {
    now_ += absl::Minutes(1);
    return ServiceOnClock(folder_.File("store.db"), "operational",
                          MakeOperational, now_);
  }

  static OperationRunner::Options Patient() {
    OperationRunner::Options options;
    options.slice = absl::Hours(1);
    options.lease = absl::Seconds(1);
    return options;
  }

  // Works on the search until it is done, unless `kinds` ends the process.
  static void Work(ServiceOnClock& service, OperationKinds kinds) {
    OperationRunner runner(service.kernel(), std::move(kinds),
                           service.metrics(), Patient());
    for (;;) {
      const absl::StatusOr<bool> worked = runner.RunOnce();
      ASSERT_THAT(worked, IsOk());
      if (!*worked) return;
    }
  }

  // Dies when the step that is the `last` one, from 0, has read all; or, if it
  // `writes`, in its transaction, when all but the progress is written.
  void KillAt(int last, bool writes) {
    ExpectKilled([&] {
      ServiceOnClock service = Open();
      OperationKinds kinds = service.Operations();
      int steps = 0;
      for (auto& [method, kind] : kinds) {
        kind.step =
            [&, step = kind.step](
                const OperationStep& now) -> absl::StatusOr<StepCommit> {
          const bool ends = steps++ == last;
          absl::StatusOr<StepCommit> commit = step(now);
          if (!ends || !commit.ok()) return commit;
          if (!writes) Die();
          return [commit = *std::move(commit)](
                     Transaction& transaction) -> absl::StatusOr<StepResult> {
            commit(transaction).IgnoreError();
            Die();
          };
        };
      }
      Work(service, std::move(kinds));
    });
    now_ += absl::Minutes(1);
  }

  static std::map<std::string, v1::DuplicateCandidate::State> Candidates(
      ServiceOnClock& service) {
    std::map<std::string, v1::DuplicateCandidate::State> pairs;
    std::string token;
    do {
      const auto page = service.Must<v1::ListDuplicateCandidatesResponse,
                                     v1::ListDuplicateCandidatesRequest>(
          "ListDuplicateCandidates",
          absl::StrCat("page_size: 1000 page_token: '", token, "'"));
      for (const auto& candidate : page.duplicate_candidates()) {
        EXPECT_TRUE(pairs.emplace(candidate.pair(), candidate.state()).second)
            << candidate.pair() << " is proposed twice";
      }
      token = page.next_page_token();
    } while (!token.empty());
    return pairs;
  }

  TempFolder folder_;
  absl::Time now_ = absl::FromUnixSeconds(1'735'732'800);
};

TEST_F(DuplicateSearchTest, A40_KilledAnywhereItProposesEachPairOnce) {
  std::string dismissed;
  {
    ServiceOnClock service = Open();
    for (int i = 0; i < 2 * kPairs; ++i) {
      service.Must<v1::Contact, v1::CreateContactRequest>(
          "CreateContact",
          absl::StrCat("contact { display_name: 'Ada' email: 'a", i / 2,
                       "@example.com' }"));
    }
    service.Must<v1::DuplicateRule, v1::CreateDuplicateRuleRequest>(
        "CreateDuplicateRule",
        "duplicate_rule_id: 'mail' duplicate_rule { display_name: 'M' "
        "resource_type: 'crm/Contact' terms { field: 'email' comparison: EMAIL "
        "weight: 1 } block_keys { parts { field: 'email' form: WHOLE } } "
        "threshold_millionths: 1 action: WARN }");
    service.Must<v1::DuplicateRule, v1::ActivateDuplicateRuleRequest>(
        "ActivateDuplicateRule", "name: 'duplicateRules/mail'");
    // The index is filled step by step.
    for (int i = 0; i < 20; ++i) service.Advance(absl::Seconds(1));
    // A pair that somebody has looked at.
    service.Must<v1::Contact, v1::CreateContactRequest>(
        "CreateContact",
        "contact { display_name: 'Eve' email: 'eve@example.com' }");
    service.Must<v1::Contact, v1::CreateContactRequest>(
        "CreateContact",
        "contact { display_name: 'Eve' email: 'eve@example.com' }");
    const auto known = service.Must<v1::ListDuplicateCandidatesResponse,
                                    v1::ListDuplicateCandidatesRequest>(
        "ListDuplicateCandidates", "");
    ASSERT_EQ(known.duplicate_candidates_size(), 1);
    dismissed = known.duplicate_candidates(0).pair();
    service.Must<v1::DuplicateCandidate, v1::DismissDuplicateCandidateRequest>(
        "DismissDuplicateCandidate",
        absl::StrCat("name: '", known.duplicate_candidates(0).name(), "'"));
    service.Must<google::longrunning::Operation, v1::FindDuplicatesRequest>(
        "FindDuplicates", "name: 'duplicateRules/mail'");
    now_ = service.now();
  }

  KillAt(/*last=*/0, /*writes=*/false);
  KillAt(/*last=*/0, /*writes=*/true);
  KillAt(/*last=*/1, /*writes=*/true);

  ServiceOnClock service = Open();
  const size_t before = Candidates(service).size();
  EXPECT_GT(before, 1);
  EXPECT_LT(before, kPairs + 1);
  Work(service, service.Operations());
  const auto found = Candidates(service);
  EXPECT_EQ(found.size(), kPairs + 1);
  for (const auto& [pair, state] : found) {
    EXPECT_EQ(state, pair == dismissed ? v1::DuplicateCandidate::DISMISSED
                                       : v1::DuplicateCandidate::OPEN);
  }
}

}  // namespace
}  // namespace crm::operational
