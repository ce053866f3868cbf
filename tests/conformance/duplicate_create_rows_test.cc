// What is refused, or told of, when it is created and is like what is there.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "tests/conformance/duplicate_fixture.h"

namespace crm::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(DuplicateRows, A39_ABlockedDuplicateIsRefusedAndNamed) {
  MakeRule("block", "BLOCK");
  ASSERT_THAT(Create(Person("ada", "Ada Byron")), IsOk());

  const auto refused = Create(Person("again", "ada byron"));

  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kAlreadyExists, "DUPLICATE_FOUND"));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("contacts/ada"));
  EXPECT_THAT(
      (CallAs<v1::Contact, v1::GetContactRequest>(
          admin_, "ContactService.GetContact", "name: 'contacts/again'")),
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(List(), IsEmpty());
  // Somebody else with that name, and that somebody with another address.
  EXPECT_THAT(Create(Person("eve", "Zoe Quist")), IsOk());
  EXPECT_THAT(Create("contact { display_name: 'Ada Byron' email: "
                     "'other@example.com' }"),
              IsOk());
}

TEST_F(DuplicateRows, A39_WhoMeansItStoresADuplicateWithACandidate) {
  MakeRule("block", "BLOCK");
  ASSERT_THAT(Create(Person("ada", "Ada Byron")), IsOk());

  ASSERT_THAT(
      Create(Person("again", "Ada Byron"), {{"crm-allow-duplicates", "true"}}),
      IsOk());

  const Candidates found = List();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].first(), "contacts/ada");
  EXPECT_EQ(found[0].second(), "contacts/again");
  EXPECT_EQ(found[0].duplicate_rule(), "duplicateRules/block");
  EXPECT_EQ(found[0].state(), Candidate::OPEN);
  EXPECT_EQ(found[0].score_millionths(), 1'000'000);
  ASSERT_EQ(found[0].reasons_size(), 2);
  EXPECT_EQ(found[0].reasons(0).field(), "email");
  EXPECT_EQ(found[0].reasons(0).agreement(), v1::AGREES);
}

TEST_F(DuplicateRows, A39_AWarningIsACandidateOfTheSameCommit) {
  MakeRule("warn", "WARN");
  ASSERT_THAT(Create(Person("ada", "Ada Byron")), IsOk());
  EXPECT_THAT(List(), IsEmpty());

  ASSERT_THAT(Create(Person("bob", "Ada Bryon")), IsOk());
  EXPECT_THAT(List("state = OPEN"), SizeIs(1));

  // Nothing is left of a call that only asks.
  v1::CreateContactRequest ask =
      Proto<v1::CreateContactRequest>(Person("cy", "Ada Byron"));
  ask.set_validate_only(true);
  EXPECT_THAT(service_.client().Call<v1::Contact>(
                  "crm.operational.v1.ContactService.CreateContact", ask,
                  {.token = admin_}),
              IsOk());
  EXPECT_THAT(List(), SizeIs(1));
}

TEST_F(DuplicateRows, A39_AWholeBatchOfOnePersonIsTakenWithItsCandidates) {
  MakeRule("warn", "WARN");
  v1::BatchCreateContactsRequest batch;
  for (int i = 0; i < 105; ++i) {
    v1::Contact& contact = *batch.add_requests()->mutable_contact();
    contact.set_display_name("Ada Byron");
    contact.set_email("ada@example.com");
  }

  EXPECT_THAT(service_.client().Call<v1::BatchCreateContactsResponse>(
                  "crm.operational.v1.ContactService.BatchCreateContacts",
                  batch, {.token = admin_}),
              IsOk());

  EXPECT_THAT(List(), SizeIs(1 + 2 + 3 + 4 + 100 * 5));
}

