// Which rows a caller reaches, on a running service: lists, reads, writes,
// watches and profiles alike.

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/slice.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "crm/profile/v1/commercial_slice.pb.h"
#include "shared/base/status_macros.h"
#include "shared/resource/standard_reads.h"
#include "tests/conformance/access_fixture.h"

namespace crm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(AccessRows, A36_ARepReachesWhatHisTeamOwns) {
  MakeLead("hers", "user:ann");
  MakeLead("mates", "user:ben");
  MakeLead("far", "user:cid");

  EXPECT_THAT(LeadsOf(ann_), ElementsAre("leads/hers", "leads/mates"));
  EXPECT_THAT(LeadsOf(admin_),
              ElementsAre("leads/far", "leads/hers", "leads/mates"));
  EXPECT_THAT(GetLead(ann_, "mates"), IsOk());
  // What she may not read is what does not exist, word for word.
  const auto far = GetLead(ann_, "far");
  const auto none = GetLead(ann_, "nix");
  EXPECT_THAT(far, StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_EQ(std::string(far.status().message()).substr(12),
            std::string(none.status().message()).substr(12));
  for (const char* method : {"QualifyLead", "DeleteLead"}) {
    const auto answer = Call<v1::Lead, v1::QualifyLeadRequest>(
        method[0] == 'D' ? TokenOf("user:ann", "sales_manager") : ann_,
        absl::StrCat("LeadService.", method), "name: 'leads/far'");
    // A manager may.
    EXPECT_EQ(answer.ok(), method[0] == 'D') << method;
  }
}

TEST_F(AccessRows, A36_PAIN_15_PagesHoldOnlyWhatTheCallerReaches) {
  for (int i = 0; i < 12; ++i) {
    MakeLead(absl::StrCat("lead-", 10 + i),
             i % 3 == 0 ? "user:ann" : "user:cid");
  }
  std::vector<std::string> names;
  std::string token;
  do {
    const auto page = Call<v1::ListLeadsResponse, v1::ListLeadsRequest>(
        ann_, "LeadService.ListLeads",
        absl::StrCat("page_size: 3 page_token: '", token, "'"));
    ASSERT_THAT(page, IsOk());
    for (const auto& lead : page->leads()) names.push_back(lead.name());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(names, ElementsAre("leads/lead-10", "leads/lead-13",
                                 "leads/lead-16", "leads/lead-19"));
}

TEST_F(AccessRows, A36_NewRowsBelongToTheirMaker) {
  const auto mine = Call<v1::Lead, v1::CreateLeadRequest>(
      ann_, "LeadService.CreateLead", "lead { display_name: 'x' }");
  ASSERT_THAT(mine, IsOk());
  EXPECT_EQ(mine->owner(), "user:ann");

  // Nor can she plant a row where she would not see it, or give one away.
  EXPECT_THAT(
      (Call<v1::Lead, v1::CreateLeadRequest>(
          ann_, "LeadService.CreateLead",
          "lead { display_name: 'x' owner: 'user:cid' }")),
      StatusIs(absl::StatusCode::kPermissionDenied, "ROW_NOT_WRITABLE"));
  EXPECT_THAT(
      (Call<v1::Lead, v1::UpdateLeadRequest>(
          ann_, "LeadService.UpdateLead",
          absl::StrCat("lead { name: '", mine->name(),
                       "' owner: 'user:cid' }"))),
      StatusIs(absl::StatusCode::kPermissionDenied, "ROW_NOT_WRITABLE"));
}

TEST_F(AccessRows, A36_NestedRowsGoWithTheRowAbove) {
  for (const char* id : {"ann", "cid"}) {
    Must(Call<v1::Customer, v1::CreateCustomerRequest>(
        admin_, "CustomerService.CreateCustomer",
        absl::StrCat("customer { display_name: '", id,
                     "' kind: PERSON owner: 'user:", id,
                     "' } customer_id: 'of-", id, "'")));
    Must(Call<v1::Identifier, v1::CreateIdentifierRequest>(
        admin_, "IdentifierService.CreateIdentifier",
        absl::StrCat("parent: 'customers/of-", id,
                     "' identifier { type: EMAIL value: '", id,
                     "@example.org' } identifier_id: 'mail'")));
  }
  const auto listed =
      Call<v1::ListIdentifiersResponse, v1::ListIdentifiersRequest>(
          ann_, "IdentifierService.ListIdentifiers", "parent: 'customers/-'");
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->identifiers_size(), 1);
  EXPECT_EQ(listed->identifiers(0).name(), "customers/of-ann/identifiers/mail");
  EXPECT_THAT((Call<v1::Identifier, v1::GetIdentifierRequest>(
                  ann_, "IdentifierService.GetIdentifier",
                  "name: 'customers/of-cid/identifiers/mail'")),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  // Nor does she make one there, or learn by a reference that there is one.
  EXPECT_THAT((Call<v1::Identifier, v1::CreateIdentifierRequest>(
                  ann_, "IdentifierService.CreateIdentifier",
                  "parent: 'customers/of-cid' identifier { type: EMAIL "
                  "value: 'x@example.org' }")),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  EXPECT_THAT((Call<v1::Lead, v1::CreateLeadRequest>(
                  ann_, "LeadService.CreateLead",
                  "lead { display_name: 'x' customer: 'customers/of-cid' }")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(AccessRows, A36_ExpressionsAreFiltersWithTheCallersTerms) {
  ASSERT_THAT(
      MakeRole(admin_, "scout",
               "grants { permissions: 'leads.get' permissions: 'leads.list' "
               "permissions: 'leads.update' scope: EXPRESSION expression: "
               "'labels.region = caller.labels.region AND NOT owner = "
               "caller.subject' }"),
      IsOk());
  Must(Call<v1::User, v1::CreateUserRequest>(
      admin_, "UserService.CreateUser",
      "user { display_name: 'eve' subject: 'user:eve' roles: 'scout' "
      "labels { key: 'region' value: 'we*st' } }"));
  MakeLead("west", "user:ann", "labels { key: 'region' value: 'we*st' }");
  MakeLead("wild", "user:ann", "labels { key: 'region' value: 'we-o-st' }");
  MakeLead("own", "user:eve", "labels { key: 'region' value: 'we*st' }");
  const std::string eve = authority_.Token("acme", "user:eve", {});

  EXPECT_THAT(LeadsOf(eve), ElementsAre("leads/west"));
  EXPECT_THAT(GetLead(eve, "wild"),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  // Who lacks the label reaches nothing.
  EXPECT_THAT(LeadsOf(authority_.Token("acme", "user:joe", {"scout"})),
              IsEmpty());
}

// Stores leads of nobody's, too many to make them by calls.
class ManyRows : public AccessRows {
 protected:
  void MakeHiddenLeads(const std::string& prefix, int count) {
    const Resource& leads =
        *service_.host().service().application.catalog().Find(
            v1::Lead::descriptor());
    ASSERT_THAT(
        service_.host().database().WriteAndWait(
            absl::InfiniteFuture(),
            [&](SqlWriter& writer) -> absl::Status {
              for (int i = 0; i < count; ++i) {
                v1::Lead lead;
                lead.set_name(absl::StrCat("leads/", prefix, "-", i));
                lead.set_uid(lead.name());
                lead.set_display_name("Hidden");
                lead.set_etag("\"1\"");
                CRM_RETURN_IF_ERROR(leads.table.Insert(writer, "acme", lead));
              }
              return absl::OkStatus();
            }),
        IsOk());
  }
};

TEST_F(ManyRows, A36_PagesTellNothingOfRowsThatNoStatementTellsApart) {
  // What is in a label is not in a column, so that every row is looked at.
  ASSERT_THAT(MakeRole(admin_, "scout",
                       "grants { permissions: 'leads.list' scope: EXPRESSION "
                       "expression: 'labels.region = \"west\"' }"),
              IsOk());
  const std::string west = "labels { key: 'region' value: 'west' }";
  MakeLead("a1", "user:ann", west);
  MakeLead("a2", "user:ann", west);
  MakeHiddenLeads("b", kMaxScan + 1);
  MakeLead("c1", "user:ann", west);
  const std::string eve = authority_.Token("acme", "user:eve", {"scout"});
  const auto page = [&](int size, const std::string& token = "") {
    auto listed = Call<v1::ListLeadsResponse, v1::ListLeadsRequest>(
        eve, "LeadService.ListLeads",
        absl::StrCat("page_size: ", size, " page_token: '", token, "'"));
    EXPECT_THAT(listed, IsOk());
    return listed.value_or(v1::ListLeadsResponse());
  };

  // No gap, however many lie between.
  const v1::ListLeadsResponse all = page(10);
  EXPECT_EQ(all.leads_size(), 3);
  EXPECT_EQ(all.next_page_token(), "");
  const v1::ListLeadsResponse first = page(2);
  EXPECT_EQ(first.leads_size(), 2);
  const v1::ListLeadsResponse second = page(2, first.next_page_token());
  EXPECT_EQ(second.leads_size(), 1);
  EXPECT_EQ(second.next_page_token(), "");
  // No token for a page that would be empty.
  MakeHiddenLeads("d", 1);
  EXPECT_EQ(page(3).leads_size(), 3);
  EXPECT_EQ(page(3).next_page_token(), "");
}

TEST_F(AccessRows, A36_ReadableIsNotWritable) {
  ASSERT_THAT(MakeRole(admin_, "reader",
                       "grants { permissions: 'leads.get' } grants { "
                       "permissions: 'leads.update' scope: OWN }"),
              IsOk());
  MakeLead("far", "user:cid");
  const std::string reader = TokenOf("user:ann", "reader");
  EXPECT_THAT(GetLead(reader, "far"), IsOk());
  EXPECT_THAT(
      (Call<v1::Lead, v1::UpdateLeadRequest>(
          reader, "LeadService.UpdateLead",
          "lead { name: 'leads/far' display_name: 'y' }")),
      StatusIs(absl::StatusCode::kPermissionDenied, "ROW_NOT_WRITABLE"));
}

TEST_F(AccessRows, A36_WatchersSeeRowsComeAndGo) {
  MakeLead("moving", "user:cid");
  for (const char* owner : {"user:ann", "user:cid", "user:ben"}) {
    Must(Call<v1::Lead, v1::UpdateLeadRequest>(
        admin_, "LeadService.UpdateLead",
        absl::StrCat("lead { name: 'leads/moving' owner: '", owner, "' }")));
  }
  auto stream = service_.client().Open(
      "crm.platform.v1.ChangeService.Watch",
      Proto<platform::v1::WatchRequest>("from_beginning: true "
                                        "resource_types: 'crm/Lead'"),
      {.token = ann_});
  std::vector<std::string> types;
  for (int i = 0; i < 3; ++i) {
    const auto message = stream->Next();
    ASSERT_NE(message, nullptr);
    const auto& change = static_cast<const platform::v1::Change&>(*message);
    types.push_back(change.type());
    const bool gone = change.type() == "lead.deleted";
    EXPECT_EQ(change.after().empty(), gone);
    EXPECT_EQ(change.actor().empty(), gone);
  }
  stream->Cancel();
  EXPECT_THAT(types,
              ElementsAre("lead.created", "lead.deleted", "lead.created"));
}

TEST_F(AccessRows, A36_ProfilesAreMadeOfWhatTheCallerMayRead) {
  for (const char* id : {"ann", "cid"}) {
    Must(Call<v1::Customer, v1::CreateCustomerRequest>(
        admin_, "CustomerService.CreateCustomer",
        absl::StrCat("customer { display_name: '", id,
                     "' kind: PERSON owner: 'user:", id,
                     "' } customer_id: 'of-", id, "'")));
  }
  for (const char* owner : {"ann", "cid"}) {
    Must(Call<v1::Opportunity, v1::CreateOpportunityRequest>(
        admin_, "OpportunityService.CreateOpportunity",
        absl::StrCat("opportunity { display_name: 'x' customer: "
                     "'customers/of-ann' owner: 'user:",
                     owner, "' }")));
  }
  const auto read = [&](const std::string& token, const std::string& customer) {
    const auto slices =
        service_.client().Call<internal::v1::ReadSlicesResponse>(
            "crm.internal.v1.SliceService.Read",
            Proto<internal::v1::ReadSlicesRequest>(absl::StrCat(
                "customer: 'customers/", customer, "' slices: 'COMMERCIAL'")),
            {.token = token});
    EXPECT_THAT(slices, IsOk());
    profile::v1::CommercialSlice commercial;
    if (!slices.ok() ||
        slices->slices(0).state() != internal::v1::SliceEnvelope::PRESENT) {
      return -1;
    }
    commercial.ParseFromString(slices->slices(0).payload());
    return static_cast<int>(commercial.open_opportunity_count());
  };
  EXPECT_EQ(read(admin_, "of-ann"), 2);
  EXPECT_EQ(read(ann_, "of-ann"), 1);
  EXPECT_EQ(read(ann_, "of-cid"), -1);
  EXPECT_EQ(read(admin_, "of-cid"), 0);
}

TEST_F(AccessRows, A36_AUniqueValueDoesNotTellWhoHoldsIt) {
  const auto make = [&](const std::string& token) {
    return Call<v1::User, v1::CreateUserRequest>(
        token, "UserService.CreateUser",
        "user { display_name: 'x' subject: 'user:cid' }");
  };
  ASSERT_THAT(
      MakeRole(admin_, "clerk", "grants { permissions: 'users.create' }"),
      IsOk());
  const auto open = make(admin_);
  const auto closed = make(TokenOf("user:ann", "clerk"));
  EXPECT_THAT(open,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  EXPECT_THAT(closed,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  EXPECT_NE(open.status().message().find("users/cid"), std::string::npos);
  EXPECT_EQ(closed.status().ToString().find("users/cid"), std::string::npos);
}

TEST_F(AccessRows, A36_APortalTokenReachesItsCustomerAlone) {
  for (const char* id : {"one", "two"}) {
    Must(Call<v1::Customer, v1::CreateCustomerRequest>(
        admin_, "CustomerService.CreateCustomer",
        absl::StrCat("customer { display_name: '", id,
                     "' kind: PERSON } customer_id: '", id, "'")));
    MakeLead(absl::StrCat("of-", id), "user:ann",
             absl::StrCat("customer: 'customers/", id, "'"));
  }
  const auto portal = [&](const std::string& role) {
    return authority_.CustomerToken("acme", "user:portal", {role},
                                    "customers/one");
  };
  const auto listed = Call<v1::ListCustomersResponse, v1::ListCustomersRequest>(
      portal("portal_customer"), "CustomerService.ListCustomers", "");
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->customers_size(), 1);
  EXPECT_EQ(listed->customers(0).name(), "customers/one");
  EXPECT_EQ(listed->customers(0).owner(), "");
  // The bound holds whatever the roles are.
  EXPECT_THAT(LeadsOf(portal("tenant_admin")), ElementsAre("leads/of-one"));
  EXPECT_THAT(GetLead(portal("tenant_admin"), "of-two"),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

}  // namespace
}  // namespace crm::testing
