#include "services/analytical/handlers/external_factor.h"

#include <cstdint>
#include <vector>

#include "services/analytical/domain/declared/external_factor.h"
#include "services/analytical/domain/declared/metric.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::analytical {
namespace {

using v1::ExternalFactor;

constexpr int64_t kMaxFactors = 1'000;
// The fields that the graph tells of, or that decide what is in it.
constexpr const char* kTold[] = {"display_name", "subjects",      "segments",
                                 "effects",      "observed_date", "end_date"};

}  // namespace

absl::StatusOr<v1::ComputeFactorGraphResponse> HandleComputeFactorGraph(
    const ReadView& view, const CallContext& call,
    const v1::ComputeFactorGraphRequest& request) {
  const Resource& resource = *view.catalog().Find(ExternalFactor::descriptor());
  for (const char* field : kTold) {
    CRM_RETURN_IF_ERROR(CheckSummable(view, call, resource, field));
  }
  const absl::Time as_of =
      request.has_as_of_date() ? StartOf(request.as_of_date()) : call.now;
  std::vector<ExternalFactor> factors;
  CRM_RETURN_IF_ERROR(
      ScanRows(view, call, resource, kMaxFactors,
               [&](const google::protobuf::Message& row) {
                 const auto& factor = static_cast<const ExternalFactor&>(row);
                 if (IsInForce(factor, as_of) && Concerns(factor, request)) {
                   factors.push_back(factor);
                 }
                 return absl::OkStatus();
               }));
  return GraphOf(factors);
}

}  // namespace crm::analytical
