// Fails each operation of the disk in turn under the busiest writes of the
// suite: whatever fails, a call has all of its effect or none, and its repeat
// with the same request id succeeds with one effect.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/collaborative/app.h"
#include "services/operational/app.h"
#include "tests/conformance/stored_records.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

// More operations than any of the calls makes.
constexpr int kMaxOperations = 500;

// A call in text format, as in "LeadService.GetLead" and "name: 'leads/aa'".
struct TextCall {
  const char* method;
  const char* request;
};

// A write, and the calls that must have come before it.
struct WriteCase {
  std::string name;
  std::vector<TextCall> before;
  TextCall write;
};

constexpr TextCall kCustomer = {
    "CustomerService.CreateCustomer",
    "customer_id: 'aa' customer { display_name: 'Ada' kind: PERSON }"};
constexpr TextCall kDeleteCustomer = {"CustomerService.DeleteCustomer",
                                      "name: 'customers/aa'"};
constexpr TextCall kLead = {"LeadService.CreateLead",
                            "lead_id: 'aa' lead { display_name: 'Ada' }"};
constexpr TextCall kQualify = {"LeadService.QualifyLead", "name: 'leads/aa'"};
constexpr TextCall kProduct = {
    "ProductService.CreateProduct",
    "product_id: 'aa' product { display_name: 'Bolt' sku: 'B1' list_price { "
    "currency_code: 'USD' units: 1 } }"};
constexpr TextCall kOrder = {"OrderService.CreateOrder",
                             "order_id: 'aa' order { currency_code: 'USD' "
                             "lines { product: 'products/aa' "
                             "quantity: 3 } }"};
constexpr TextCall kSubmit = {"OrderService.SubmitOrder", "name: 'orders/aa'"};
constexpr TextCall kConversation = {
    "ConversationService.CreateConversation",
    "conversation_id: 'aa' conversation { customer: 'customers/aa' }"};
constexpr TextCall kResolve = {"ConversationService.ResolveConversation",
                               "name: 'conversations/aa'"};

std::vector<WriteCase> OperationalWrites() {
  return {
      {"CreateCustomer", {}, kCustomer},
      {"UpdateCustomer",
       {kCustomer},
       {"CustomerService.UpdateCustomer",
        "customer { name: 'customers/aa' display_name: 'Bob' } update_mask { "
        "paths: 'display_name' }"}},
      {"DeleteCustomer", {kCustomer}, kDeleteCustomer},
      {"UndeleteCustomer",
       {kCustomer, kDeleteCustomer},
       {"CustomerService.UndeleteCustomer", "name: 'customers/aa'"}},
      {"BatchCreateCustomers",
       {},
       {"CustomerService.BatchCreateCustomers",
        "requests { customer_id: 'aa' customer { display_name: 'A' kind: "
        "PERSON "
        "} } requests { customer_id: 'bb' customer { display_name: 'B' kind: "
        "PERSON } } requests { customer_id: 'cc' customer { display_name: 'C' "
        "kind: PERSON } }"}},
      {"BatchUpdateCustomers",
       {kCustomer},
       {"CustomerService.BatchUpdateCustomers",
        "requests { customer { name: 'customers/aa' display_name: 'B' } "
        "update_mask { paths: 'display_name' } }"}},
      {"BatchDeleteCustomers",
       {kCustomer},
       {"CustomerService.BatchDeleteCustomers",
        "requests { name: 'customers/aa' }"}},
      {"CreateIdentifier",
       {kCustomer},
       {"IdentifierService.CreateIdentifier",
        "parent: 'customers/aa' identifier { type: PHONE value: '+14155550100' "
        "}"}},
      {"CreateLead", {}, kLead},
      {"QualifyLead", {kLead}, kQualify},
      {"ConvertLead",
       {kLead, kQualify},
       {"LeadService.ConvertLead",
        "name: 'leads/aa' opportunity_display_name: 'Deal'"}},
      {"CreateProduct", {}, kProduct},
      {"CreateOrder", {kProduct}, kOrder},
      {"SubmitOrder", {kProduct, kOrder}, kSubmit},
      {"ConfirmOrder",
       {kProduct, kOrder, kSubmit},
       {"OrderService.ConfirmOrder", "name: 'orders/aa'"}},
      {"CancelOrder",
       {kProduct, kOrder},
       {"OrderService.CancelOrder", "name: 'orders/aa'"}},
      {"CreateActivity",
       {kLead},
       {"ActivityService.CreateActivity",
        "activity { subject: 'Call' kind: CALL targets: 'leads/aa' }"}},
  };
}

std::vector<WriteCase> CollaborativeWrites() {
  return {
      {"CreateConversation", {}, kConversation},
      {"CreateMessage",
       {kConversation},
       {"MessageService.CreateMessage",
        "parent: 'conversations/aa' message { channel: CHAT direction: INBOUND "
        "body: 'Hello' }"}},
      {"ResolveConversation", {kConversation}, kResolve},
      {"ReopenConversation",
       {kConversation, kResolve},
       {"ConversationService.ReopenConversation", "name: 'conversations/aa'"}},
  };
}

// One service over a disk that fails.
class Victim {
 public:
  Victim(const std::string& service, MakeService make)
      : package_(absl::StrCat("crm.", service, ".v1.")),
        service_(authority_, service, std::move(make),
                 [this](HostSettings& settings) {
                   settings.store_vfs = disk_.vfs();
                 }) {}

