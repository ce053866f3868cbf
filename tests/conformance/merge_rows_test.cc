// Rows of the capability list on merging customers, as callers of the
// operational service see them.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/resource/standard_fields.h"
#include "tests/conformance/merge_fixture.h"

namespace crm::testing {
namespace {

using ::testing::UnorderedElementsAre;
using MergeRows = MergeFixture;

TEST_F(MergeRows, A41_PAIN_02_AMergeMovesLinksOfEveryTypeInOneCommit) {
  MakeAdaAndBob();
  const size_t count = RowsNaming("customers/bob").size();
  ASSERT_GE(count, 9);

  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());
  const auto merged = Apply(preview->name());

  ASSERT_THAT(merged, IsOk());
  EXPECT_EQ(merged->state(), v1::MergeOperation::APPLIED);
  EXPECT_TRUE(merged->has_apply_time());
  EXPECT_TRUE(RowsNaming("customers/bob").empty())
      << RowsNaming("customers/bob")[0];
  // What lay under bob lies under ada, with its state.
  const RowsByName rows = Rows();
  ASSERT_TRUE(rows.contains("customers/ada/identifiers/phone"));
  const auto& mail = static_cast<const v1::Identifier&>(
      *std::find_if(rows.begin(), rows.end(), [](const auto& row) {
         const auto* point = dynamic_cast<v1::Identifier*>(row.second.get());
         return point != nullptr && point->value() == "bob@example.org" &&
                point->customer() == "customers/ada";
       })->second);
  EXPECT_EQ(mail.state(), v1::Identifier::VERIFIED);
  EXPECT_TRUE(mail.has_verify_time());
  EXPECT_TRUE(IsDeleted(*rows.at("customers/bob/identifiers/phone")));
  // The survivor keeps its values and takes those that it has not.
  const auto ada = GetCustomer("ada");
  ASSERT_THAT(ada, IsOk());
  EXPECT_EQ(ada->primary_email(), "ada@example.org");
  EXPECT_EQ(ada->segment(), "Noble");
}

TEST_F(MergeRows, A42_APreviewTellsWhatAMergeWouldDoAndChangesNothing) {
  MakeCustomer("ada", "primary_email: 'ada@example.org'");
  MakeCustomer("bob", "primary_email: 'bob@example.org' segment: 'Noble'");
  MakeIdentifier("bob", "phone", "PHONE", "+4930123456");
  MakeOrder("customers/bob");
  MakeOrder("customers/bob");
  const RowsByName before = Rows();

  const auto preview = Preview(
      "ada", "bob",
      "field_choices { field: 'display_name' customer: 'customers/bob' }");

  ASSERT_THAT(preview, IsOk());
  EXPECT_EQ(preview->state(), v1::MergeOperation::PREVIEWED);
  EXPECT_EQ(preview->link_count(), 3);
  std::vector<std::string> links;
  for (const auto& link : preview->links()) {
    links.push_back(absl::StrCat(link.resource_type(), ".", link.field(), " ",
                                 link.customer(), " ", link.count()));
  }
  EXPECT_THAT(links,
              UnorderedElementsAre("crm/Identifier.name customers/bob 1",
                                   "crm/Order.customer customers/bob 2"));
  std::vector<std::string> conflicts;
  for (const auto& conflict : preview->conflicts()) {
    conflicts.push_back(absl::StrCat(conflict.field(), " ", conflict.kept()));
  }
  EXPECT_THAT(conflicts, UnorderedElementsAre("display_name customers/bob",
                                              "primary_email customers/ada"));
  EXPECT_EQ(Difference(before, Rows()), "");

  // So does applying it as a trial.
  const auto tried = Call<v1::MergeOperation, v1::ApplyMergeOperationRequest>(
      "MergeOperationService.ApplyMergeOperation",
      absl::StrCat("name: '", preview->name(), "' validate_only: true"));
  ASSERT_THAT(tried, IsOk());
  EXPECT_EQ(tried->state(), v1::MergeOperation::APPLIED);
  EXPECT_EQ(Difference(before, Rows()), "");
  ASSERT_THAT(Apply(preview->name()), IsOk());
  EXPECT_EQ(GetCustomer("ada")->display_name(), "bob");
}

TEST_F(MergeRows, A41_PAIN_03_DifferentVerifiedIdsOfOneIssuerAreAHardStop) {
  MakeCustomer("ada");
  MakeCustomer("bob");
  MakeIdentifier("ada", "shop", "EXTERNAL_ID", "shop:1", true);
  MakeIdentifier("bob", "shop", "EXTERNAL_ID", "shop:2");
  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());
  ASSERT_THAT((Call<v1::Identifier, v1::VerifyIdentifierRequest>(
                  "IdentifierService.VerifyIdentifier",
                  "name: 'customers/bob/identifiers/shop'")),
              IsOk());

