// Long work that a caller starts, on a running service: it reaches the rows and
// fields that his roles reach while it runs, and no more.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crm/operational/v1/lead_bulk.pb.h"
#include "crm/platform/v1/bulk_update.pb.h"
#include "crm/platform/v1/operations.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/errors.h"
#include "tests/conformance/access_fixture.h"

namespace crm::testing {
namespace {

using ::google::longrunning::Operation;
using ::testing::ElementsAre;

class BulkAccessRows : public AccessRows {
 protected:
  BulkAccessRows() {
    EXPECT_THAT(MakeRole(admin_, "mover",
                         "grants { permissions: 'leads.export' permissions: "
                         "'leads.get' permissions: 'leads.list' scope: TEAM } "
                         "grants { permissions: 'leads.purge' scope: OWN } "
                         "grants { permissions: 'operations.get' } "
                         "hidden_fields: 'leads.email'"),
                IsOk());
    MakeLead("hers", "user:ann", "email: 'hers@example.org'");
    MakeLead("mates", "user:ben", "email: 'mates@example.org'");
    MakeLead("far", "user:cid", "email: 'far@example.org'");
  }

  absl::StatusOr<Operation> Export(const std::string& token,
                                   const std::string& request = "") {
    return Call<Operation, v1::ExportLeadsRequest>(
        token, "LeadBulkService.ExportLeads", request);
  }

  absl::StatusOr<Operation> Purge(const std::string& token,
                                  const std::string& request) {
    return Call<Operation, v1::PurgeLeadsRequest>(
        token, "LeadBulkService.PurgeLeads", request);
  }

  Operation Await(const std::string& token, const std::string& name) {
    platform::v1::GetOperationRequest request;
    request.set_name(name);
    const absl::Time end = absl::Now() + absl::Seconds(20);
    for (;;) {
      const auto operation = service_.client().Call<Operation>(
          "crm.platform.v1.Operations.GetOperation", request, {.token = token});
      EXPECT_THAT(operation, IsOk());
      if (!operation.ok()) return {};
      if (operation->done() || absl::Now() > end) return *operation;
      absl::SleepFor(absl::Milliseconds(2));
    }
  }

  absl::StatusOr<platform::v1::ReadOperationOutputResponse> Output(
      const std::string& token, const std::string& name) {
    platform::v1::ReadOperationOutputRequest request;
    request.set_name(name);
    return service_.client().Call<platform::v1::ReadOperationOutputResponse>(
        "crm.platform.v1.Operations.ReadOperationOutput", request,
        {.token = token});
  }

  // Exports as the caller, and returns what was written.
  std::string Written(const std::string& token, const std::string& request) {
    const auto started = Export(token, request);
    EXPECT_THAT(started, IsOk());
    if (!started.ok()) return "";
    const Operation operation = Await(token, started->name());
    EXPECT_FALSE(operation.has_error()) << operation.error().message();
    const auto output = Output(token, started->name());
    EXPECT_THAT(output, IsOk());
    return output.ok() ? output->content() : "";
  }

  std::vector<v1::Lead> Exported(const std::string& token,
                                 const std::string& request = "") {
    std::vector<v1::Lead> leads;
    const std::string written = Written(token, request);
    for (absl::string_view line :
         absl::StrSplit(written, '\n', absl::SkipEmpty())) {
      EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(
                      std::string(line), &leads.emplace_back())
                      .ok());
    }
    return leads;
  }

