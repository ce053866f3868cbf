// Who read personal data of a running service, as its audit trail tells it.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/lead_bulk.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::AuditEntry;
using ::crm::platform::v1::ListAuditEntriesResponse;
using ::crm::testing::IsOk;
using ::crm::testing::Proto;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;
using ::google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(20);

class ReadAuditTest : public ::testing::Test {
 protected:
  explicit ReadAuditTest(
      ReadLog::Recorded recorded = ReadLog::Recorded::kEveryone)
      : service_(authority_, "operational", operational::MakeOperational,
                 [recorded](HostSettings& settings) {
                   settings.audited_reads = recorded;
                 }) {
    for (const char* id : {"hers", "his"}) {
      const std::string owner = id == std::string("hers") ? "ann" : "cid";
      EXPECT_THAT(Call<v1::Lead>("LeadService.CreateLead",
                                 Proto<v1::CreateLeadRequest>(absl::StrCat(
                                     "lead { display_name: 'x' owner: 'user:",
                                     owner, "' } lead_id: '", id, "'")),
                                 admin_),
                  IsOk());
    }
  }

  std::string TokenOf(const std::string& subject, const std::string& role,
                      const std::string& tenant = "acme") const {
    return authority_.Token(tenant, subject, {role});
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(const std::string& method,
                                const Request& request,
                                const std::string& token) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), request, {.token = token});
  }

  absl::Status GetLead(const std::string& name, const std::string& token) {
    v1::GetLeadRequest request;
    request.set_name(name);
    return Call<v1::Lead>("LeadService.GetLead", request, token).status();
  }

  absl::StatusOr<ListAuditEntriesResponse> List(const std::string& filter,
                                                const std::string& token) {
    platform::v1::ListAuditEntriesRequest request;
    request.set_filter(filter);
    request.set_page_size(1000);
    return service_.client().Call<ListAuditEntriesResponse>(
        "crm.platform.v1.AuditService.ListAuditEntries", request,
        {.token = token});
  }

  // Returns the entries that match once `count` resources are told read.
  std::vector<AuditEntry> AwaitReads(const std::string& more, int64_t count) {
    const absl::Time end = absl::Now() + kPatience;
    std::vector<AuditEntry> entries;
    while (absl::Now() < end) {
      const auto listed = List("outcome = READ AND " + more, auditor_);
      EXPECT_THAT(listed, IsOk());
      if (!listed.ok()) return {};
      entries.assign(listed->audit_entries().begin(),
                     listed->audit_entries().end());
      int64_t found = 0;
      for (const AuditEntry& entry : entries) found += entry.read_count();
      if (found >= count) return entries;
      absl::SleepFor(absl::Milliseconds(5));
    }
    ADD_FAILURE() << "Reads are not told: " << more;
    return entries;
  }

  TestAuthority authority_;
  const std::string admin_ = TokenOf("user:root", "tenant_admin");
  const std::string auditor_ = TokenOf("user:eye", "auditor");
  const std::string ann_ = TokenOf("user:ann", "sales_rep");
  ServiceHarness service_;
};

class PrivilegedReadAuditTest : public ReadAuditTest {
 protected:
  PrivilegedReadAuditTest() : ReadAuditTest(ReadLog::Recorded::kPrivileged) {}
};

