#include "services/operational/domain/identity/merge_plan.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

v1::Customer Parse(const std::string& text) {
  v1::Customer customer;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &customer));
  return customer;
}

v1::Customer Ada() {
  return Parse(
      "name: 'customers/ada' uid: 'u1' display_name: 'Ada' kind: PERSON "
      "state: ACTIVE primary_email: 'ada@example.org' etag: '7' "
      "labels { key: 'tier' value: 'gold' } "
      "update_time { seconds: 100 } source { system: 'crm' }");
}

v1::Customer Countess() {
  return Parse(
      "name: 'customers/countess' uid: 'u2' kind: PERSON state: ACTIVE "
      "display_name: 'Ada, Countess of Lovelace' segment: 'Noble' "
      "primary_email: 'ada@lovelace.example' "
      "labels { key: 'tier' value: 'silver' } "
      "labels { key: 'town' value: 'London' } "
      "update_time { seconds: 200 } source { system: 'shop' }");
}

TEST(PlanMerge, KeepsTheSurvivorsValuesAndFillsItsGaps) {
  const std::vector<v1::Customer> duplicates = {Countess()};

  const auto plan = PlanMerge(Ada(), duplicates, {});

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(
      plan->survivor,
      EqualsProto("name: 'customers/ada' uid: 'u1' display_name: 'Ada' "
                  "kind: PERSON state: ACTIVE primary_email: 'ada@example.org' "
                  "etag: '7' segment: 'Noble' "
                  "labels { key: 'tier' value: 'gold' } "
                  "labels { key: 'town' value: 'London' } "
                  "update_time { seconds: 100 } source { system: 'crm' }"));
  ASSERT_EQ(plan->merged.size(), 1);
  v1::Customer merged = Countess();
  merged.set_state(v1::Customer::MERGED);
  merged.set_merged_into("customers/ada");
  EXPECT_THAT(plan->merged[0], EqualsProto(merged.DebugString()));
}

TEST(PlanMerge, TellsOfConflictsAndWhoseValueIsKept) {
  const std::vector<v1::Customer> duplicates = {Countess()};
  SurvivorshipPolicy policy;
  policy.fields = {{"display_name", Survivorship::kMostComplete}};

  const auto plan = PlanMerge(Ada(), duplicates, policy);

  ASSERT_THAT(plan, IsOk());
  std::vector<std::string> conflicts;
  for (const MergeConflict& conflict : plan->conflicts) {
    conflicts.push_back(conflict.field + "=" + conflict.kept);
    ASSERT_EQ(conflict.values.size(), 2);
    EXPECT_EQ(conflict.values[0].customer, "customers/ada");
  }
  EXPECT_THAT(conflicts,
              ::testing::UnorderedElementsAre("display_name=customers/countess",
                                              "primary_email=customers/ada",
                                              "labels.tier=customers/ada",
                                              "source=customers/ada"));
  EXPECT_EQ(plan->conflicts[0].values[1].text, "\"Ada, Countess of Lovelace\"");
  EXPECT_EQ(plan->survivor.display_name(), "Ada, Countess of Lovelace");
}

struct SurvivorshipCase {
  Survivorship rule;
  const char* expected;
};

TEST(PlanMerge, FollowsTheRuleOfTheField) {
  constexpr SurvivorshipCase kCases[] = {
      {Survivorship::kSurvivor, "Ada"},
      {Survivorship::kMostRecent, "Augusta"},
      {Survivorship::kMostComplete, "Ada, Countess of Lovelace"},
      {Survivorship::kSourcePriority, "Ada, Countess of Lovelace"},
  };
  std::vector<v1::Customer> duplicates = {
      Countess(), Parse("name: 'customers/a3' display_name: 'Augusta' "
                        "kind: PERSON state: ACTIVE "
                        "update_time { seconds: 300 } "
                        "source { system: 'web' }")};
  for (const SurvivorshipCase& test : kCases) {
    SCOPED_TRACE(test.expected);
    SurvivorshipPolicy policy;
    policy.fallback = test.rule;
    policy.sources = {"erp", "shop", "crm"};

    const auto plan = PlanMerge(Ada(), duplicates, policy);

    ASSERT_THAT(plan, IsOk());
    EXPECT_EQ(plan->survivor.display_name(), test.expected);
  }
}

