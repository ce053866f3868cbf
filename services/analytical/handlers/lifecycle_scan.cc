#include "services/analytical/handlers/lifecycle_scan.h"

#include <cstdint>
#include <vector>

#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::analytical {
namespace {

using v1::LifecycleJourney;

constexpr int64_t kMaxJourneys = 200'000;
// The fields whose values the figures tell.
constexpr const char* kCounted[] = {"customer",      "stage",   "entry_kind",
                                    "stage_history", "outcome", "run"};

}  // namespace

absl::Status VisitJourneys(
    const ReadView& view, const CallContext& call, const std::string& customer,
    absl::FunctionRef<void(const LifecycleJourney&)> visit) {
  const Resource& resource =
      *view.catalog().Find(LifecycleJourney::descriptor());
  for (const char* field : kCounted) {
    CRM_RETURN_IF_ERROR(CheckSummable(view, call, resource, field));
  }
  if (!customer.empty()) {
    CRM_ASSIGN_OR_RETURN(const std::vector<LifecycleJourney> journeys,
                         view.Select<LifecycleJourney>("customer", customer));
    for (const LifecycleJourney& journey : journeys) visit(journey);
    return absl::OkStatus();
  }
  return ScanRows(view, call, resource, kMaxJourneys,
                  [&](const google::protobuf::Message& row) {
                    visit(static_cast<const LifecycleJourney&>(row));
                    return absl::OkStatus();
                  });
}

}  // namespace crm::analytical
