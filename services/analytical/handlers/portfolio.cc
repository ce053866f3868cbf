#include "services/analytical/handlers/portfolio.h"

#include "services/analytical/handlers/new_resource.h"
#include "services/analytical/projections/analyses.h"
#include "shared/resource/standard_fields.h"

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

absl::StatusOr<v1::PortfolioAnalysis> PreparePortfolioAnalysis(
    Analytics& analytics, const CallContext& call,
    const v1::CreatePortfolioAnalysisRequest& request) {
  v1::PortfolioAnalysis analysis = request.portfolio_analysis();
  ClearOutputOnly(analysis);
  CRM_RETURN_IF_ERROR(AnalyzePortfolio(analytics.warehouse,
                                       call.principal.tenant, call.now,
                                       call.deadline, analysis));
  return analysis;
}

absl::StatusOr<v1::PortfolioAnalysis> HandleCreatePortfolioAnalysis(
    const v1::PortfolioAnalysis& prepared, Transaction& transaction,
    const CallContext& /*call*/,
    const v1::CreatePortfolioAnalysisRequest& request) {
  CRM_ASSIGN_OR_RETURN(
      const v1::PortfolioAnalysis named,
      MakeRequested<v1::PortfolioAnalysis>(transaction, request));
  v1::PortfolioAnalysis analysis = prepared;
  analysis.set_name(named.name());
  transaction.Create(analysis);
  return analysis;
}

}  // namespace crm::analytical
