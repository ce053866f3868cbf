#include "services/analytical/handlers/management_activities.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/domain/frameworks/management_stage.h"
#include "services/analytical/handlers/lifecycle_scan.h"
#include "services/analytical/projections/activity_facts.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"

namespace crm::analytical {
namespace {

using Request = v1::ReadManagementActivitiesRequest;
using Response = v1::ReadManagementActivitiesResponse;
using v1::ManagementActivity;

// As many activities are looked at for a page.
constexpr int64_t kMostLookedAt = 2'000;
// As many at a time.
constexpr int64_t kBatch = 500;

std::vector<std::string> CustomersOf(
    const std::vector<ActivityFact>& activities) {
  std::set<std::string> customers;
  for (const ActivityFact& activity : activities) {
    customers.insert(activity.customer);
  }
  return {customers.begin(), customers.end()};
}

ManagementActivity ToMessage(const ActivityFact& activity,
                             const StagedActivity& staged) {
  ManagementActivity message;
  message.set_activity(activity.activity);
  message.set_customer(activity.customer);
  message.set_kind(activity.kind);
  message.set_stage(staged.stage);
  *message.mutable_time() = ToTimestamp(activity.time);
  message.set_lifecycle_journey(staged.journey);
  return message;
}

// Goes through the activities until a page is full or enough were looked at.
class Lister {
 public:
  Lister(Analytics& analytics, const ReadView& view, const CallContext& call,
         const Request& request, int32_t page_size, std::string after)
      : analytics_(analytics),
        view_(view),
        call_(call),
        request_(request),
        page_size_(page_size),
        after_(std::move(after)) {}

  // Fills a page, but for its token.
  absl::Status List(Response& response) {
    for (int64_t looked_at = 0;
         looked_at < kMostLookedAt && !is_full_ && !at_end_;
         looked_at += kBatch) {
      CRM_RETURN_IF_ERROR(ReadBatch(response));
      CRM_RETURN_IF_ERROR(AddRuns());
      Add(response);
    }
    return absl::OkStatus();
  }

  // Whether there may be more behind after().
  bool has_more() const { return is_full_ || !at_end_; }
  const std::string& after() const { return after_; }

 private:
  absl::Status ReadBatch(Response& response) {
    const std::string& tenant = call_.principal.tenant;
    return analytics_.warehouse.Read(
        call_.deadline, [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(
              activities_, ReadActivities(reader, tenant, request_.customer(),
                                          after_, kBatch));
          at_end_ = static_cast<int64_t>(activities_.size()) < kBatch;
          CRM_ASSIGN_OR_RETURN(*response.mutable_freshness(),
                               ReadFreshness(reader, tenant, call_.now));
          pasts_.clear();
          if (activities_.empty()) return absl::OkStatus();
          CRM_ASSIGN_OR_RETURN(
              pasts_, ReadPasts(reader, tenant, CustomersOf(activities_)));
          return absl::OkStatus();
        });
  }

  absl::Status AddRuns() {
    for (const std::string& customer : CustomersOf(activities_)) {
      std::vector<CustomerRun>& runs = pasts_[customer].runs;
      CRM_RETURN_IF_ERROR(VisitJourneys(
          view_, call_, customer, [&](const v1::LifecycleJourney& journey) {
            runs.push_back(RunOf(journey));
          }));
    }
    return absl::OkStatus();
  }

  void Add(Response& response) {
    for (const ActivityFact& activity : activities_) {
      if (response.management_activities_size() == page_size_) {
        is_full_ = true;
        return;
      }
      after_ = activity.activity;
      const StagedActivity staged =
          StageOf(activity.time, pasts_[activity.customer]);
      if (request_.stage() != ManagementActivity::STAGE_UNSPECIFIED &&
          request_.stage() != staged.stage) {
        continue;
      }
      *response.add_management_activities() = ToMessage(activity, staged);
    }
  }

  Analytics& analytics_;
  const ReadView& view_;
  const CallContext& call_;
  const Request& request_;
  const int32_t page_size_;
  std::string after_;
  std::vector<ActivityFact> activities_;
  std::map<std::string, CustomerPast> pasts_;
  bool is_full_ = false;
  bool at_end_ = false;
};

}  // namespace

absl::StatusOr<Response> HandleReadManagementActivities(
    Analytics& analytics, const ReadView& view, const CallContext& call,
    const Request& request) {
  CRM_ASSIGN_OR_RETURN(const int32_t page_size,
                       ResolvePageSize(request.page_size()));
  const std::string binding =
      absl::StrJoin({call.principal.tenant, call.principal.subject,
                     std::string("ReadManagementActivities"),
                     absl::StrCat(request.stage()), request.customer()},
                    "\n");
  std::string after;
  if (!request.page_token().empty()) {
    CRM_ASSIGN_OR_RETURN(
        after, analytics.page_tokens.Decode(request.page_token(), binding));
  }
  Response response;
  Lister lister(analytics, view, call, request, page_size, after);
  CRM_RETURN_IF_ERROR(lister.List(response));
  if (lister.has_more()) {
    CRM_ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                         analytics.page_tokens.Encode(lister.after(), binding));
  }
  return response;
}

}  // namespace crm::analytical
