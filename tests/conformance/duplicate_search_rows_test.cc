// What is found among what is stored, and what becomes of it.

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "tests/conformance/duplicate_fixture.h"

namespace crm::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(DuplicateRows, A40_PAIN_02_ASearchFindsWhatWasThereBeforeTheRule) {
  for (const char* id : {"ada", "bob", "cyd"}) {
    ASSERT_THAT(Create(Person(id, "Ada Byron")), IsOk());
  }
  ASSERT_THAT(Create("contact { display_name: 'Eve' email: 'e@example.com' }"),
              IsOk());
  MakeRule("report", "REPORT");

  const auto result = Search("report");

  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(*result, EqualsProto("compared_count: 3 match_count: 3 "
                                   "candidate_count: 3"));
  EXPECT_THAT(List(), SizeIs(3));
  platform::v1::OperationMetadata metadata;
  ASSERT_TRUE(last_.metadata().UnpackTo(&metadata));
  EXPECT_EQ(metadata.verb(), "findDuplicates");
  // Nothing is proposed twice.
  const auto again = Search("report");
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(*again, EqualsProto("compared_count: 3 match_count: 3"));
  EXPECT_THAT(List(), SizeIs(3));
}

TEST_F(DuplicateRows, A40_ASearchGoesThroughBlocksOfAnySize) {
  // 60 pairs, a block of 40 with all its pairs, and one that is too large.
  v1::BatchCreateContactsRequest batch;
  const auto add = [&](const std::string& email) {
    v1::Contact& contact = *batch.add_requests()->mutable_contact();
    contact.set_display_name("Ada Byron");
    contact.set_email(email);
  };
  for (int i = 0; i < 120; ++i) add(absl::StrCat("p", i / 2, "@example.com"));
  for (int i = 0; i < 40; ++i) add("forty@example.com");
  for (int i = 0; i < 101; ++i) add("many@example.com");
  ASSERT_THAT(service_.client().Call<v1::BatchCreateContactsResponse>(
                  "crm.operational.v1.ContactService.BatchCreateContacts",
                  batch, {.token = admin_}),
              IsOk());
  MakeRule("report", "REPORT");

  const auto result = Search("report");

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->compared_count(), 60 + 40 * 39 / 2);
  EXPECT_EQ(result->candidate_count(), 60 + 40 * 39 / 2);
  EXPECT_EQ(result->skipped_key_count(), 1);
  EXPECT_THAT(List(), SizeIs(60 + 40 * 39 / 2));
}

TEST_F(DuplicateRows, A40_WhatWasDismissedComesBackWithOtherEvidenceOnly) {
  ASSERT_THAT(Create(Person("ada", "Ada Byron")), IsOk());
  ASSERT_THAT(Create(Person("bob", "Ada Bryon")), IsOk());
  MakeRule("report", "REPORT");
  ASSERT_THAT(Search("report"), IsOk());
  const Candidates found = List("state = OPEN");
  ASSERT_THAT(found, SizeIs(1));
  const auto dismissed = Must<Candidate, v1::DismissDuplicateCandidateRequest>(
      "DuplicateCandidateService.DismissDuplicateCandidate",
      absl::StrCat("name: '", found[0].name(), "'"));
  EXPECT_EQ(dismissed.state(), Candidate::DISMISSED);
  EXPECT_TRUE(dismissed.has_dismiss_time());

  ASSERT_THAT(Search("report"), IsOk());
  EXPECT_THAT(List("state = OPEN"), IsEmpty());

  Must<v1::Contact, v1::UpdateContactRequest>(
      "ContactService.UpdateContact",
      "contact { name: 'contacts/bob' display_name: 'Ada Byron' } update_mask "
      "{ "
      "paths: 'display_name' }");
  ASSERT_THAT(Search("report"), IsOk());
  EXPECT_THAT(List("state = OPEN"), SizeIs(1));
  EXPECT_THAT(List("state = DISMISSED"), SizeIs(1));
}

TEST_F(DuplicateRows, A40_ASearchByARuleThatIsNotThereIsNotBegun) {
  EXPECT_THAT(
      (CallAs<google::longrunning::Operation, v1::FindDuplicatesRequest>(
          admin_, "DuplicateRuleService.FindDuplicates",
          "name: 'duplicateRules/none'")),
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

TEST_F(DuplicateRows, A40_ASearchOfADraftIsRefused) {
  Must<v1::DuplicateRule, v1::CreateDuplicateRuleRequest>(
      "DuplicateRuleService.CreateDuplicateRule",
      "duplicate_rule_id: 'draft' duplicate_rule { display_name: 'D' "
      "resource_type: 'crm/Lead' terms { field: 'email' comparison: EMAIL "
      "weight: 1 } block_keys { parts { field: 'email' form: WHOLE } } "
      "threshold_millionths: 1 action: REPORT }");
  EXPECT_TRUE(absl::IsFailedPrecondition(Search("draft").status()));
}

TEST_F(DuplicateRows, A40_AMergeSettlesItsCandidateAndUndoingOpensItAgain) {
  MakeRule("warn", "WARN", "", "crm/Customer", "primary_email");
  const auto make = [&](const std::string& id) {
    Must<v1::Customer, v1::CreateCustomerRequest>(
        "CustomerService.CreateCustomer",
        absl::StrCat("customer_id: '", id,
                     "' customer { display_name: 'Ada Byron' kind: PERSON "
                     "primary_email: 'ada@example.com' }"));
  };
  make("ada");
  make("bob");
  ASSERT_THAT(List("state = OPEN"), SizeIs(1));
  const auto merge = Must<v1::MergeOperation, v1::CreateMergeOperationRequest>(
      "MergeOperationService.CreateMergeOperation",
      "merge_operation { survivor: 'customers/bob' merged: 'customers/ada' }");

  Must<v1::MergeOperation, v1::ApplyMergeOperationRequest>(
      "MergeOperationService.ApplyMergeOperation",
      absl::StrCat("name: '", merge.name(), "'"));

  ASSERT_THAT(List("state = MERGED"), SizeIs(1));
  EXPECT_EQ(List()[0].merge_operation(), merge.name());
  // Who was merged is not compared any more; the survivor is.
  make("cyd");
  const Candidates open = List("state = OPEN");
  ASSERT_THAT(open, SizeIs(1));
  EXPECT_EQ(open[0].first(), "customers/bob");
  EXPECT_EQ(open[0].second(), "customers/cyd");

  Must<v1::MergeOperation, v1::UndoMergeOperationRequest>(
      "MergeOperationService.UndoMergeOperation",
      absl::StrCat("name: '", merge.name(), "'"));
  EXPECT_THAT(List("state = OPEN"), SizeIs(2));
  EXPECT_THAT(List("state = MERGED"), IsEmpty());
}

}  // namespace
}  // namespace crm::testing
