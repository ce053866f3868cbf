#include "services/operational/handlers/lead_prediction.h"

#include <string>
#include <vector>

#include "services/operational/domain/lead_prediction.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter.h"
#include "shared/resource/row_scan.h"

namespace crm::operational {
namespace {

constexpr int64_t kMaxLeads = 200'000;

}  // namespace

absl::StatusOr<v1::LeadPrediction> PredictConversion(const ReadView& view,
                                                     const CallContext& call,
                                                     const v1::Lead& lead) {
  const Resource& leads = *view.catalog().Find(v1::Lead::descriptor());
  CRM_RETURN_IF_ERROR(CheckSummable(view, call, leads, "state"));
  std::vector<std::string> fields;
  for (const std::string& field : PredictingFields()) {
    if (CheckSummable(view, call, leads, field).ok()) fields.push_back(field);
  }
  CRM_ASSIGN_OR_RETURN(
      const Filter ended,
      Filter::Parse("state = CONVERTED OR state = DISQUALIFIED",
                    v1::Lead::descriptor()));
  ConversionOdds odds(lead, fields);
  CRM_RETURN_IF_ERROR(ScanRows(view, call, leads, ended, kMaxLeads,
                               [&](const google::protobuf::Message& row) {
                                 odds.Add(static_cast<const v1::Lead&>(row));
                                 return absl::OkStatus();
                               }));
  return odds.Predict();
}

}  // namespace crm::operational
