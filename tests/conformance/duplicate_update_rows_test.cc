// What is refused, or told of, when it is changed and then is like what is
// there.

#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/duplicate_candidate_transitions.pb.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "crm/operational/v1/merge_operation_transitions.pb.h"
#include "tests/conformance/duplicate_fixture.h"

namespace crm::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DuplicateUpdateRows : public DuplicateRows {
 protected:
  // Makes two people with one name, and addresses of their own.
  void MakeTwo() {
    ASSERT_THAT(Create(Person("ada", "Ada Byron")), IsOk());
    ASSERT_THAT(Create("contact_id: 'bob' contact { display_name: 'Ada Byron' "
                       "email: 'bob@example.com' }"),
                IsOk());
  }

  absl::StatusOr<v1::Contact> Update(const std::string& token,
                                     const std::string& id,
                                     const std::string& field,
                                     const std::string& value,
                                     Metadata metadata = {}) {
    return CallAs<v1::Contact, v1::UpdateContactRequest>(
        token, "ContactService.UpdateContact",
        absl::StrCat("contact { name: 'contacts/", id, "' ", field, ": '",
                     value, "' } update_mask { paths: '", field, "' }"),
        std::move(metadata));
  }
};

TEST_F(DuplicateUpdateRows, A39_AnUpdateThatMakesADuplicateIsRefused) {
  MakeRule("block", "BLOCK");
  MakeTwo();

  const auto refused = Update(admin_, "bob", "email", "Ada@example.com");

  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kAlreadyExists, "DUPLICATE_FOUND"));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("contacts/ada"));
  EXPECT_EQ((Must<v1::Contact, v1::GetContactRequest>(
                 "ContactService.GetContact", "name: 'contacts/bob'"))
                .email(),
            "bob@example.com");
  EXPECT_THAT(List(), IsEmpty());
}

TEST_F(DuplicateUpdateRows, A39_WhatWasLikeItBeforeRefusesNoUpdate) {
  MakeRule("block", "BLOCK");
  MakeTwo();

  EXPECT_THAT(Update(admin_, "bob", "email", "ada@example.com",
                     {{"crm-allow-duplicates", "true"}}),
              IsOk());

  ASSERT_THAT(List("state = OPEN"), SizeIs(1));
  EXPECT_EQ(List()[0].first(), "contacts/ada");
  EXPECT_EQ(List()[0].second(), "contacts/bob");
  // Still alike, by other values and by the same ones.
  EXPECT_THAT(Update(admin_, "bob", "display_name", "Ada Bryon"), IsOk());
  EXPECT_THAT(Update(admin_, "ada", "phone", "+14155550100"), IsOk());
  EXPECT_THAT(List(), SizeIs(1));
}

TEST_F(DuplicateUpdateRows, A39_WhatWasDismissedRefusesNoUpdate) {
  MakeRule("block", "BLOCK");
  MakeTwo();
  ASSERT_THAT(Update(admin_, "bob", "email", "ada@example.com",
                     {{"crm-allow-duplicates", "true"}}),
              IsOk());
  ASSERT_THAT(List(), SizeIs(1));
  Must<Candidate, v1::DismissDuplicateCandidateRequest>(
      "DuplicateCandidateService.DismissDuplicateCandidate",
      absl::StrCat("name: '", List()[0].name(), "'"));
  ASSERT_THAT(Update(admin_, "bob", "email", "bob@example.com"), IsOk());

  EXPECT_THAT(Update(admin_, "bob", "email", "ada@example.com"), IsOk());

  EXPECT_THAT(List("state = OPEN"), IsEmpty());
}

TEST_F(DuplicateUpdateRows, A39_AWarningOfAnUpdateIsACandidateOfItsCommit) {
  MakeRule("warn", "WARN");
  MakeTwo();
  ASSERT_THAT(List(), IsEmpty());

  EXPECT_THAT(Update(admin_, "bob", "email", "ada@example.com"), IsOk());

  EXPECT_THAT(List("state = OPEN"), SizeIs(1));
}