TEST_F(ReadAuditTest, A29_TellsWhoReadWhichRecord) {
  ASSERT_THAT(GetLead("leads/hers", ann_), IsOk());
  // Her rows end here, and so does what she has read.
  ASSERT_THAT(GetLead("leads/his", ann_),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
  v1::BatchGetLeadsRequest both;
  both.add_names("leads/hers");
  both.add_names("leads/his");
  ASSERT_THAT(Call<v1::BatchGetLeadsResponse>("LeadService.BatchGetLeads", both,
                                              admin_),
              IsOk());

  const auto hers = AwaitReads("actor = \"user:ann\"", 1);
  ASSERT_EQ(hers.size(), 1);
  EXPECT_EQ(hers[0].method(), "/crm.operational.v1.LeadService/GetLead");
  EXPECT_EQ(hers[0].resource_type(), "crm/Lead");
  EXPECT_THAT(hers[0].roles(), ElementsAre("sales_rep"));
  EXPECT_THAT(hers[0].read_names(), ElementsAre("leads/hers"));
  EXPECT_EQ(hers[0].read_count(), 1);
  EXPECT_LT(absl::Now() - absl::FromUnixSeconds(hers[0].event_time().seconds()),
            kPatience);
  const auto admins = AwaitReads("actor = \"user:root\"", 2);
  ASSERT_EQ(admins.size(), 1);
  EXPECT_THAT(admins[0].read_names(),
              UnorderedElementsAre("leads/hers", "leads/his"));
  // Asked by the record, too.
  EXPECT_EQ(AwaitReads("read_names:\"leads/his\"", 2).size(), 1);
}

TEST_F(ReadAuditTest, A29_TellsOfListsTheFilterAndHowManyRowsWereSeen) {
  v1::ListLeadsRequest list;
  list.set_filter("display_name = \"x\"");
  ASSERT_THAT(Call<v1::ListLeadsResponse>("LeadService.ListLeads", list, ann_),
              IsOk());

  const auto entries = AwaitReads("actor = \"user:ann\"", 1);

  ASSERT_EQ(entries.size(), 1);
  EXPECT_EQ(entries[0].filter(), "display_name = \"x\"");
  EXPECT_EQ(entries[0].read_count(), 1) << "The other row is not hers.";
  EXPECT_TRUE(entries[0].read_names().empty());
}

TEST_F(ReadAuditTest, A29_TellsOfExportsAndOfWhoTookThem) {
  v1::ExportLeadsRequest request;
  request.set_filter("display_name = \"x\"");
  const auto started = Call<Operation>("LeadBulkService.ExportLeads", request,
                                       TokenOf("user:boss", "tenant_admin"));
  ASSERT_THAT(started, IsOk());

  const auto exported =
      AwaitReads("method = \"*/ExportLeads\" AND actor = \"user:boss\"", 2);

  ASSERT_EQ(exported.size(), 1);
  EXPECT_EQ(exported[0].resource(), started->name());
  EXPECT_EQ(exported[0].filter(), "display_name = \"x\"");
  EXPECT_EQ(exported[0].read_count(), 2);
  platform::v1::ReadOperationOutputRequest read;
  read.set_name(started->name());
  ASSERT_THAT(service_.client().Call<platform::v1::ReadOperationOutputResponse>(
                  "crm.platform.v1.Operations.ReadOperationOutput", read,
                  {.token = TokenOf("user:boss", "tenant_admin")}),
              IsOk());
  EXPECT_THAT(
      AwaitReads("method = \"*/ReadOperationOutput\"", 1)[0].read_names(),
      ElementsAre(started->name()));
}

TEST_F(ReadAuditTest, A29_IsTheAuditorsToReadAndOfHisTenantAlone) {
  ASSERT_THAT(GetLead("leads/hers", ann_), IsOk());
  AwaitReads("actor = \"user:ann\"", 1);

  for (const char* role : {"sales_rep", "sales_manager", "support_lead"}) {
    EXPECT_THAT(
        List("outcome = READ", TokenOf("user:ann", role)),
        StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"))
        << role;
  }
  const auto theirs =
      List("outcome = READ", TokenOf("user:eye", "auditor", "globex"));
  ASSERT_THAT(theirs, IsOk());
  EXPECT_EQ(theirs->audit_entries_size(), 0);
}

TEST_F(ReadAuditTest, A29_ManyReadsShareEntriesAndAStopLosesNone) {
  constexpr int kReads = 500;
  for (int i = 0; i < kReads; ++i) {
    ASSERT_THAT(GetLead("leads/hers", ann_), IsOk());
  }
  service_.Restart();

  const auto entries = AwaitReads("actor = \"user:ann\"", kReads);

  int64_t calls = 0;
  for (const AuditEntry& entry : entries) calls += entry.call_count();
  EXPECT_EQ(calls, kReads);
  EXPECT_LT(entries.size(), kReads / 5);
}

TEST_F(PrivilegedReadAuditTest, A29_PrivilegedReadersAreTold) {
  ASSERT_THAT(GetLead("leads/hers", ann_), IsOk());
  ASSERT_THAT(GetLead("leads/hers", TokenOf("user:dpo", "privacy_officer")),
              IsOk());
  ASSERT_THAT(GetLead("leads/hers", admin_), IsOk());

  EXPECT_EQ(AwaitReads("actor = \"user:dpo\"", 1).size(), 1);
  EXPECT_EQ(AwaitReads("actor = \"user:root\"", 1).size(), 1);
  const auto hers = List("actor = \"user:ann\"", auditor_);
  ASSERT_THAT(hers, IsOk());
  EXPECT_EQ(hers->audit_entries_size(), 0);
}

}  // namespace
}  // namespace crm
