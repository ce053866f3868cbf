// Rows of the capability list that the operational service shows alone, as its
// callers see them.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/feed.pb.h"
#include "crm/internal/v1/slice.pb.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "crm/profile/v1/commercial_slice.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::UnorderedElementsAre;

constexpr char kTraceParent[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";

class OperationalRows : public ::testing::Test {
 protected:
  OperationalRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  // Calls `method` (`LeadService.GetLead`) with the request in `text`.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token_});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  v1::Lead MakeLead(absl::string_view id, absl::string_view fields = "") {
    return Must<v1::Lead, v1::CreateLeadRequest>(
        "LeadService.CreateLead",
        absl::StrCat("lead_id: '", id, "' lead { display_name: '", id, "' ",
                     fields, " }"));
  }

  std::vector<std::string> Leads(absl::string_view filter) {
    v1::ListLeadsRequest request;
    request.set_filter(std::string(filter));
    const auto response = service_.client().Call<v1::ListLeadsResponse>(
        "crm.operational.v1.LeadService.ListLeads", request, {.token = token_});
    EXPECT_THAT(response, IsOk()) << filter;
    std::vector<std::string> names;
    if (!response.ok()) return names;
    for (const v1::Lead& lead : response->leads()) names.push_back(lead.name());
    return names;
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(OperationalRows, OP_02_ContactsAreFoundByTheirAccount) {
  const auto account = Must<v1::Account, v1::CreateAccountRequest>(
      "AccountService.CreateAccount",
      "account_id: 'north' account { display_name: 'North' }");
  for (const char* contact :
       {"contact_id: 'ada' contact { display_name: 'Ada' account: "
        "'accounts/north' email: 'Ada@Example.org' }",
        "contact_id: 'bob' contact { display_name: 'Bob' }"}) {
    Must<v1::Contact, v1::CreateContactRequest>("ContactService.CreateContact",
                                                contact);
  }

  const auto found = Must<v1::ListContactsResponse, v1::ListContactsRequest>(
      "ContactService.ListContacts", "filter: 'account = \"accounts/north\"'");

  ASSERT_EQ(found.contacts_size(), 1);
  EXPECT_EQ(found.contacts(0).name(), "contacts/ada");
  EXPECT_EQ(found.contacts(0).email(), "ada@example.org");
}

TEST_F(OperationalRows, OP_02_TwoSpellingsOfANumberAreOneContactPoint) {
  Must<v1::Customer, v1::CreateCustomerRequest>(
      "CustomerService.CreateCustomer",
      "customer_id: 'ada' customer { display_name: 'Ada' kind: PERSON }");

  std::set<std::string> forms;
  for (const char* value : {"+1 (415) 555-0100", "14155550100"}) {
    forms.insert(Must<v1::Identifier, v1::CreateIdentifierRequest>(
                     "IdentifierService.CreateIdentifier",
                     absl::StrCat("parent: 'customers/ada' identifier { type: "
                                  "PHONE value: '",
                                  value, "' }"))
                     .normalized_value());
  }

  EXPECT_THAT(forms, ElementsAre("+14155550100"));
}

TEST_F(OperationalRows, OP_04_TotalsAreExactAndOrdersMoveByVerbs) {
  Must<v1::Product, v1::CreateProductRequest>(
      "ProductService.CreateProduct",
      "product_id: 'bolt' product { display_name: 'Bolt' sku: 'B1' "
      "list_price { currency_code: 'USD' nanos: 100000000 } }");

  const auto order = Must<v1::Order, v1::CreateOrderRequest>(
      "OrderService.CreateOrder",
      "order_id: 'first' order { currency_code: 'USD' "
      "lines { product: 'products/bolt' quantity: 3 } "
      "lines { product: 'products/bolt' quantity: 7 "
      "        discount_millionths: 150000 "
      "        unit_price { currency_code: 'USD' units: 12 nanos: 340000000 } "
      "} }");

  // 3 x 0.10 + 7 x 12.34 x 0.85 = 0.30 + 73.423; as doubles it would drift.
  EXPECT_THAT(order.lines(0).amount(),
              EqualsProto("currency_code: 'USD' nanos: 300000000"));
  EXPECT_THAT(order.total(),
              EqualsProto("currency_code: 'USD' units: 73 nanos: 723000000"));
  EXPECT_THAT(
      (Call<v1::Order, v1::ConfirmOrderRequest>("OrderService.ConfirmOrder",
                                                "name: 'orders/first'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
  EXPECT_EQ((Must<v1::Order, v1::SubmitOrderRequest>("OrderService.SubmitOrder",
                                                     "name: 'orders/first'")
                 .state()),
            v1::Order::SUBMITTED);
  const auto confirmed = Must<v1::Order, v1::ConfirmOrderRequest>(
      "OrderService.ConfirmOrder", "name: 'orders/first'");
  EXPECT_EQ(confirmed.state(), v1::Order::CONFIRMED);
  EXPECT_EQ(confirmed.total().units(), 73);
}

TEST_F(OperationalRows, OP_09_ActivitiesAreListedByAnyTarget) {
  MakeLead("warm");
  Must<v1::Activity, v1::CreateActivityRequest>(
      "ActivityService.CreateActivity",
      "activity_id: 'call' activity { subject: 'Call' kind: CALL "
      "targets: 'leads/warm' targets: 'accounts/north' }");
  Must<v1::Activity, v1::CreateActivityRequest>(
      "ActivityService.CreateActivity",
      "activity_id: 'visit' activity { subject: 'Visit' kind: VISIT "
      "targets: 'leads/cold' }");

  for (const char* target : {"leads/warm", "accounts/north"}) {
    const auto found =
        Must<v1::ListActivitiesResponse, v1::ListActivitiesRequest>(
            "ActivityService.ListActivities",
            absl::StrCat("filter: 'targets:\"", target, "\"'"));
    ASSERT_EQ(found.activities_size(), 1) << target;
    EXPECT_EQ(found.activities(0).name(), "activities/call");
  }
}

TEST_F(OperationalRows, OP_09_AnActivityIsPlannedThenDoneOnce) {
  const auto planned = Must<v1::Activity, v1::CreateActivityRequest>(
      "ActivityService.CreateActivity",
      "activity_id: 'call' activity { subject: 'Call' kind: CALL }");
  const auto done = Must<v1::Activity, v1::CompleteActivityRequest>(
      "ActivityService.CompleteActivity",
      "name: 'activities/call' outcome: 'She buys.'");

  EXPECT_EQ(planned.state(), v1::Activity::PLANNED);
  EXPECT_EQ(done.state(), v1::Activity::DONE);
  EXPECT_EQ(done.outcome(), "She buys.");
  EXPECT_EQ(done.complete_time().seconds(), done.update_time().seconds());
  EXPECT_THAT(
      (Call<v1::Activity, v1::CompleteActivityRequest>(
          "ActivityService.CompleteActivity", "name: 'activities/call'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
}

TEST_F(OperationalRows, OP_11_SlicesShowAWriteAtOnce) {
  const v1::Lead lead = MakeLead("warm");
  internal::v1::ReadSlicesRequest request;
  request.set_customer(lead.customer());
  request.add_slices("COMMERCIAL");

  const auto read = service_.client().Call<internal::v1::ReadSlicesResponse>(
      "crm.internal.v1.SliceService.Read", request, {.token = token_});

  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->slices_size(), 1);
  EXPECT_EQ(read->slices(0).state(), internal::v1::SliceEnvelope::PRESENT);
  EXPECT_GE(read->slices(0).as_of_time().seconds(),
            lead.create_time().seconds());
  profile::v1::CommercialSlice slice;
  ASSERT_TRUE(slice.ParseFromString(read->slices(0).payload()));
  EXPECT_EQ(slice.lead_count(), 1);
}

TEST_F(OperationalRows, A03_A05_APartialUpdateIsGuardedByItsEtag) {
  const v1::Lead lead = MakeLead("warm", "company: 'North'");
  const std::string request = absl::StrCat(
      "update_mask { paths: 'origin' } lead { name: 'leads/warm' origin: "
      "'fair' company: 'ignored' etag: '",
      lead.etag(), "' }");

  const auto updated =
      Must<v1::Lead, v1::UpdateLeadRequest>("LeadService.UpdateLead", request);

  EXPECT_EQ(updated.origin(), "fair");
  EXPECT_EQ(updated.company(), "North");
  EXPECT_THAT((Call<v1::Lead, v1::UpdateLeadRequest>("LeadService.UpdateLead",
                                                     request)),
              StatusIs(absl::StatusCode::kAborted, "ETAG_MISMATCH"));
}

TEST_F(OperationalRows, A06_ConvertingTwiceWithOneRequestIdConvertsOnce) {
  MakeLead("warm");
  Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead",
                                         "name: 'leads/warm'");
  constexpr char kRequest[] =
      "name: 'leads/warm' opportunity_display_name: 'Deal' request_id: 'r1'";

  const auto preview = Must<v1::ConvertLeadResponse, v1::ConvertLeadRequest>(
      "LeadService.ConvertLead",
      absl::StrCat(kRequest, " validate_only: true"));
  const auto first = Must<v1::ConvertLeadResponse, v1::ConvertLeadRequest>(
      "LeadService.ConvertLead", kRequest);
  const auto second = Must<v1::ConvertLeadResponse, v1::ConvertLeadRequest>(
      "LeadService.ConvertLead", kRequest);

  EXPECT_EQ(preview.lead().state(), v1::Lead::CONVERTED);
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ((Must<v1::ListAccountsResponse, v1::ListAccountsRequest>(
                 "AccountService.ListAccounts", "")
                 .accounts_size()),
            1);
  EXPECT_THAT(
      (Call<v1::ConvertLeadResponse, v1::ConvertLeadRequest>(
          "LeadService.ConvertLead", "name: 'leads/warm'")),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION"));
}

TEST_F(OperationalRows, A07_AKeyOfTheCallersOwnUpserts) {
  for (const char* origin : {"import-1", "import-2"}) {
    const auto lead = Must<v1::Lead, v1::UpdateLeadRequest>(
        "LeadService.UpdateLead",
        absl::StrCat("allow_missing: true lead { name: 'leads/erp-4711' "
                     "display_name: 'From the ERP' origin: '",
                     origin, "' }"));
    EXPECT_EQ(lead.origin(), origin);
  }
  EXPECT_THAT(Leads(""), ElementsAre("leads/erp-4711"));
}

TEST_F(OperationalRows, A08_A09_PAIN_25_ABatchIsAtomicOrTellsOfEachItem) {
  constexpr char kItems[] =
      "requests { lead_id: 'one' lead { display_name: 'One' } } "
      "requests { lead_id: 'two' lead { email: 'no address' } } ";

  const auto atomic =
      Call<v1::BatchCreateLeadsResponse, v1::BatchCreateLeadsRequest>(
          "LeadService.BatchCreateLeads", kItems);
  const auto fields = FieldViolations(atomic.status());
  EXPECT_THAT(fields, Contains(Field(&FieldViolation::field,
                                     "requests[1].lead.display_name")));
  EXPECT_THAT(fields, Contains(Field(&FieldViolation::field,
                                     "requests[1].lead.email")));
  EXPECT_THAT(Leads(""), ElementsAre());

  const auto parted =
      Must<v1::BatchCreateLeadsResponse, v1::BatchCreateLeadsRequest>(
          "LeadService.BatchCreateLeads",
          absl::StrCat(kItems, "return_partial_success: true"));
  ASSERT_EQ(parted.statuses_size(), 2);
  EXPECT_THAT(FromRpcStatus(parted.statuses(0)), IsOk());
  EXPECT_THAT(FromRpcStatus(parted.statuses(1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Leads(""), ElementsAre("leads/one"));
}

TEST_F(OperationalRows, A15_FiltersAreTreesInWhichOrBindsTighter) {
  MakeLead("aa", "company: 'North' origin: 'fair'");
  MakeLead("bb", "company: 'North' origin: 'web'");
  MakeLead("cc", "company: 'South' origin: 'web'");
  MakeLead("dd", "labels { key: 'region' value: 'eu' }");

  EXPECT_THAT(Leads("company = \"North\" AND origin = \"fair\" OR origin = "
                    "\"web\""),
              ElementsAre("leads/aa", "leads/bb"));
  EXPECT_THAT(Leads("(company = \"North\" AND origin = \"fair\") OR company = "
                    "\"South\""),
              ElementsAre("leads/aa", "leads/cc"));
  EXPECT_THAT(Leads("NOT company = \"North\""),
              ElementsAre("leads/cc", "leads/dd"));
  EXPECT_THAT(Leads("labels:region AND -origin = \"web\""),
              ElementsAre("leads/dd"));
  EXPECT_THAT(Leads("company = \"*th\" AND NOT (origin = \"fair\")"),
              ElementsAre("leads/bb", "leads/cc"));
}

TEST_F(OperationalRows, A27_EventsCarryBeforeAndAfter) {
  MakeLead("warm");
  Must<v1::Lead, v1::QualifyLeadRequest>("LeadService.QualifyLead",
                                         "name: 'leads/warm'");
  ASSERT_THAT(service_.host().relay().Flush(absl::Seconds(30)), IsOk());

  int found = 0;
  for (int partition = 0; partition < kDefaultPartitions; ++partition) {
    internal::v1::ReadFeedRequest request;
    request.set_partition(partition);
    const auto page = service_.client().Call<internal::v1::ReadFeedResponse>(
        "crm.internal.v1.Feed.Read", request,
        {.token = authority_.SystemToken()});
    ASSERT_THAT(page, IsOk());
    for (const auto& event : page->events()) {
      if (event.type() != "lead.updated") continue;
      ++found;
      v1::Lead before;
      v1::Lead after;
      ASSERT_TRUE(before.ParseFromString(event.before()));
      ASSERT_TRUE(after.ParseFromString(event.after()));
      EXPECT_EQ(before.state(), v1::Lead::NEW);
      EXPECT_EQ(after.state(), v1::Lead::QUALIFIED);
      EXPECT_THAT(event.changed_fields(),
                  UnorderedElementsAre("state", "qualify_time"));
    }
  }
  EXPECT_EQ(found, 1);
}

TEST_F(OperationalRows, A28_TheTrailOfAResourceSaysWhoChangedWhat) {
  MakeLead("warm");
  const std::string bob =
      authority_.Token("acme", "user:bob", {"sales_manager"});
  ASSERT_THAT(service_.client().Call<v1::Lead>(
                  "crm.operational.v1.LeadService.QualifyLead",
                  Proto<v1::QualifyLeadRequest>("name: 'leads/warm'"),
                  {.token = bob, .metadata = {{"traceparent", kTraceParent}}}),
              IsOk());

  const auto trail =
      service_.client().Call<platform::v1::ListAuditEntriesResponse>(
          "crm.platform.v1.AuditService.ListAuditEntries",
          Proto<platform::v1::ListAuditEntriesRequest>(
              "filter: 'resource = \"leads/warm\"'"),
          {.token = authority_.Token("acme", "user:ann", {"auditor"})});

  // The newest first.
  ASSERT_THAT(trail, IsOk());
  ASSERT_EQ(trail->audit_entries_size(), 2);
  const auto& entry = trail->audit_entries(0);
  EXPECT_EQ(entry.actor(), "user:bob");
  EXPECT_THAT(entry.roles(), ElementsAre("sales_manager"));
  EXPECT_EQ(entry.method(), "/crm.operational.v1.LeadService/QualifyLead");
  EXPECT_THAT(entry.changed_fields(),
              UnorderedElementsAre("state", "qualify_time"));
  EXPECT_EQ(entry.resource_version(), 2);
  EXPECT_EQ(entry.trace_id(), kTraceId);
  EXPECT_EQ(trail->audit_entries(1).actor(), "user:ada");
}

TEST_F(OperationalRows, E08_EveryAnswerHasTheTraceOfItsCall) {
  const auto* method =
      ApiClient::MethodOf("crm.operational.v1.LeadService.GetLead");
  MakeLead("warm");
  for (const char* name : {"leads/warm", "leads/missing"}) {
    v1::GetLeadRequest request;
    request.set_name(name);

    const ApiAnswer answer = service_.client().Call(
        method, request,
        {.token = token_, .metadata = {{"traceparent", kTraceParent}}});
    const ApiAnswer untraced =
        service_.client().Call(method, request, {.token = token_});

    const auto of = [](const ApiAnswer& it) {
      const auto header = FindMetadata(it.headers, "crm-trace-id");
      return std::string(
          header.empty() ? FindMetadata(it.trailers, "crm-trace-id") : header);
    };
    EXPECT_EQ(of(answer), kTraceId) << name;
    EXPECT_EQ(of(untraced).size(), 32u) << name;
    EXPECT_NE(of(untraced), kTraceId) << name;
  }
}

TEST_F(OperationalRows, E09_AllViolationsComeAtOnce) {
  const auto created = Call<v1::Order, v1::CreateOrderRequest>(
      "OrderService.CreateOrder",
      "order { currency_code: 'dollars' lines { quantity: -1 } "
      "lines { product: 'nothing' quantity: 1 } }");

  std::vector<std::string> fields;
  for (const auto& violation : FieldViolations(created.status())) {
    fields.push_back(violation.field);
    EXPECT_NE(violation.description, "");
  }
  EXPECT_THAT(fields, UnorderedElementsAre(
                          "order.currency_code", "order.lines[0].product",
                          "order.lines[0].quantity", "order.lines[1].product"));
}

}  // namespace
}  // namespace crm::testing
