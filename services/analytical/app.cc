#include "services/analytical/app.h"

#include <string>
#include <utility>

#include "crm/analytical/v1/assessment.pb.h"
#include "crm/analytical/v1/change_initiative.pb.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "crm/analytical/v1/crm_project.pb.h"
#include "crm/analytical/v1/enablement_program.pb.h"
#include "crm/analytical/v1/event_source.pb.h"
#include "crm/analytical/v1/external_factor.pb.h"
#include "crm/analytical/v1/interaction_plan.pb.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/analytical/v1/lifecycle_vocabulary.pb.h"
#include "crm/analytical/v1/portfolio_analysis.pb.h"
#include "crm/analytical/v1/proposition.pb.h"
#include "crm/analytical/v1/quarantined_event.pb.h"
#include "crm/analytical/v1/rfm_snapshot.pb.h"
#include "crm/analytical/v1/rubric.pb.h"
#include "crm/analytical/v1/scorecard.pb.h"
#include "crm/analytical/v1/stakeholder_link.pb.h"
#include "crm/analytical/v1/strategy.pb.h"
#include "crm/analytical/v1/treatment.pb.h"
#include "crm/analytical/v1/treatment_assignment.pb.h"
#include "services/analytical/domain/declared/change_initiative.h"
#include "services/analytical/domain/declared/enablement_program.h"
#include "services/analytical/domain/declared/external_factor.h"
#include "services/analytical/domain/declared/interaction_plan.h"
#include "services/analytical/domain/declared/proposition.h"
#include "services/analytical/domain/declared/stakeholder_link.h"
#include "services/analytical/domain/declared/strategy.h"
#include "services/analytical/domain/frameworks/assessment.h"
#include "services/analytical/domain/frameworks/crm_project.h"
#include "services/analytical/domain/frameworks/rubric.h"
#include "services/analytical/domain/ingestion/event_schema.h"
#include "services/analytical/domain/lifecycle/journey.h"
#include "services/analytical/handlers/analytics.h"
#include "services/analytical/handlers/assessment.h"
#include "services/analytical/handlers/change_initiative.h"
#include "services/analytical/handlers/clv.h"
#include "services/analytical/handlers/crm_project.h"
#include "services/analytical/handlers/customer_base.h"
#include "services/analytical/handlers/customer_views.h"
#include "services/analytical/handlers/enablement_program.h"
#include "services/analytical/handlers/experience.h"
#include "services/analytical/handlers/experience_map.h"
#include "services/analytical/handlers/external_factor.h"
#include "services/analytical/handlers/information_health.h"
#include "services/analytical/handlers/ingested_events.h"
#include "services/analytical/handlers/ingestion.h"
#include "services/analytical/handlers/interaction_plan.h"
#include "services/analytical/handlers/lifecycle_journey.h"
#include "services/analytical/handlers/lifecycle_proposals.h"
#include "services/analytical/handlers/lifecycle_views.h"
#include "services/analytical/handlers/management_activities.h"
#include "services/analytical/handlers/portfolio.h"
#include "services/analytical/handlers/proposition.h"
#include "services/analytical/handlers/pulse_tallies.h"
#include "services/analytical/handlers/rfm.h"
#include "services/analytical/handlers/score_blocks.h"
#include "services/analytical/handlers/scorecard.h"
#include "services/analytical/handlers/service_floor.h"
#include "services/analytical/handlers/stakeholder_link.h"
#include "services/analytical/handlers/strategy.h"
#include "services/analytical/handlers/treatment.h"
#include "services/analytical/handlers/usage_days.h"
#include "services/analytical/projections/open_warehouse.h"
#include "services/analytical/projections/warehouse.h"
#include "services/analytical/projections/warehouse_applier.h"
#include "services/analytical/projections/warehouse_projection.h"
#include "services/analytical/slices/lifecycle.h"
#include "services/analytical/slices/scores.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// What the service owns beside its resources.
struct Parts {
  Parts(std::unique_ptr<Warehouse> opened,
        const ServiceEnvironment& environment)
      : warehouse(std::move(opened)),
        rfm_seconds(environment.metrics.AddHistogram(
            "crm_analytical_rfm_compute_seconds",
            "Time to score all customers of a tenant.", LatencyBounds())),
        applier(*warehouse, environment.clock,
                environment.metrics.AddCounter(
                    "crm_analytical_events_applied_total",
                    "Events applied to the warehouse.")),
        projection(*warehouse, environment.clock),
        scores(*warehouse, environment.clock, rfm_seconds),
        analytics{*warehouse, environment.clock, environment.page_tokens,
                  rfm_seconds} {}

