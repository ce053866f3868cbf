// Rows of the capability list on what is left of customers that were merged,
// and on taking merges back.

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/credit_note.pb.h"
#include "crm/operational/v1/invoice.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/order_return.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/quote.pb.h"
#include "crm/operational/v1/resolve_identity.pb.h"
#include "crm/operational/v1/tax_class.pb.h"
#include "services/operational/handlers/merge_operation.h"
#include "shared/reflect/resource_name.h"
#include "shared/resource/standard_fields.h"
#include "tests/conformance/merge_fixture.h"

namespace crm::testing {
namespace {

using ::testing::HasSubstr;
using MergeUndoRows = MergeFixture;

TEST_F(MergeUndoRows, A43_AnUndoneMergeLeavesEveryLinkAndFieldAsItWas) {
  MakeAdaAndBob();
  const RowsByName before = Rows();
  const auto preview = Preview(
      "ada", "bob",
      "field_choices { field: 'display_name' customer: 'customers/bob' }");
  ASSERT_THAT(preview, IsOk());
  ASSERT_THAT(Apply(preview->name()), IsOk());
  ASSERT_NE(Difference(before, Rows()), "");

  const auto undone = Undo(preview->name());

  ASSERT_THAT(undone, IsOk());
  EXPECT_EQ(undone->state(), v1::MergeOperation::UNDONE);
  EXPECT_EQ(undone->kept_change_count(), 0);
  const RowsByName after = Rows();
  EXPECT_EQ(Difference(before, after), "");
  // What was made meanwhile is the deleted copies under ada, and the merge.
  for (const auto& [name, row] : after) {
    if (before.contains(name) || absl::StartsWith(name, "mergeOperations/")) {
      continue;
    }
    EXPECT_TRUE(ParentOf(name) == "customers/ada" && IsDeleted(*row)) << name;
  }
  // It can be merged again.
  const auto again = Preview("ada", "bob");
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(Apply(again->name()), IsOk());
}

TEST_F(MergeUndoRows, A43_WhatWasWrittenAfterTheMergeOutlivesItsUndoing) {
  MakeCustomer("ada");
  MakeCustomer("bob", "segment: 'Noble'");
  MakeIdentifier("bob", "phone", "PHONE", "+4930123456");
  const std::string old_order = MakeOrder("customers/bob");
  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());
  ASSERT_THAT(Apply(preview->name()), IsOk());
  const std::string new_order = MakeOrder("customers/ada");
  ASSERT_THAT((Call<v1::Order, v1::UpdateOrderRequest>(
                  "OrderService.UpdateOrder",
                  absl::StrCat("order { name: '", old_order,
                               "' labels { key: 'k' value: 'new' } } "
                               "update_mask { paths: 'labels' }"))),
              IsOk());
  ASSERT_THAT((Call<v1::Identifier, v1::UpdateIdentifierRequest>(
                  "IdentifierService.UpdateIdentifier",
                  "identifier { name: 'customers/ada/identifiers/phone' "
                  "purpose: 'work' } update_mask { paths: 'purpose' }")),
              IsOk());
  ASSERT_THAT((Call<v1::Customer, v1::UpdateCustomerRequest>(
                  "CustomerService.UpdateCustomer",
                  "customer { name: 'customers/ada' segment: 'Changed' } "
                  "update_mask { paths: 'segment' }")),
              IsOk());

  const auto undone = Undo(preview->name());

  ASSERT_THAT(undone, IsOk());
  ASSERT_EQ(undone->kept_changes_size(), 1);
  EXPECT_EQ(undone->kept_changes(0).resource(), "customers/ada");
  EXPECT_EQ(undone->kept_changes(0).field(), "segment");
  EXPECT_EQ(GetCustomer("ada")->segment(), "Changed");
  EXPECT_EQ(GetCustomer("bob")->segment(), "Noble");
  const RowsByName rows = Rows();
  const auto& order = static_cast<const v1::Order&>(*rows.at(old_order));
  EXPECT_EQ(order.customer(), "customers/bob");
  EXPECT_EQ(order.labels().at("k"), "new");
  EXPECT_EQ(static_cast<const v1::Order&>(*rows.at(new_order)).customer(),
            "customers/ada");
  const auto& phone = static_cast<const v1::Identifier&>(
      *rows.at("customers/bob/identifiers/phone"));
  EXPECT_EQ(phone.purpose(), "work");
  EXPECT_FALSE(phone.has_delete_time());
}

TEST_F(MergeUndoRows, A44_TheOldNameLeadsToTheSurvivor) {
  MakeCustomer("ada");
  MakeCustomer("bob");
  MakeIdentifier("bob", "mail", "EMAIL", "bob@example.org", true);
  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());
  ASSERT_THAT(Apply(preview->name()), IsOk());

