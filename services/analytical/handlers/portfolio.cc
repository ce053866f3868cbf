#include "services/analytical/handlers/portfolio.h"

#include "services/analytical/handlers/new_resource.h"
#include "services/analytical/projections/analyses.h"

namespace crm::analytical {

absl::StatusOr<v1::PortfolioAnalysis> HandleAnalyzePortfolio(
    Analytics& analytics, const CallContext& call,
    const v1::AnalyzePortfolioRequest& request) {
  v1::PortfolioAnalysis analysis;
  analysis.set_top_fraction_millionths(request.top_fraction_millionths());
  if (request.has_start_time()) {
    *analysis.mutable_start_time() = request.start_time();
  }
  if (request.has_end_time()) {
    *analysis.mutable_end_time() = request.end_time();
  }
  analysis.set_currency_code(request.currency_code());
  CRM_RETURN_IF_ERROR(AnalyzePortfolio(analytics.warehouse,
                                       call.principal.tenant, call.now,
                                       call.deadline, analysis));
  return analysis;
}

absl::StatusOr<v1::PortfolioAnalysis> HandleCreatePortfolioAnalysis(
    Analytics& analytics, Transaction& transaction, const CallContext& call,
    const v1::CreatePortfolioAnalysisRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      v1::PortfolioAnalysis analysis,
      MakeRequested<v1::PortfolioAnalysis>(transaction, request));
  CRM_RETURN_IF_ERROR(AnalyzePortfolio(analytics.warehouse,
                                       call.principal.tenant, transaction.now(),
                                       call.deadline, analysis));
  transaction.Create(analysis);
  return analysis;
}

}  // namespace crm::analytical
