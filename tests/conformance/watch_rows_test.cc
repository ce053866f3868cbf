// Rows of the capability list about watching, as the callers of a service see
// them.

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::Change;
using ::crm::platform::v1::WatchRequest;

class WatchRows : public ::testing::Test {
 protected:
  WatchRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token_});
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  v1::Lead MakeLead(int number) {
    return Must<v1::Lead, v1::CreateLeadRequest>(
        "LeadService.CreateLead", absl::StrCat("lead_id: 'lead-", number,
                                               "' lead { display_name: 'L' }"));
  }

  v1::Lead Rename(const std::string& lead, absl::string_view display_name) {
    return Must<v1::Lead, v1::UpdateLeadRequest>(
        "LeadService.UpdateLead",
        absl::StrCat("lead { name: '", lead, "' display_name: '", display_name,
                     "' } update_mask { paths: 'display_name' }"));
  }

  std::unique_ptr<ApiStream> Watch(absl::string_view text) {
    return service_.client().Open("crm.platform.v1.ChangeService.Watch",
                                  Proto<WatchRequest>(text), {.token = token_});
  }

  // Returns the next change that is no heartbeat.
  static Change Next(ApiStream& stream) {
    for (;;) {
      const auto message = stream.Next();
      if (message == nullptr) {
        ADD_FAILURE() << "the stream has ended";
        return Change();
      }
      const auto& change = static_cast<const Change&>(*message);
      if (!change.event_id().empty()) return change;
    }
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(WatchRows, A25_ChangesOfAnyResourceComeLive) {
  const auto stream = Watch("from_beginning: true");

  // Each of the first three brings a customer along.
  MakeLead(1);
  EXPECT_EQ(Next(*stream).type(), "customer.created");
  EXPECT_EQ(Next(*stream).type(), "lead.created");
  Must<v1::Account, v1::CreateAccountRequest>(
      "AccountService.CreateAccount",
      "account_id: 'north' account { display_name: 'North' }");
  EXPECT_EQ(Next(*stream).type(), "customer.created");
  EXPECT_EQ(Next(*stream).type(), "account.created");
  Must<v1::Contact, v1::CreateContactRequest>(
      "ContactService.CreateContact",
      "contact_id: 'ada' contact { display_name: 'Ada' }");
  EXPECT_EQ(Next(*stream).type(), "customer.created");
  EXPECT_EQ(Next(*stream).type(), "contact.created");
  Must<v1::Customer, v1::CreateCustomerRequest>(
      "CustomerService.CreateCustomer",
      "customer_id: 'ada' customer { display_name: 'Ada' kind: PERSON }");
  EXPECT_EQ(Next(*stream).type(), "customer.created");
  const v1::Lead renamed = Rename("leads/lead-1", "Renamed");

  const Change change = Next(*stream);

  EXPECT_EQ(change.type(), "lead.updated");
  EXPECT_EQ(change.resource(), "leads/lead-1");
  EXPECT_EQ(change.resource_version(), 2);
  v1::Lead after;
  ASSERT_TRUE(after.ParseFromString(change.after()));
  EXPECT_EQ(after.display_name(), renamed.display_name());
  stream->Cancel();
}

TEST_F(WatchRows, A26_AListAndTheChangesAfterItsRevisionAreTheWhole) {
  // The revision is that of a change that the caller has seen.
  const auto before = Watch("from_beginning: true resource_types: 'crm/Lead'");
  for (int i = 0; i < 5; ++i) MakeLead(i);
  Change seen;
  for (int i = 0; i < 5; ++i) seen = Next(*before);
  before->Cancel();

  const auto listed = Must<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      "LeadService.ListLeads", "");
  std::map<std::string, std::string> leads;
  for (const v1::Lead& lead : listed.leads()) {
    leads[lead.name()] = lead.display_name();
  }
  ASSERT_EQ(leads.size(), 5u);
  for (int i = 3; i < 8; ++i) {
    if (i >= 5) MakeLead(i);
    Rename(absl::StrCat("leads/lead-", i), absl::StrCat("Changed ", i));
  }
  const auto after = Watch(absl::StrCat(
      "resource_types: 'crm/Lead' resume_token: '", seen.resume_token(), "'"));
  for (int i = 0; i < 8; ++i) {
    const Change change = Next(*after);
    v1::Lead lead;
    ASSERT_TRUE(lead.ParseFromString(change.after()));
    leads[lead.name()] = lead.display_name();
  }
  after->Cancel();

  std::map<std::string, std::string> now;
  const auto present = Must<v1::ListLeadsResponse, v1::ListLeadsRequest>(
      "LeadService.ListLeads", "");
  for (const v1::Lead& lead : present.leads()) {
    now[lead.name()] = lead.display_name();
  }
  EXPECT_EQ(now.size(), 8u);
  EXPECT_EQ(leads, now);
}

}  // namespace
}  // namespace crm::testing
