#include "services/operational/domain/identity/resolve_identity.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

ResolutionPolicy Policy() {
  ResolutionPolicy policy;
  policy.rule.keys = {{{.field = "name"}}};
  policy.rule.fields = {{.field = "name",
                         .comparator = Comparator::kJaroWinkler,
                         .weights = {8, 5, -3}},
                        {.field = "birth_date",
                         .comparator = Comparator::kDate,
                         .weights = {12, 7, -5}}};
  policy.rule.match_from = 15;
  policy.rule.possible_from = 5;
  policy.rule.prior = 1e-4;
  return policy;
}

KnownPoint Point(v1::Identifier::Type type, std::string value, bool verified) {
  auto point = NormalizeContactPoint({type, std::move(value)}, "", "point");
  EXPECT_THAT(point, IsOk());
  return {*std::move(point), verified};
}

KnownPoint Email(std::string value, bool verified = false) {
  return Point(v1::Identifier::EMAIL, std::move(value), verified);
}

KnownPoint Phone(std::string value, bool verified = false) {
  return Point(v1::Identifier::PHONE, std::move(value), verified);
}

KnownPoint Id(std::string value, bool verified = true) {
  return Point(v1::Identifier::EXTERNAL_ID, std::move(value), verified);
}

KnownPoint Domain(std::string value) {
  return Point(v1::Identifier::WEB_DOMAIN, std::move(value), true);
}

struct Case {
  const char* name;
  Identity asked;
  std::vector<Identity> candidates;
  ResolutionDecision decision;
  const char* customer;
};

std::vector<Case> Cases() {
  constexpr auto kExisting = ResolutionDecision::kExisting;
  constexpr auto kNew = ResolutionDecision::kNew;
  constexpr auto kAmbiguous = ResolutionDecision::kAmbiguous;
  const FieldValues ada = {{"name", "ada lovelace"},
                           {"birth_date", "18151210"}};
  const FieldValues bob = {{"name", "bob miller"}, {"birth_date", "19010101"}};
  return {
      {"nobody is known", {"", {Email("ada@example.org")}, ada}, {}, kNew, ""},
      {"verified on both sides",
       {"", {Email("ada@example.org", true)}, {}},
       {{"customers/ada", {Email("Ada@example.org")}, {}},
        {"customers/eve", {Email("ada@example.org", true)}, {}}},
       kExisting,
       "customers/eve"},
      {"proof outweighs another name",
       {"", {Email("ada@example.org", true)}, bob},
       {{"customers/ada", {Email("ada@example.org", true)}, ada}},
       kExisting,
       "customers/ada"},
      {"a claim without a name is not enough for a phone",
       {"", {Phone("+14155550100")}, {}},
       {{"customers/ada", {Phone("+14155550100", true)}, {}}},
       kAmbiguous,
       ""},
      {"phone and name together",
       {"", {Phone("+14155550100")}, {{"name", "ada lovelace"}}},
       {{"customers/ada", {Phone("+14155550100", true)}, ada}},
       kExisting,
       "customers/ada"},
      {"another extension of an office",
       {"", {Phone("+14155550100 ext. 7")}, {{"name", "eve"}}},
       {{"customers/ada", {Phone("+14155550100 ext. 9", true)}, ada}},
       kNew,
       ""},
      {"the same mailbox by the provider's rules",
       {"", {Email("a.da+crm@gmail.com")}, ada},
       {{"customers/ada", {Email("ada@googlemail.com", true)}, ada}},
       kExisting,
       "customers/ada"},
      {"two that are equally good",
       {"", {}, ada},
       {{"customers/ada", {}, ada}, {"customers/ada2", {}, ada}},
       kAmbiguous,
       ""},
      {"two with proof",
       {"", {Email("a@example.org", true), Phone("+14155550100", true)}, {}},
       {{"customers/ada", {Email("a@example.org", true)}, {}},
        {"customers/bob", {Phone("+14155550100", true)}, {}}},
       kAmbiguous,
       ""},
      {"another verified id of the same shop",
       {"", {Email("ada@example.org", true), Id("shop:1")}, ada},
       {{"customers/ada", {Email("ada@example.org", true), Id("shop:2")}, ada}},
       kAmbiguous,
       ""},
      {"ids of two shops do not contradict",
       {"", {Email("ada@example.org", true), Id("shop:1")}, ada},
       {{"customers/ada", {Email("ada@example.org", true), Id("erp:2")}, ada}},
       kExisting,
       "customers/ada"},
      {"an id that nobody verified does not contradict",
       {"", {Email("ada@example.org", true), Id("shop:1", false)}, ada},
       {{"customers/ada", {Email("ada@example.org", true), Id("shop:2")}, ada}},
       kExisting,
       "customers/ada"},
      {"one of several ids agrees",
       {"", {Id("shop:1"), Id("shop:3")}, {}},
       {{"customers/ada", {Id("shop:2"), Id("shop:3")}, {}}},
       kExisting,
       "customers/ada"},
      {"colleagues share a domain",
       {"", {Domain("example.org")}, bob},
       {{"customers/ada", {Domain("example.org")}, ada}},
       kNew,
       ""},
      {"nothing in common",
       {"", {Email("bob@example.org")}, bob},
       {{"customers/ada", {Email("ada@example.org", true)}, ada}},
       kNew,
       ""},
  };
}