TEST_F(DuplicateRows, A39_PAIN_01_OfParallelCreatesOfOnePersonExactlyOneWins) {
  MakeRule("block", "BLOCK");
  constexpr int kCreates = 100;
  std::atomic<int> stored = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kCreates; ++i) {
    threads.emplace_back([&, i] {
      absl::StatusOr<v1::Contact> contact;
      do {
        contact = Create(absl::StrCat(
            "contact { display_name: 'Ada Byron' email: 'ada@example.com' } "
            "request_id: '6a1f0d2e-7f3b-4a51-9d52-0c5d8f0f9",
            100 + i, "'"));
      } while (absl::IsUnavailable(contact.status()));
      if (contact.ok()) ++stored;
      if (ErrorReason(contact.status()) == "DUPLICATE_FOUND") ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(stored, 1);
  EXPECT_EQ(refused, kCreates - 1);
}

TEST_F(DuplicateRows, A39_WhatACallerMayNotReadIsNotThereToHim) {
  MakeRule("block", "BLOCK");
  ASSERT_THAT(Create(Person("ada", "Ada Byron", "owner: 'user:boss'")), IsOk());
  const std::string narrow =
      MakeUser("narrow",
               "grants { permissions: 'contacts.create' permissions: "
               "'contacts.get' scope: OWN }");

  const auto unseen = CreateAs(narrow, Person("nan", "Ada Byron"));
  EXPECT_THAT(unseen, IsOk());
  // Those who may see both are told.
  ASSERT_THAT(List(), SizeIs(1));
  EXPECT_EQ(List()[0].second(), "contacts/nan");
  // His own he sees.
  const auto own = CreateAs(narrow, Person("nin", "Ada Byron"));
  EXPECT_THAT(own,
              StatusIs(absl::StatusCode::kAlreadyExists, "DUPLICATE_FOUND"));
  EXPECT_THAT(std::string(own.status().message()), HasSubstr("contacts/nan"));
  EXPECT_THAT(std::string(own.status().message()),
              Not(HasSubstr("contacts/ada")));
}

TEST_F(DuplicateRows, A39_NobodyIsToldByWhatHeMayNotReadOfARow) {
  Must<v1::DuplicateRule, v1::CreateDuplicateRuleRequest>(
      "DuplicateRuleService.CreateDuplicateRule",
      "duplicate_rule_id: 'named' duplicate_rule { display_name: 'N' "
      "resource_type: 'crm/Contact' terms { field: 'display_name' comparison: "
      "EXACT weight: 1000000 } terms { field: 'email' comparison: EMAIL "
      "weight: "
      "1000 } block_keys { parts { field: 'display_name' form: WHOLE } } "
      "threshold_millionths: 1000000 action: BLOCK }");
  Must<v1::DuplicateRule, v1::ActivateDuplicateRuleRequest>(
      "DuplicateRuleService.ActivateDuplicateRule",
      "name: 'duplicateRules/named'");
  ASSERT_THAT(Create(Person("ada", "Ada Byron")), IsOk());
  const std::string grants =
      "grants { permissions: 'contacts.create' permissions: 'contacts.get' "
      "scope: ALL } ";
  const std::string whole = MakeUser("whole", grants);
  const std::string half =
      MakeUser("half", grants + "hidden_fields: 'contacts.email'");

  EXPECT_THAT(CreateAs(whole, "contact { display_name: 'Ada Byron' }"),
              StatusIs(absl::StatusCode::kAlreadyExists, "DUPLICATE_FOUND"));
  EXPECT_THAT(CreateAs(half, "contact { display_name: 'Ada Byron' }"), IsOk());
  EXPECT_THAT(List(), SizeIs(1));
}

TEST_F(DuplicateRows, A39_ARuleMayRefuseForTheUnseenAndNameNothing) {
  MakeRule("strict", "BLOCK", "refuse_unseen: true");
  ASSERT_THAT(Create(Person("ada", "Ada Byron", "owner: 'user:boss'")), IsOk());
  const std::string narrow =
      MakeUser("narrow",
               "grants { permissions: 'contacts.create' permissions: "
               "'contacts.get' scope: OWN }");

  const auto refused = CreateAs(narrow, Person("nan", "Ada Byron"));

  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kAlreadyExists, "DUPLICATE_FOUND"));
  EXPECT_THAT(refused.status().ToString(), Not(HasSubstr("contacts/ada")));
}

TEST_F(DuplicateRows, A39_WhatIsGoneOrChangedIsComparedAsItIsNow) {
  MakeRule("block", "BLOCK");
  ASSERT_THAT(Create(Person("ada", "Ada Byron")), IsOk());
  Must<v1::Contact, v1::DeleteContactRequest>("ContactService.DeleteContact",
                                              "name: 'contacts/ada'");
  ASSERT_THAT(Create(Person("bob", "Ada Byron")), IsOk());
  Must<v1::Contact, v1::UpdateContactRequest>(
      "ContactService.UpdateContact",
      "contact { name: 'contacts/bob' email: 'new@example.com' } update_mask { "
      "paths: 'email' }");

  EXPECT_THAT(Create(Person("cy", "Ada Byron")), IsOk());
  EXPECT_THAT(Create("contact { display_name: 'Ada Byron' email: "
                     "'New@example.com' }"),
              StatusIs(absl::StatusCode::kAlreadyExists, "DUPLICATE_FOUND"));
  // A retired rule does nothing.
  Must<v1::DuplicateRule, v1::RetireDuplicateRuleRequest>(
      "DuplicateRuleService.RetireDuplicateRule",
      "name: 'duplicateRules/block'");
  EXPECT_THAT(Create(Person("dee", "Ada Byron")), IsOk());
}

TEST_F(DuplicateRows, A39_ARuleAboutHiddenFieldsIsRefused) {
  const std::string half =
      MakeUser("half",
               "grants { permissions: 'duplicateRules.create' permissions: "
               "'contacts.get' scope: ALL } hidden_fields: 'contacts.email'");

  const auto refused =
      CallAs<v1::DuplicateRule, v1::CreateDuplicateRuleRequest>(
          half, "DuplicateRuleService.CreateDuplicateRule",
          "duplicate_rule { display_name: 'R' resource_type: 'crm/Contact' "
          "terms { field: 'email' comparison: EMAIL weight: 1 } block_keys { "
          "parts { field: 'email' form: WHOLE } } threshold_millionths: 1 "
          "action: WARN }");

  const auto violations = FieldViolations(refused.status());
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].field, "duplicate_rule.terms[0].field");
}

}  // namespace
}  // namespace crm::testing