TEST_F(DuplicateUpdateRows, A39_BringingBackADuplicateIsRefused) {
  MakeRule("block", "BLOCK");
  ASSERT_THAT(Create(Person("ada", "Ada Byron")), IsOk());
  Must<v1::Contact, v1::DeleteContactRequest>("ContactService.DeleteContact",
                                              "name: 'contacts/ada'");
  ASSERT_THAT(Create(Person("bob", "Ada Byron")), IsOk());
  const auto bring_back = [this](Metadata metadata) {
    return CallAs<v1::Contact, v1::UndeleteContactRequest>(
        admin_, "ContactService.UndeleteContact", "name: 'contacts/ada'",
        std::move(metadata));
  };

  EXPECT_THAT(bring_back({}),
              StatusIs(absl::StatusCode::kAlreadyExists, "DUPLICATE_FOUND"));
  EXPECT_THAT(bring_back({{"crm-allow-duplicates", "true"}}), IsOk());
}

TEST_F(DuplicateUpdateRows, A39_AnUpdateTellsNothingOfWhatIsHidden) {
  MakeRule("block", "BLOCK");
  const std::string narrow = MakeUser(
      "narrow",
      "grants { permissions: 'contacts.create' permissions: 'contacts.get' "
      "permissions: 'contacts.update' scope: OWN }");
  ASSERT_THAT(Create(Person("ada", "Ada Byron", "owner: 'user:boss'")), IsOk());
  ASSERT_THAT(CreateAs(narrow,
                       "contact_id: 'nan' contact { display_name: 'Ada "
                       "Byron' email: 'nan@example.com' }"),
              IsOk());

  EXPECT_THAT(Update(narrow, "nan", "email", "ada@example.com"), IsOk());

  // Those who may see both are told.
  EXPECT_THAT(List("state = OPEN"), SizeIs(1));
}

TEST_F(DuplicateUpdateRows, A39_AMergeAndItsUndoingAreNotRefused) {
  MakeRule("block", "BLOCK", "", "crm/Customer", "primary_email");
  const auto make = [&](const std::string& id, const std::string& more) {
    return CallAs<v1::Customer, v1::CreateCustomerRequest>(
        admin_, "CustomerService.CreateCustomer",
        absl::StrCat("customer_id: '", id,
                     "' customer { display_name: 'Ada Byron' kind: PERSON ",
                     more, " }"),
        {{"crm-allow-duplicates", "true"}});
  };
  ASSERT_THAT(make("ada", ""), IsOk());
  ASSERT_THAT(make("bob", "primary_email: 'ada@example.com'"), IsOk());
  ASSERT_THAT(make("cyd", "primary_email: 'ada@example.com'"), IsOk());
  ASSERT_THAT(List("state = OPEN"), SizeIs(1));
  const auto merge = Must<v1::MergeOperation, v1::CreateMergeOperationRequest>(
      "MergeOperationService.CreateMergeOperation",
      "merge_operation { survivor: 'customers/ada' merged: 'customers/bob' }");
  const std::string name = absl::StrCat("name: '", merge.name(), "'");

  // The survivor takes the address that `cyd` has too.
  Must<v1::MergeOperation, v1::ApplyMergeOperationRequest>(
      "MergeOperationService.ApplyMergeOperation", name);
  EXPECT_EQ((Must<v1::Customer, v1::GetCustomerRequest>(
                 "CustomerService.GetCustomer", "name: 'customers/ada'"))
                .primary_email(),
            "ada@example.com");
  Must<v1::MergeOperation, v1::UndoMergeOperationRequest>(
      "MergeOperationService.UndoMergeOperation", name);

  EXPECT_THAT(List("state = OPEN"), SizeIs(1));
}

}  // namespace
}  // namespace crm::testing