  const auto bob = GetCustomer("bob");
  ASSERT_THAT(bob, IsOk());
  EXPECT_EQ(bob->state(), v1::Customer::MERGED);
  EXPECT_EQ(bob->merged_into(), "customers/ada");
  const auto resolved =
      Call<v1::ResolveIdentityResponse, v1::ResolveIdentityRequest>(
          "CustomerService.ResolveIdentity",
          "emails: 'bob@example.org' verified: true");
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->customer(), "customers/ada");
  // Nothing new gets the old name, and it does not change.
  const auto merged =
      StatusIs(absl::StatusCode::kFailedPrecondition, "CUSTOMER_MERGED");
  const auto order = Call<v1::Order, v1::CreateOrderRequest>(
      "OrderService.CreateOrder",
      "order { order_number: 'X' customer: 'customers/bob' "
      "currency_code: 'USD' }");
  EXPECT_THAT(order, merged);
  EXPECT_THAT(std::string(order.status().message()),
              HasSubstr("customers/ada"));
  EXPECT_THAT((Call<v1::Identifier, v1::CreateIdentifierRequest>(
                  "IdentifierService.CreateIdentifier",
                  "parent: 'customers/bob' identifier { type: EMAIL value: "
                  "'b@example.org' }")),
              merged);
  EXPECT_THAT((Call<v1::Customer, v1::UpdateCustomerRequest>(
                  "CustomerService.UpdateCustomer",
                  "customer { name: 'customers/bob' segment: 'X' } "
                  "update_mask { paths: 'segment' }")),
              merged);
  EXPECT_THAT((Call<v1::Customer, v1::DeleteCustomerRequest>(
                  "CustomerService.DeleteCustomer", "name: 'customers/bob'")),
              merged);
}

TEST_F(MergeUndoRows, A44_TheNamesOfAChainOfMergesLeadToTheLastSurvivor) {
  for (const char* id : {"ada", "bob", "eve"}) MakeCustomer(id);
  MakeIdentifier("bob", "mail", "EMAIL", "bob@example.org", true);
  const std::string order = MakeOrder("customers/bob");
  for (const auto& [survivor, merged] :
       {std::pair("ada", "bob"), std::pair("eve", "ada")}) {
    const auto preview = Preview(survivor, merged);
    ASSERT_THAT(preview, IsOk());
    ASSERT_THAT(Apply(preview->name()), IsOk());
  }

  std::string at = "bob";
  for (int step = 0; at != "eve"; ++step) {
    ASSERT_LT(step, 2) << at;
    const auto customer = GetCustomer(at);
    ASSERT_THAT(customer, IsOk());
    EXPECT_EQ(customer->state(), v1::Customer::MERGED);
    ASSERT_NE(customer->merged_into(), "");
    at = std::string(IdOf(customer->merged_into()));
  }

  EXPECT_EQ(GetCustomer("eve")->merged_into(), "");
  const auto resolved =
      Call<v1::ResolveIdentityResponse, v1::ResolveIdentityRequest>(
          "CustomerService.ResolveIdentity",
          "emails: 'bob@example.org' verified: true");
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->customer(), "customers/eve");
  EXPECT_EQ(static_cast<const v1::Order&>(*Rows().at(order)).customer(),
            "customers/eve");
}

TEST_F(MergeUndoRows, A43_MergesAreUndoneFromTheLastOne) {
  for (const char* id : {"ada", "bob", "eve"}) MakeCustomer(id);
  const std::string order = MakeOrder("customers/bob");
  const auto first = Preview("ada", "bob");
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(Apply(first->name()), IsOk());
  const auto second = Preview("eve", "ada");
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(Apply(second->name()), IsOk());

  EXPECT_THAT(Undo(first->name()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "CUSTOMER_CHANGED_SINCE"));
  EXPECT_THAT(Undo(second->name()), IsOk());
  EXPECT_THAT(Undo(first->name()), IsOk());
  EXPECT_EQ(static_cast<const v1::Order&>(*Rows().at(order)).customer(),
            "customers/bob");
}

