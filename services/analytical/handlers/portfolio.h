// The methods of portfolio analyses.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_PORTFOLIO_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_PORTFOLIO_H_

#include "absl/status/statusor.h"
#include "crm/analytical/v1/portfolio_analysis.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Each serves the method of its request. Errors as AnalyzePortfolio() in
// projections/analyses.h, and those of a Create.
absl::StatusOr<v1::PortfolioAnalysis> HandleAnalyzePortfolio(
    Analytics& analytics, const CallContext& call,
    const v1::AnalyzePortfolioRequest& request);

// Computes what is to be kept, before the transaction that does.
absl::StatusOr<v1::PortfolioAnalysis> PreparePortfolioAnalysis(
    Analytics& analytics, const CallContext& call,
    const v1::CreatePortfolioAnalysisRequest& request);
absl::StatusOr<v1::PortfolioAnalysis> HandleCreatePortfolioAnalysis(
    const v1::PortfolioAnalysis& prepared, Transaction& transaction,
    const CallContext& call, const v1::CreatePortfolioAnalysisRequest& request);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_PORTFOLIO_H_