TEST(PlanMerge, TellsWhereEachValueComesFrom) {
  const std::vector<v1::Customer> duplicates = {Countess()};
  SurvivorshipPolicy policy;
  policy.choices = {{"labels.tier", "customers/countess"}};

  const auto plan = PlanMerge(Ada(), duplicates, policy);

  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->survivor.labels().at("tier"), "silver");
  for (const FieldProvenance& from : plan->provenance) {
    EXPECT_EQ(from.chosen, from.field == "labels.tier") << from.field;
    const bool from_duplicate = from.field == "labels.tier" ||
                                from.field == "labels.town" ||
                                from.field == "segment";
    EXPECT_EQ(from.customer,
              from_duplicate ? "customers/countess" : "customers/ada")
        << from.field;
  }
}

TEST(PlanMerge, RefusesWhatIsNotActiveOrOfAnotherKind) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"state: MERGED", "CUSTOMER_NOT_ACTIVE"},
      {"state: ERASED", "CUSTOMER_NOT_ACTIVE"},
      {"state: ACTIVE delete_time {}", "CUSTOMER_NOT_ACTIVE"},
      {"state: ACTIVE kind: ORGANISATION", "CUSTOMER_KINDS_DIFFER"},
  };
  for (const auto& [change, reason] : cases) {
    SCOPED_TRACE(change);
    v1::Customer other = Countess();
    other.MergeFrom(Parse(change));
    const std::vector<v1::Customer> duplicates = {other};

    EXPECT_THAT(PlanMerge(Ada(), duplicates, {}),
                StatusIs(absl::StatusCode::kFailedPrecondition, reason));
  }
}

TEST(PlanMerge, TellsOfAllThatIsWrong) {
  const std::vector<v1::Customer> duplicates = {Countess(), Ada()};
  SurvivorshipPolicy policy;
  policy.choices = {{"uid", "customers/ada"},
                    {"segment", "customers/ada"},
                    {"display_name", "customers/eve"}};

  const auto plan = PlanMerge(Ada(), duplicates, policy);

  EXPECT_THAT(plan,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_EQ(FieldViolations(plan.status()).size(), 4);
}

TEST(PlanMerge, RefusesNoneAndTooMany) {
  std::vector<v1::Customer> many;
  for (size_t i = 0; i <= kMaxMergedCustomers; ++i) {
    many.push_back(Countess());
    many.back().set_name("customers/c" + std::to_string(i));
  }

  const auto refused =
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST");
  EXPECT_THAT(PlanMerge(Ada(), {}, {}), refused);
  EXPECT_THAT(PlanMerge(Ada(), many, {}), refused);
  many.pop_back();
  EXPECT_THAT(PlanMerge(Ada(), many, {}), IsOk());
}

TEST(PlanMergeUndo, BringsBackWhatWasThere) {
  const std::vector<v1::Customer> duplicates = {Countess()};
  SurvivorshipPolicy policy;
  policy.choices = {{"labels.tier", "customers/countess"},
                    {"display_name", "customers/countess"}};
  const auto plan = PlanMerge(Ada(), duplicates, policy);
  ASSERT_THAT(plan, IsOk());
  const std::vector<v1::Customer> current = {plan->merged[0], plan->survivor};

  const auto undone = PlanMergeUndo(plan->undo, current);

  ASSERT_THAT(undone, IsOk());
  ASSERT_EQ(undone->customers.size(), 2);
  EXPECT_THAT(undone->customers[0], EqualsProto(Ada().DebugString()));
  EXPECT_THAT(undone->customers[1], EqualsProto(Countess().DebugString()));
  EXPECT_TRUE(undone->kept.empty());
}

TEST(PlanMergeUndo, LosesNoLaterChange) {
  const std::vector<v1::Customer> duplicates = {Countess()};
  const auto plan = PlanMerge(Ada(), duplicates, {});
  ASSERT_THAT(plan, IsOk());
  std::vector<v1::Customer> current = {plan->survivor, plan->merged[0]};
  // A field that the merge filled, a key that it added, and one that was not
  // its.
  current[0].set_segment("Changed");
  (*current[0].mutable_labels())["town"] = "Paris";
  current[0].set_primary_phone("+4930123456");

  const auto undone = PlanMergeUndo(plan->undo, current);

  ASSERT_THAT(undone, IsOk());
  v1::Customer expected = Ada();
  expected.set_segment("Changed");
  (*expected.mutable_labels())["town"] = "Paris";
  expected.set_primary_phone("+4930123456");
  EXPECT_THAT(undone->customers[0], EqualsProto(expected.DebugString()));
  std::vector<std::string> kept;
  for (const KeptField& field : undone->kept) {
    kept.push_back(field.customer + "/" + field.field);
  }
  EXPECT_THAT(kept, ::testing::UnorderedElementsAre(
                        "customers/ada/segment", "customers/ada/labels.town"));
}

TEST(PlanMergeUndo, RefusesCustomersThatWentAnotherWay) {
  const std::vector<v1::Customer> duplicates = {Countess()};
  const auto plan = PlanMerge(Ada(), duplicates, {});
  ASSERT_THAT(plan, IsOk());
  const std::vector<std::pair<size_t, std::string>> cases = {
      {0, "state: MERGED merged_into: 'customers/eve'"},
      {0, "state: ERASED"},
      {0, "delete_time { seconds: 5 }"},
      {1, "merged_into: 'customers/eve'"},
      {1, "state: ACTIVE"},
  };
  for (const auto& [place, change] : cases) {
    SCOPED_TRACE(change);
    std::vector<v1::Customer> current = {plan->survivor, plan->merged[0]};
    current[place].MergeFrom(Parse(change));

    EXPECT_THAT(PlanMergeUndo(plan->undo, current),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         "CUSTOMER_CHANGED_SINCE"));
  }
  const std::vector<v1::Customer> gone = {plan->survivor};
  EXPECT_THAT(PlanMergeUndo(plan->undo, gone),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "CUSTOMER_CHANGED_SINCE"));
}

