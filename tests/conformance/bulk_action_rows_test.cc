// Bulk actions, as callers of the operational service see them.

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/activity_bulk.pb.h"
#include "crm/operational/v1/activity_transitions.pb.h"
#include "crm/platform/v1/bulk_update.pb.h"
#include "gmock/gmock.h"
#include "tests/conformance/import_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::BulkUpdateFailure;
using ::crm::platform::v1::BulkUpdateResult;
using ::google::longrunning::Operation;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class BulkActionRows : public ImportRows {
 protected:
  absl::StatusOr<Operation> Start(const std::string& token,
                                  const std::string& text) {
    return service_.client().Call<Operation>(
        "crm.operational.v1.ActivityBulkService.RunBulkActionOnActivities",
        Proto<v1::RunBulkActionOnActivitiesRequest>(text), {.token = token});
  }

  // Returns how the action on all that `filter` shows has ended.
  Operation Run(const std::string& filter, const std::string& action) {
    const auto started = Start(
        boss_, absl::StrCat("filter: '", filter, "' action: '", action, "'"));
    EXPECT_THAT(started, IsOk());
    return started.ok() ? Await(started->name()) : Operation();
  }

  // Makes activities `activities/a-00000` and so on.
  void MakeActivities(int count) {
    v1::BatchCreateActivitiesRequest batch;
    for (int i = 0; i < count; ++i) {
      auto& request = *batch.add_requests();
      request.set_activity_id(absl::StrFormat("a-%05d", i));
      request.mutable_activity()->set_kind(v1::Activity::TASK);
      request.mutable_activity()->set_subject("Call");
      if (batch.requests_size() < 100 && i + 1 < count) continue;
      ASSERT_THAT(
          Call<v1::BatchCreateActivitiesResponse>(
              "crm.operational.v1.ActivityService.BatchCreateActivities",
              batch),
          IsOk());
      batch.clear_requests();
    }
  }

  std::vector<v1::Activity> Activities() {
    v1::ListActivitiesRequest request;
    request.set_page_size(1000);
    std::vector<v1::Activity> activities;
    do {
      const auto page = Call<v1::ListActivitiesResponse>(
          "crm.operational.v1.ActivityService.ListActivities", request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      activities.insert(activities.end(), page->activities().begin(),
                        page->activities().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return activities;
  }
};

TEST_F(BulkActionRows, OP_18_EachIsCalledOnceAndWhatRefusesFailsAlone) {
  MakeActivities(450);
  v1::CancelActivityRequest cancel;
  cancel.set_name("activities/a-00007");
  ASSERT_THAT(Call<v1::Activity>(
                  "crm.operational.v1.ActivityService.CancelActivity", cancel),
              IsOk());

  const Operation done = Run("name:*", "complete");

  EXPECT_THAT(ResultOf<BulkUpdateResult>(done),
              EqualsProto("matched_count: 450 updated_count: 449 "
                          "failed_count: 1"));
  const std::vector<v1::Activity> activities = Activities();
  ASSERT_EQ(activities.size(), 450u);
  for (const v1::Activity& activity : activities) {
    const bool cancelled = activity.name() == "activities/a-00007";
    EXPECT_EQ(activity.state(),
              cancelled ? v1::Activity::CANCELLED : v1::Activity::DONE);
    // Each was made and changed once, so all have one version.
    EXPECT_EQ(activity.etag(), activities[0].etag()) << activity.name();
    EXPECT_EQ(activity.has_complete_time(), !cancelled);
  }
  platform::v1::ReadOperationOutputRequest read;
  read.set_name(done.name());
  const auto output = Call<platform::v1::ReadOperationOutputResponse>(
      "crm.platform.v1.Operations.ReadOperationOutput", read);
  ASSERT_THAT(output, IsOk());
  EXPECT_THAT(output->content(), HasSubstr("activities/a-00007"));
  EXPECT_THAT(output->content(), HasSubstr("ILLEGAL_TRANSITION"));
}

TEST_F(BulkActionRows, OP_18_GoesOnWhereAStopHasCutItOff) {
  MakeActivities(700);
  const auto started = Start(boss_, "filter: 'name:*' action: 'begin'");
  ASSERT_THAT(started, IsOk());

  service_.Restart();
  service_.Restart();

  EXPECT_THAT(ResultOf<BulkUpdateResult>(Await(started->name())),
              EqualsProto("matched_count: 700 updated_count: 700"));
  const std::vector<v1::Activity> activities = Activities();
  ASSERT_EQ(activities.size(), 700u);
  for (const v1::Activity& activity : activities) {
    EXPECT_EQ(activity.state(), v1::Activity::IN_PROGRESS) << activity.name();
    EXPECT_EQ(activity.etag(), activities[0].etag()) << activity.name();
  }
}

// CRM_BULK_ITEMS=100000 has it work on so many.
TEST_F(BulkActionRows, OP_18_CountsExactlyWhatBecameOfManyItems) {
  int count = 1'500;
  const char* const wanted = std::getenv("CRM_BULK_ITEMS");
  if (wanted != nullptr) {
    ASSERT_TRUE(absl::SimpleAtoi(wanted, &count));
  }
  MakeActivities(count);
  int refused = 0;
  for (int i = 0; i < count; i += 100, ++refused) {
    v1::CancelActivityRequest cancel;
    cancel.set_name(absl::StrFormat("activities/a-%05d", i));
    ASSERT_THAT(
        Call<v1::Activity>("crm.operational.v1.ActivityService.CancelActivity",
                           cancel),
        IsOk());
  }

  const Operation done = Run("name:*", "complete");

  EXPECT_THAT(ResultOf<BulkUpdateResult>(done),
              EqualsProto(absl::StrCat("matched_count: ", count,
                                       " updated_count: ", count - refused,
                                       " failed_count: ", refused)));
  std::map<v1::Activity::State, int> states;
  std::set<std::string> etags;
  for (const v1::Activity& activity : Activities()) {
    ++states[activity.state()];
    etags.insert(activity.etag());
  }
  EXPECT_THAT(states,
              UnorderedElementsAre(Pair(v1::Activity::DONE, count - refused),
                                   Pair(v1::Activity::CANCELLED, refused)));
  // Each was made and changed once, so all have one version.
  EXPECT_THAT(etags, SizeIs(1));
}

TEST_F(BulkActionRows, OP_18_OnlyWhatFitsTheFilterIsCalled) {
  MakeActivities(3);
  EXPECT_THAT(
      ResultOf<BulkUpdateResult>(Run("name = \"activities/a-00001\"", "begin")),
      EqualsProto("matched_count: 1 updated_count: 1"));

  EXPECT_THAT(ResultOf<BulkUpdateResult>(Run("state = \"PLANNED\"", "cancel")),
              EqualsProto("matched_count: 2 updated_count: 2"));
  EXPECT_THAT(ResultOf<BulkUpdateResult>(Run("state = \"PLANNED\"", "cancel")),
              EqualsProto(""));
}

TEST_F(BulkActionRows, OP_18_SaysWhichActionsThereAre) {
  const auto refused = Start(boss_, "filter: 'name:*' action: 'explode'");
  ASSERT_EQ(FieldViolations(refused.status()).size(), 1u) << refused.status();
  EXPECT_EQ(FieldViolations(refused.status())[0].field, "action");
  EXPECT_EQ(FieldViolations(refused.status())[0].description,
            "must be one of begin, cancel, complete.");
  const auto unknown = Start(boss_, "filter: 'nix = 1' action: 'begin'");
  ASSERT_EQ(FieldViolations(unknown.status()).size(), 1u) << unknown.status();
  EXPECT_EQ(FieldViolations(unknown.status())[0].field, "filter");
  EXPECT_THAT(
      Start(authority_.Token("acme", "user:mia", {"marketer"}),
            "filter: 'name:*' action: 'begin'"),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

}  // namespace
}  // namespace crm::testing