TEST(ResolveIdentity, DecidesByTheEvidence) {
  for (const Case& test : Cases()) {
    SCOPED_TRACE(test.name);

    const auto resolution =
        ResolveIdentity(test.asked, test.candidates, Policy());

    ASSERT_THAT(resolution, IsOk());
    EXPECT_EQ(resolution->decision, test.decision);
    EXPECT_EQ(resolution->customer, test.customer);
  }
}

TEST(ResolveIdentity, RanksWithEvidenceAndConfidence) {
  const Identity asked = {
      "", {Email("ada@example.org", true)}, {{"name", "ada lovelace"}}};
  const std::vector<Identity> candidates = {
      {"customers/eve", {}, {{"name", "eve"}}},
      {"customers/ada",
       {Email("ada@example.org", true)},
       {{"name", "ada lovelaze"}}}};

  const auto resolution = ResolveIdentity(asked, candidates, Policy());

  ASSERT_THAT(resolution, IsOk());
  ASSERT_EQ(resolution->candidates.size(), 1);
  const RankedCandidate& best = resolution->candidates[0];
  EXPECT_GT(best.confidence, 0.999);
  EXPECT_LT(best.confidence, 1.0 + 1e-12);
  ASSERT_EQ(best.evidence.size(), 2);
  EXPECT_EQ(best.evidence[0].kind, Evidence::Kind::kVerifiedPoint);
  EXPECT_EQ(best.evidence[0].subject, "EMAIL");
  EXPECT_EQ(best.evidence[1].kind, Evidence::Kind::kAttribute);
  EXPECT_EQ(best.evidence[1].subject, "name");
  EXPECT_EQ(best.evidence[1].agreement, Agreement::kClose);
  EXPECT_EQ(best.evidence[1].weight, 5);
}

TEST(ResolveIdentity, SharesConfidenceAmongEquals) {
  const FieldValues ada = {{"name", "ada"}, {"birth_date", "18151210"}};
  const std::vector<Identity> candidates = {{"customers/b", {}, ada},
                                            {"customers/a", {}, ada}};

  const auto resolution = ResolveIdentity({"", {}, ada}, candidates, Policy());

  ASSERT_THAT(resolution, IsOk());
  ASSERT_EQ(resolution->candidates.size(), 2);
  EXPECT_EQ(resolution->candidates[0].customer, "customers/a");
  EXPECT_EQ(resolution->candidates[0].confidence,
            resolution->candidates[1].confidence);
  EXPECT_LT(resolution->candidates[0].confidence, 0.5);
  EXPECT_GT(resolution->candidates[0].confidence, 0.49);
}

TEST(ResolveIdentity, RefusesAQuestionWithoutContent) {
  const std::vector<Identity> candidates = {{"customers/ada", {}, {}}};

  for (const Identity& asked : {Identity{}, Identity{"", {}, {{"name", ""}}}}) {
    const auto resolution = ResolveIdentity(asked, candidates, Policy());

    EXPECT_THAT(resolution,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  }
}

TEST(ResolveIdentity, RefusesWhatIsNotBoundedOrValid) {
  const Identity asked = {"", {}, {{"name", "ada"}}};
  const std::vector<Identity> many(kMaxResolutionCandidates + 1);
  ResolutionPolicy unsure = Policy();
  unsure.existing_from = 0.4;
  ResolutionPolicy blind = Policy();
  blind.rule.prior.reset();
  ResolutionPolicy empty = Policy();
  empty.rule.fields.clear();

  const auto refused =
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST");
  EXPECT_THAT(ResolveIdentity(asked, many, Policy()), refused);
  EXPECT_THAT(ResolveIdentity(asked, {}, unsure), refused);
  EXPECT_THAT(ResolveIdentity(asked, {}, blind), refused);
  EXPECT_THAT(ResolveIdentity(asked, {}, empty), refused);
}

}  // namespace
}  // namespace crm::operational