Identity WithIds(const std::string& customer,
                 const std::vector<std::string>& ids, bool verified = true) {
  Identity identity;
  identity.customer = customer;
  for (const std::string& id : ids) {
    identity.points.push_back({{.type = v1::Identifier::EXTERNAL_ID,
                                .value = id,
                                .match_key = id,
                                .extension = ""},
                               verified});
  }
  return identity;
}

TEST(CheckVerifiedIds, StopsWhereAnIssuerKnowsTwo) {
  const std::vector<Identity> differ = {WithIds("customers/ada", {"shop:1"}),
                                        WithIds("customers/bob", {}),
                                        WithIds("customers/eve", {"shop:2"})};
  const std::vector<Identity> fine = {
      WithIds("customers/ada", {"shop:1"}),
      WithIds("customers/bob", {"bank:2", "shop:1"}),
      WithIds("customers/eve", {"shop:2"}, /*verified=*/false)};

  const absl::Status refused = CheckVerifiedIds(differ);

  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition,
                                "VERIFIED_IDS_DIFFER"));
  EXPECT_THAT(std::string(refused.message()),
              ::testing::AllOf(::testing::HasSubstr("customers/ada"),
                               ::testing::HasSubstr("customers/eve"),
                               ::testing::HasSubstr("shop")));
  EXPECT_THAT(CheckVerifiedIds(fine), IsOk());
}

TEST(PlanMergeUndo, RefusesARecordThatIsDamaged) {
  const std::vector<v1::Customer> duplicates = {Countess()};
  const auto plan = PlanMerge(Ada(), duplicates, {});
  ASSERT_THAT(plan, IsOk());
  const std::vector<v1::Customer> current = {plan->survivor, plan->merged[0]};
  const auto damaged =
      StatusIs(absl::StatusCode::kDataLoss, "MERGE_UNDO_DAMAGED");

  EXPECT_THAT(PlanMergeUndo({}, current), damaged);

  MergeUndo undo = plan->undo;
  undo.before[0].resize(undo.before[0].size() - 1);
  EXPECT_THAT(PlanMergeUndo(undo, current), damaged);
  undo = plan->undo;
  undo.before.pop_back();
  EXPECT_THAT(PlanMergeUndo(undo, current), damaged);
  undo = plan->undo;
  std::swap(undo.before[0], undo.before[1]);
  EXPECT_THAT(PlanMergeUndo(undo, current), damaged);
}

}  // namespace
}  // namespace crm::operational