  const std::unique_ptr<Warehouse> warehouse;
  Histogram& rfm_seconds;
  WarehouseApplier applier;
  WarehouseProjection projection;
  ScoresSlices scores;
  Analytics analytics;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> MakeAnalytical(
    const ServiceEnvironment& environment) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Warehouse> warehouse,
                       OpenWarehouse(environment));
  auto parts = std::make_shared<Parts>(std::move(warehouse), environment);
  auto service = std::make_unique<Service>("analytical");

  service->application.Owns<v1::RfmSnapshot>()
      .Owns<v1::PortfolioAnalysis>()
      .Owns<v1::LifecycleJourney>({.prepare = PrepareLifecycleJourney,
                                   .settle = SettleLifecycleJourney})
      .Owns<v1::LifecycleVocabulary>()
      .Owns<v1::ClvModel>()
      .Keeps(ScoreBlockTable(kRfmScoreBlocks))
      .Keeps(ScoreBlockTable(kClvScoreBlocks))
      .Mutate(parts->analytics, PrepareRfmSnapshot, HandleCreateRfmSnapshot)
      .Mutate(HandleDeleteRfmSnapshot)
      .Read(parts->analytics, HandleListRfmScores)
      .Mutate(parts->analytics, PrepareClvModel, HandleCreateClvModel)
      .Mutate(HandleDeleteClvModel)
      .Read(parts->analytics, HandleListClvScores)
      .Mutate(parts->analytics, PreparePortfolioAnalysis,
              HandleCreatePortfolioAnalysis)
      .Read(parts->analytics, HandleAnalyzePortfolio)
      .Owns<v1::Rubric>(
          {.prepare = PrepareRubric, .deletable = CheckRubricDeletable})
      .Owns<v1::Assessment>(
          {.prepare = PrepareAssessment, .deletable = CheckAssessmentDeletable})
      .Owns<v1::CrmProject>({.prepare = PrepareCrmProject})
      .Owns<v1::EventSource>({.prepare = PrepareEventSource,
                              .deletable = CheckEventSourceDeletable})
      .Owns<v1::QuarantinedEvent>()
      .Keeps(IngestedEventTable())
      .Mutate(HandleIngestEvents)
      .Mutate(HandleReplayQuarantinedEvent)
      .Read(parts->analytics, HandleListIngestedEvents)
      .Mutate(HandleReviseRubric)
      .Mutate(HandleScoreAssessment)
      .Read(HandleVerifyAssessment)
      .Mutate(HandleStopCrmProject)
      .Read(HandleComputeCriticalPath)
      .Owns<v1::Strategy>({.prepare = PrepareStrategy})
      .Owns<v1::ExternalFactor>({.prepare = PrepareExternalFactor})
      .Owns<v1::StakeholderLink>({.prepare = PrepareStakeholderLink})
      .Owns<v1::Proposition>({.prepare = PrepareProposition})
      .Read(parts->analytics, HandleMeasureStrategy)
      .Read(HandleComputeFactorGraph)
      .Mutate(HandleRevokeStakeholderLink)
      .Read(HandleGetNetwork)
      .Read(parts->analytics, HandleMeasureProposition)
      .Owns<v1::ChangeInitiative>({.prepare = PrepareChangeInitiative})
      .Owns<v1::EnablementProgram>({.prepare = PrepareEnablementProgram})
      .Keeps(UsageDaysTable())
      .Keeps(PulseRespondentsTable())
      .Keeps(PulseTalliesTable())
      .OnChange(NoteUsage)
      .Read(HandleMeasureAdoption)
      .Mutate(HandleAnswerSurvey)
      .Read(HandleMeasureEngagement)
      .Mutate(HandleActivateLifecycleJourney)
      .Mutate(HandleAdvanceLifecycleJourney)
      .Mutate(HandleTerminateLifecycleJourney)
      .Read(parts->analytics, HandleProposeLifecycleTransitions)
      .Read(HandleRenderLifecycle)
      .Read(HandleMeasureLifecycleFunnel)
      .Read(HandleMeasureLifecycleCycles)
      .Read(parts->analytics, HandleGetExperienceMap)
      .Owns<v1::InteractionPlan>({.prepare = PrepareInteractionPlan})
      .Read(parts->analytics, HandlePlanInteractions)
      .Owns<v1::Treatment>()
      .Owns<v1::TreatmentAssignment>()
      .Mutate(parts->analytics, PrepareTreatmentChoice, HandleChooseTreatment)
      .Read(parts->analytics, HandleMeasureTreatments)
      .Owns<v1::Scorecard>()
      .Mutate(parts->analytics, PrepareScorecard, HandleCreateScorecard)
      .Read(parts->analytics, HandleVerifyScorecard)
      .Read(HandleCompareScorecards)
      .Read(HandleRenderScorecard)
      .Read(HandleDescribeFrameworks)
      .Read(HandleRecommendModels)
      .Read(parts->analytics, HandleMeasureCustomerBase)
      .Read(parts->analytics, HandleEstimateRetentionEffect)
      .Read(parts->analytics, HandleDifferentiateCustomers)
      .Read(parts->analytics, HandleIdentifyCustomer)
      .Read(parts->analytics, HandleMeasureExperience)
      .Read(parts->analytics, HandleReadManagementActivities)
      .Read(parts->analytics, HandleMeasureServiceFloor)
      .Read(parts->analytics, HandleMeasureInformationHealth);

  service->store_slices = {{"LIFECYCLE", BuildLifecycleSlice}};
  service->slices = {
      {"SCORES",
       [&scores = parts->scores](const std::string& tenant,
                                 const internal::v1::ReadSlicesRequest& request,
                                 absl::Time deadline) {
         return scores.Build(tenant, request, deadline);
       }}};
  service->follows = {{.producer = "operational",
                       .applier = &parts->applier,
                       .projection = &parts->projection,
                       .shared_store = parts->warehouse->shared_store()}};
  service->owned = std::move(parts);
  return service;
}

}  // namespace crm::analytical