  const auto refused =
      StatusIs(absl::StatusCode::kFailedPrecondition, "VERIFIED_IDS_DIFFER");
  EXPECT_THAT(Apply(preview->name()), refused);
  EXPECT_THAT(Preview("ada", "bob"), refused);
  EXPECT_EQ(GetCustomer("bob")->state(), v1::Customer::ACTIVE);
}

TEST_F(MergeRows, A41_ARepeatedCallMergesOnce) {
  MakeCustomer("ada");
  MakeCustomer("bob");
  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());
  const std::string request =
      absl::StrCat("name: '", preview->name(),
                   "' request_id: '7c0d1c1e-7a0f-4c55-9f0c-0e6f3b1f0a01'");
  const auto apply = [&] {
    return Call<v1::MergeOperation, v1::ApplyMergeOperationRequest>(
        "MergeOperationService.ApplyMergeOperation", request);
  };

  const auto first = apply();
  const auto second = apply();

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(*second, EqualsProto(first->DebugString()));
  EXPECT_THAT(
      Apply(preview->name()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
}

TEST_F(MergeRows, A41_WhoMayNotWriteBothCustomersMayNotMergeThem) {
  MakeCustomer("ada", "owner: 'user:ann'");
  MakeCustomer("bob", "owner: 'user:other'");
  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());
  // Ann sees her own customers alone; ben sees all, and writes his own.
  MakeMerger("ann", "OWN", "OWN");
  MakeMerger("ben", "ALL", "OWN");
  const auto apply = [&](absl::string_view subject) {
    return Call<v1::MergeOperation, v1::ApplyMergeOperationRequest>(
        "MergeOperationService.ApplyMergeOperation",
        absl::StrCat("name: '", preview->name(), "'"),
        authority_.Token("acme", absl::StrCat("user:", subject), {}));
  };

  EXPECT_THAT(apply("ann"),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT(apply("ben"), StatusIs(absl::StatusCode::kPermissionDenied,
                                     "ROW_NOT_WRITABLE"));
  EXPECT_EQ(GetCustomer("bob")->state(), v1::Customer::ACTIVE);
  EXPECT_THAT(Apply(preview->name()), IsOk());
}

TEST_F(MergeRows, A41_WhatOneCommitCannotMoveIsRefusedAndSaysSo) {
  MakeCustomer("ada");
  MakeCustomer("bob");
  // With the two customers and the merge itself there is room for no more.
  MakeOrders("customers/bob", 4'997);
  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());
  EXPECT_EQ(preview->link_count(), 4'997);
  ASSERT_THAT(Apply(preview->name()), IsOk());
  ASSERT_THAT(Undo(preview->name()), IsOk());
  EXPECT_EQ(RowsNaming("customers/bob").size(), 4'997);

  MakeOrder("customers/bob");

  EXPECT_THAT(
      Preview("ada", "bob"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "MERGE_TOO_LARGE"));
}

}  // namespace
}  // namespace crm::testing