  const std::string mover_ = TokenOf("user:ann", "mover");
};

TEST_F(BulkAccessRows, A36_AnExportHoldsTheRowsThatTheCallerReaches) {
  const auto hers = Exported(mover_);
  ASSERT_EQ(hers.size(), 2);
  EXPECT_EQ(hers[0].name(), "leads/hers");
  EXPECT_EQ(hers[1].name(), "leads/mates");
  for (const v1::Lead& lead : hers) EXPECT_EQ(lead.email(), "");

  const auto all = Exported(admin_);
  ASSERT_EQ(all.size(), 3);
  for (const v1::Lead& lead : all) EXPECT_NE(lead.email(), "");

  // Nor does a filter tell what is hidden.
  EXPECT_THAT(Export(mover_, "filter: 'email = \"far@example.org\"'"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      Export(TokenOf("user:ann", "sales_rep")),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

TEST_F(BulkAccessRows, A36_WhatIsHiddenIsEmptyInCsvToo) {
  const std::string plan =
      "plan { format: CSV columns { field: 'name' } columns { field: 'email' } "
      "}";

  EXPECT_EQ(Written(mover_, plan),
            "\"name\",\"email\"\r\n\"leads/hers\",\"\"\r\n"
            "\"leads/mates\",\"\"\r\n");
}

TEST_F(BulkAccessRows, A36_ABulkActionReachesWhatItsMethodReaches) {
  ASSERT_THAT(MakeRole(admin_, "worker",
                       "grants { permissions: 'leads.runBulkAction' "
                       "permissions: 'leads.get' permissions: 'leads.list' "
                       "scope: TEAM } "
                       "grants { permissions: 'leads.work' scope: OWN } "
                       "grants { permissions: 'operations.get' }"),
              IsOk());
  const std::string worker = TokenOf("user:ann", "worker");
  const auto run = [&](const std::string& action) {
    return Call<Operation, v1::RunBulkActionOnLeadsRequest>(
        worker, "LeadBulkService.RunBulkActionOnLeads",
        absl::StrCat("filter: 'name:*' action: '", action, "'"));
  };

  const auto started = run("work");

  ASSERT_THAT(started, IsOk());
  platform::v1::BulkUpdateResult result;
  Await(worker, started->name()).response().UnpackTo(&result);
  EXPECT_THAT(result, EqualsProto("matched_count: 2 updated_count: 1 "
                                  "failed_count: 1"));
  const auto state_of = [&](const std::string& id) {
    const auto lead = GetLead(admin_, id);
    EXPECT_THAT(lead, IsOk());
    return lead.ok() ? lead->state() : v1::Lead::STATE_UNSPECIFIED;
  };
  EXPECT_EQ(state_of("hers"), v1::Lead::WORKING);
  EXPECT_NE(state_of("mates"), v1::Lead::WORKING);
  EXPECT_NE(state_of("far"), v1::Lead::WORKING);
  EXPECT_THAT(run("qualify"), StatusIs(absl::StatusCode::kPermissionDenied,
                                       "PERMISSION_DENIED"));
}

TEST_F(BulkAccessRows, A36_APurgeDeletesTheRowsThatTheCallerMay) {
  const auto counted = Purge(mover_, "filter: 'display_name = \"*\"'");
  ASSERT_THAT(counted, IsOk());
  platform::v1::PurgeResult result;
  Await(mover_, counted->name()).response().UnpackTo(&result);
  EXPECT_EQ(result.purge_count(), 1);
  EXPECT_THAT(result.purge_sample(), ElementsAre("leads/hers"));
  EXPECT_EQ(LeadsOf(admin_).size(), 3);

  const auto purged =
      Purge(mover_, "filter: 'display_name = \"*\"' force: true");
  ASSERT_THAT(purged, IsOk());
  EXPECT_FALSE(Await(mover_, purged->name()).has_error());

  EXPECT_THAT(LeadsOf(admin_), ElementsAre("leads/far", "leads/mates"));
}

TEST_F(BulkAccessRows, A36_APurgeLeavesRowsThatTheCallerCannotSee) {
  ASSERT_THAT(MakeRole(admin_, "blind-mover",
                       "grants { permissions: 'leads.purge' } grants { "
                       "permissions: 'leads.get' scope: OWN } "
                       "grants { permissions: 'operations.get' }"),
              IsOk());
  const std::string token = TokenOf("user:ann", "blind-mover");
  const auto purged =
      Purge(token, "filter: 'display_name = \"*\"' force: true");
  ASSERT_THAT(purged, IsOk());
  const Operation operation = Await(token, purged->name());

  EXPECT_FALSE(operation.has_error()) << operation.error().message();
  EXPECT_THAT(LeadsOf(admin_), ElementsAre("leads/far", "leads/mates"));
}

TEST_F(BulkAccessRows, A36_AnExportIsNotReadByWhoLostTheRight) {
  const auto started = Export(mover_);
  ASSERT_THAT(started, IsOk());
  Await(mover_, started->name());
  // The same subject, by now with another role.
  ASSERT_THAT(
      MakeRole(admin_, "idle", "grants { permissions: 'operations.get' }"),
      IsOk());

  EXPECT_THAT(
      Output(TokenOf("user:ann", "idle"), started->name()),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
  EXPECT_THAT(Output(TokenOf("user:ben", "mover"), started->name()),
              StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

}  // namespace
}  // namespace crm::testing