TEST_F(MergeUndoRows, A43_DraftsThatAskForMoreThanIsLeftAreInNobodysWay) {
  MakeCustomer("ada");
  MakeCustomer("bob");
  const auto must = [&]<typename Response, typename Request>(
                        absl::string_view method, absl::string_view text) {
    const auto response = Call<Response, Request>(method, text);
    EXPECT_THAT(response, IsOk()) << method;
    return response.value_or(Response());
  };
  must.operator()<v1::Product, v1::CreateProductRequest>(
      "ProductService.CreateProduct",
      "product_id: 'lamp' product { display_name: 'Lamp' sku: 'L1' "
      "list_price { currency_code: 'EUR' units: 10 } }");
  must.operator()<v1::Order, v1::CreateOrderRequest>(
      "OrderService.CreateOrder",
      "order_id: 'lamps' order { customer: 'customers/bob' currency_code: "
      "'EUR' "
      "lines { product: 'products/lamp' quantity: 3 } }");
  must.operator()<v1::Order, v1::SubmitOrderRequest>("OrderService.SubmitOrder",
                                                     "name: 'orders/lamps'");
  must.operator()<v1::Order, v1::ConfirmOrderRequest>(
      "OrderService.ConfirmOrder", "name: 'orders/lamps'");
  must.operator()<v1::Order, v1::FulfillOrderRequest>(
      "OrderService.FulfillOrder", "name: 'orders/lamps'");
  // Each asks for all of it, and the second one gets it.
  for (const char* id : {"stale", "issued"}) {
    must.operator()<v1::Invoice, v1::CreateInvoiceRequest>(
        "InvoiceService.CreateInvoice",
        absl::StrCat("invoice_id: '", id,
                     "' invoice { order: 'orders/lamps' }"));
  }
  must.operator()<v1::Invoice, v1::IssueInvoiceRequest>(
      "InvoiceService.IssueInvoice", "name: 'invoices/issued'");
  for (const char* id : {"stale", "issued"}) {
    must.operator()<v1::CreditNote, v1::CreateCreditNoteRequest>(
        "CreditNoteService.CreateCreditNote",
        absl::StrCat("credit_note_id: '", id,
                     "' credit_note { invoice: 'invoices/issued' }"));
    must.operator()<v1::OrderReturn, v1::CreateOrderReturnRequest>(
        "OrderReturnService.CreateOrderReturn",
        absl::StrCat(
            "order_return_id: '", id,
            "' order_return { order: 'orders/lamps' lines { line_id: '1' "
            "quantity: 3 } }"));
  }
  must.operator()<v1::CreditNote, v1::IssueCreditNoteRequest>(
      "CreditNoteService.IssueCreditNote", "name: 'creditNotes/issued'");
  must.operator()<v1::OrderReturn, v1::ApproveOrderReturnRequest>(
      "OrderReturnService.ApproveOrderReturn", "name: 'orderReturns/issued'");
  must.operator()<v1::OrderReturn, v1::ReceiveOrderReturnRequest>(
      "OrderReturnService.ReceiveOrderReturn", "name: 'orderReturns/issued'");
  // What was offered stays what it was when taxes change.
  must.operator()<v1::TaxClass, v1::CreateTaxClassRequest>(
      "TaxClassService.CreateTaxClass",
      "tax_class_id: 'standard' tax_class { display_name: 'Standard' "
      "rate_millionths: 190000 }");
  constexpr char kOffer[] =
      "customer: 'customers/bob' currency_code: 'EUR' lines { product: "
      "'products/lamp' quantity: 3 tax_class: 'taxClasses/standard' }";
  must.operator()<v1::Order, v1::CreateOrderRequest>(
      "OrderService.CreateOrder", absl::StrCat("order { ", kOffer, " }"));
  must.operator()<v1::Quote, v1::CreateQuoteRequest>(
      "QuoteService.CreateQuote", absl::StrCat("quote { ", kOffer, " }"));
  must.operator()<v1::TaxClass, v1::UpdateTaxClassRequest>(
      "TaxClassService.UpdateTaxClass",
      "tax_class { name: 'taxClasses/standard' rate_millionths: 200000 }");
  const RowsByName before = Rows();
  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());

  ASSERT_THAT(Apply(preview->name()), IsOk());

  const RowsByName merged = Rows();
  EXPECT_EQ(
      static_cast<const v1::Invoice&>(*merged.at("invoices/stale")).customer(),
      "customers/ada");
  EXPECT_EQ(static_cast<const v1::CreditNote&>(*merged.at("creditNotes/stale"))
                .customer(),
            "customers/ada");
  EXPECT_EQ(
      static_cast<const v1::OrderReturn&>(*merged.at("orderReturns/stale"))
          .customer(),
      "customers/ada");
  ASSERT_THAT(Undo(preview->name()), IsOk());
  EXPECT_EQ(Difference(before, Rows()), "");
}

TEST_F(MergeUndoRows, A43_WhatWasNotUndoneInTimeIsExpired) {
  MakeCustomer("ada");
  MakeCustomer("bob");
  const auto preview = Preview("ada", "bob");
  ASSERT_THAT(preview, IsOk());
  const auto merged = Apply(preview->name());
  ASSERT_THAT(merged, IsOk());
  EXPECT_EQ(merged->expire_time().seconds() - merged->apply_time().seconds(),
            90 * 24 * 3600);

  // The 90 days are over.
  ASSERT_THAT(service_.host().database().WriteAndWait(
                  absl::Now() + absl::Seconds(30),
                  [](SqlWriter& writer) {
                    return writer
                        .Execute(
                            "UPDATE timer SET due_time = 1, next_try = 1 "
                            "WHERE kind = ?",
                            {std::string(operational::kMergeExpiry)})
                        .status();
                  }),
              IsOk());
  absl::StatusOr<v1::MergeOperation> now = *merged;
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (now.ok() && now->state() == v1::MergeOperation::APPLIED &&
         absl::Now() < deadline) {
    now = Call<v1::MergeOperation, v1::GetMergeOperationRequest>(
        "MergeOperationService.GetMergeOperation",
        absl::StrCat("name: '", preview->name(), "'"));
  }
  ASSERT_THAT(now, IsOk());
  EXPECT_EQ(now->state(), v1::MergeOperation::EXPIRED);
  EXPECT_THAT(
      Undo(preview->name()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
  EXPECT_EQ(GetCustomer("bob")->merged_into(), "customers/ada");
}

}  // namespace
}  // namespace crm::testing