  FaultyDisk& disk() { return disk_; }

  // Makes the call in `tenant`.
  ApiAnswer Call(const std::string& tenant, const TextCall& call,
                 const std::string& request_id) {
    const auto* method =
        ApiClient::MethodOf(absl::StrCat(package_, call.method));
    const auto request = NewMessage(method->input_type());
    ParseTextOrDie(call.request, *request);
    const auto* id = method->input_type()->FindFieldByName("request_id");
    request->GetReflection()->SetString(request.get(), id, request_id);
    return service_.client().Call(
        method, *request,
        {.token = authority_.Token(tenant, "user:ada", {"everyone"})});
  }

  StoredRecords Records(const std::string& tenant) {
    return ReadRecords(service_.host().database(),
                       service_.host().service().application.catalog(), tenant);
  }

 private:
  // Outlives the service that lies on it.
  FaultyDisk disk_;
  TestAuthority authority_;
  const std::string package_;
  ServiceHarness service_;
};

// What lies between two states: nothing, or the whole effect of one call.
std::string CheckWhole(const StoredRecords& before, const StoredRecords& after,
                       size_t event_count) {
  if (after.remembered_answers != before.remembered_answers + 1) {
    return absl::StrCat(after.remembered_answers - before.remembered_answers,
                        " answers are remembered");
  }
  const size_t events = NewEvents(before, after).size();
  if (events != event_count) {
    return absl::StrCat(events, " events instead of ", event_count);
  }
  return CheckCommitRecords(before, after);
}

// Makes the call in a tenant of its own with `count` failures from the `nth`
// operation on, then repeats it on a good disk. Returns whether a failure hit.
bool FailOnce(Victim& victim, const WriteCase& item, int nth, int count,
              size_t event_count) {
  const std::string tenant =
      absl::StrCat(absl::AsciiStrToLower(item.name), "-", nth, "-", count);
  SCOPED_TRACE(absl::StrCat(tenant, ": failing ", count, " from operation ",
                            nth, " on"));
  for (const TextCall& call : item.before) {
    EXPECT_THAT(victim.Call(tenant, call, "").status, IsOk()) << call.method;
  }
  const StoredRecords before = victim.Records(tenant);

  victim.disk().FailNth(nth, count);
  const ApiAnswer answer = victim.Call(tenant, item.write, "r1");
  const bool hit = victim.disk().failures() > 0;
  victim.disk().FailNth(0, 0);
  const StoredRecords after = victim.Records(tenant);
  if (answer.status.ok()) {
    EXPECT_EQ(CheckWhole(before, after, event_count), "");
  } else {
    EXPECT_NE(ErrorReason(answer.status), "") << answer.status;
    EXPECT_TRUE(after == before ||
                CheckWhole(before, after, event_count).empty())
        << answer.status << "\nbefore: " << before << "\nafter: " << after;
  }

  const ApiAnswer repeated = victim.Call(tenant, item.write, "r1");
  EXPECT_THAT(repeated.status, IsOk());
  const StoredRecords settled = victim.Records(tenant);
  EXPECT_EQ(CheckWhole(before, settled, event_count), "");
  if (answer.status.ok()) {
    EXPECT_EQ(repeated.bytes, answer.bytes);
  }
  EXPECT_EQ(victim.Call(tenant, item.write, "r1").bytes, repeated.bytes);
  EXPECT_TRUE(victim.Records(tenant) == settled);
  return hit;
}

void FailEverywhere(Victim& victim, const std::vector<WriteCase>& writes,
                    int count) {
  for (const WriteCase& item : writes) {
    const std::string tenant =
        absl::StrCat(absl::AsciiStrToLower(item.name), "-good-", count);
    for (const TextCall& call : item.before) {
      ASSERT_THAT(victim.Call(tenant, call, "").status, IsOk()) << call.method;
    }
    const StoredRecords before = victim.Records(tenant);
    ASSERT_THAT(victim.Call(tenant, item.write, "r1").status, IsOk())
        << item.name;
    const size_t events = NewEvents(before, victim.Records(tenant)).size();
    ASSERT_GT(events, 0u);

    int nth = 1;
    while (nth < kMaxOperations && !::testing::Test::HasFailure() &&
           FailOnce(victim, item, nth, count, events)) {
      ++nth;
    }
    // A run in which nothing fails proves nothing.
    EXPECT_GT(nth, 3) << item.name;
    EXPECT_LT(nth, kMaxOperations) << item.name;
  }
}

TEST(StorageFaults, F32_AFailureAnywhereLeavesNoHalfWriteOfSalesBehind) {
  Victim victim("operational", operational::MakeOperational);
  FailEverywhere(victim, OperationalWrites(), 1);
}

TEST(StorageFaults, F32_AFailureAnywhereLeavesNoHalfConversationBehind) {
  Victim victim("collaborative", collaborative::MakeCollaborative);
  FailEverywhere(victim, CollaborativeWrites(), 1);
}

// What takes a failed write back, and opens the store anew, fails too.
TEST(StorageFaults, F32_FailuresWhileOneIsDealtWithLeaveNoHalfWriteBehind) {
  Victim victim("operational", operational::MakeOperational);
  FailEverywhere(victim, OperationalWrites(), 4);
}

}  // namespace
}  // namespace crm::testing
