// The CRM value chain in both ways it is told: five processes of a primary
// stage over five support conditions, or five functions. Others tell it in yet
// another way; that would be one more table.

#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/metrics.h"

namespace crm::analytical {
namespace {

constexpr absl::string_view kStrategicAliases[] = {"CRM value chain (Buttle)"};
constexpr absl::string_view kRelationshipAliases[] = {
    "Customer relationship management", "Managing the relationship"};
constexpr absl::string_view kDataAliases[] = {"IT management processes"};

constexpr absl::string_view kAnalysisSales[] = {"analysis", "sales"};
constexpr absl::string_view kMarketingSales[] = {"marketing", "sales"};
constexpr absl::string_view kPartnersSales[] = {"collaboration", "sales"};
constexpr absl::string_view kSalesService[] = {"sales", "service"};
constexpr absl::string_view kLeadersHr[] = {"leadership", "hr"};
constexpr absl::string_view kBuyersFinance[] = {"procurement", "finance"};
constexpr absl::string_view kItAnalysis[] = {"it", "analysis"};
constexpr absl::string_view kMarketingAnalysis[] = {"marketing", "analysis"};
constexpr absl::string_view kServiceSales[] = {"service", "sales"};
constexpr absl::string_view kSalesMarketing[] = {"sales", "marketing"};
constexpr absl::string_view kCollaborationService[] = {"collaboration",
                                                       "service"};

// How widely the revenue is spread is measured: no part of the customers is
// taken to bring any part of it.
constexpr Criterion kPortfolio[] = {
    {kMetricDispersion, 1'000'000, 0, 800'000, 200'000, "analysis"}};
constexpr Criterion kIntimacy[] = {
    {kMetricCompleteness, 500'000, 0, 1'000'000, 800'000, "marketing"},
    {kMetricContacted, 500'000, 0, 1'000'000, 500'000, "sales"}};
constexpr Criterion kNetwork[] = {
    {kMetricNetwork, 1'000'000, 0, 1'000'000, 300'000, "collaboration"}};
constexpr Criterion kProposition[] = {
    {kMetricWon, 500'000, 0, 1'000'000, 300'000, "sales"},
    {kMetricPromises, 500'000, 0, 1'000'000, 900'000, "marketing"}};
constexpr Criterion kRelationship[] = {
    {kMetricAcquisition, 300'000, 0, 500'000, 100'000, "marketing"},
    {kMetricRetention, 400'000, 0, 1'000'000, 600'000, "service"},
    {kMetricPenetration, 300'000, 1'000'000, 5'000'000, 2'000'000, "sales"}};
// Each support condition is assessed, and beside that measured where the suite
// has figures of its own.
constexpr Criterion kLeadership[] = {
    {kMetricLeadership, 500'000, 0, 1'000'000, 600'000, "leadership"},
    {kMetricSponsored, 250'000, 0, 1'000'000, 900'000, "leadership"},
    {kMetricEngagement, 250'000, 0, 1'000'000, 700'000, "hr"}};
constexpr Criterion kProcurement[] = {
    {kMetricProcurement, 1'000'000, 0, 1'000'000, 600'000, "procurement"}};
constexpr Criterion kHr[] = {
    {kMetricHr, 500'000, 0, 1'000'000, 600'000, "hr"},
    {kMetricTrained, 500'000, 0, 1'000'000, 900'000, "hr"}};
constexpr Criterion kData[] = {
    {kMetricData, 500'000, 0, 1'000'000, 600'000, "it"},
    {kMetricApplied, 250'000, 0, 1'000'000, 999'000, "it"},
    {kMetricCompleteness, 250'000, 0, 1'000'000, 800'000, "marketing"}};
constexpr Criterion kOrganization[] = {
    {kMetricOrganization, 500'000, 0, 1'000'000, 600'000, "leadership"},
    {kMetricOwned, 500'000, 0, 1'000'000, 950'000, "sales"}};

constexpr Dimension kStrategic[] = {
    // The primary stage: a process after the other.
    {.id = "portfolio",
     .display_name = "Customer portfolio analysis",
     .part = kPrimary,
     .weight = 120'000,
     .functions = kAnalysisSales,
     .criteria = kPortfolio},
    {.id = "intimacy",
     .display_name = "Customer intimacy",
     .part = kPrimary,
     .weight = 120'000,
     .functions = kMarketingSales,
     .criteria = kIntimacy},
    {.id = "network",
     .display_name = "Network development",
     .part = kPrimary,
     .weight = 120'000,
     .functions = kPartnersSales,
     .criteria = kNetwork},
    {.id = "proposition",
     .display_name = "Value proposition development",
     .part = kPrimary,
     .weight = 120'000,
     .functions = kMarketingSales,
     .criteria = kProposition},
    {.id = "relationship",
     .display_name = "Relationship management",
     .aliases = kRelationshipAliases,
     .part = kPrimary,
     .weight = 120'000,
     .functions = kSalesService,
     .criteria = kRelationship},
    // The support stage: conditions that hold at the same time, in no order.
    {.id = "leadership",
     .display_name = "Leadership and culture",
     .part = kSupport,
     .weight = 80'000,
     .functions = kLeadersHr,
     .criteria = kLeadership},
    {.id = "procurement",
     .display_name = "Procurement processes",
     .part = kSupport,
     .weight = 80'000,
     .functions = kBuyersFinance,
     .criteria = kProcurement},
    {.id = "hr",
     .display_name = "HR management processes",
     .part = kSupport,
     .weight = 80'000,
     .functions = kLeadersHr,
     .criteria = kHr},
    {.id = "data",
     .display_name = "Data management processes",
     .aliases = kDataAliases,
     .part = kSupport,
     .weight = 80'000,
     .functions = kItAnalysis,
     .criteria = kData},
    {.id = "organization",
     .display_name = "Organization design",
     .part = kSupport,
     .weight = 80'000,
     .functions = kLeadersHr,
     .criteria = kOrganization},
};

constexpr Criterion kMarketing[] = {
    {kMetricCampaigns, 1'000'000, 0, 200'000, 20'000, "marketing"}};
constexpr Criterion kSales[] = {
    {kMetricWon, 600'000, 0, 1'000'000, 300'000, "sales"},
    {kMetricCycleDays, 400'000, 180'000'000, 0, 60'000'000, "sales"}};
constexpr Criterion kService[] = {
    {kMetricService, 500'000, 0, 1'000'000, 900'000, "service"},
    {kMetricExperience, 500'000, 0, 1'000'000, 700'000, "service"}};
constexpr Criterion kAnalysis[] = {
    {kMetricTiered, 1'000'000, 0, 1'000'000, 900'000, "analysis"}};
constexpr Criterion kCollaboration[] = {
    {kMetricFirstContact, 1'000'000, 0, 1'000'000, 600'000, "collaboration"}};

constexpr Dimension kFunctional[] = {
    {.id = "marketing",
     .display_name = "Marketing",
     .part = kPrimary,
     .weight = 200'000,
     .functions = kMarketingAnalysis,
     .criteria = kMarketing},
    {.id = "sales",
     .display_name = "Sales",
     .part = kPrimary,
     .weight = 200'000,
     .functions = kSalesMarketing,
     .criteria = kSales},
    {.id = "service",
     .display_name = "Service",
     .part = kPrimary,
     .weight = 200'000,
     .functions = kServiceSales,
     .criteria = kService},
    {.id = "analysis",
     .display_name = "Analysis",
     .part = kPrimary,
     .weight = 200'000,
     .functions = kItAnalysis,
     .criteria = kAnalysis},
    {.id = "collaboration",
     .display_name = "Collaboration",
     .part = kPrimary,
     .weight = 200'000,
     .functions = kCollaborationService,
     .criteria = kCollaboration},
};

constexpr absl::string_view kStrategicId = "value-chain-strategic";
constexpr absl::string_view kFunctionalId = "value-chain-functional";

// Which function carries which process, both ways.
constexpr Mapping kToFunctional[] = {
    {"portfolio", kFunctionalId, "analysis"},
    {"intimacy", kFunctionalId, "marketing"},
    {"intimacy", kFunctionalId, "analysis"},
    {"network", kFunctionalId, "collaboration"},
    {"proposition", kFunctionalId, "marketing"},
    {"proposition", kFunctionalId, "sales"},
    {"relationship", kFunctionalId, "sales"},
    {"relationship", kFunctionalId, "service"},
};
constexpr Mapping kToStrategic[] = {
    {"analysis", kStrategicId, "portfolio"},
    {"marketing", kStrategicId, "intimacy"},
    {"analysis", kStrategicId, "intimacy"},
    {"collaboration", kStrategicId, "network"},
    {"marketing", kStrategicId, "proposition"},
    {"sales", kStrategicId, "proposition"},
    {"sales", kStrategicId, "relationship"},
    {"service", kStrategicId, "relationship"},
};

}  // namespace

constinit const FrameworkData kStrategicValueChain = {
    .id = kStrategicId,
    .display_name = "CRM value chain, strategic",
    .aliases = kStrategicAliases,
    .version = 2,
    .dimensions = kStrategic,
    .mappings = kToFunctional};

constinit const FrameworkData kFunctionalValueChain = {
    .id = kFunctionalId,
    .display_name = "CRM value chain, functional",
    .dimensions = kFunctional,
    .mappings = kToStrategic};

}  // namespace crm::analytical
