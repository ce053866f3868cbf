// Payne and Frow: five processes across the functions of a business, and four
// elements by which they are introduced.

#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/metrics.h"

namespace crm::analytical {
namespace {

constexpr absl::string_view kAliases[] = {"Strategic framework for CRM"};
constexpr absl::string_view kStrategyAliases[] = {
    "Business strategy and customer strategy"};
// Omnichannel is the stricter of the two: the context goes along. It is what
// the criterion asks for.
constexpr absl::string_view kChannelAliases[] = {"Omnichannel"};
constexpr absl::string_view kPerformanceAliases[] = {"Evaluation"};
// The list calls it by the one name, the text by the other.
constexpr absl::string_view kEngagementAliases[] = {"Employee management"};

constexpr absl::string_view kLeadersMarketing[] = {"leadership", "marketing",
                                                   "sales"};
constexpr absl::string_view kValueFunctions[] = {"marketing", "sales",
                                                 "service"};
constexpr absl::string_view kChannelFunctions[] = {"collaboration", "marketing",
                                                   "sales", "service"};
constexpr absl::string_view kInformationFunctions[] = {"it", "analysis"};
constexpr absl::string_view kPerformanceFunctions[] = {"leadership", "analysis",
                                                       "finance"};
constexpr absl::string_view kElementFunctions[] = {"leadership", "hr", "it"};

constexpr Criterion kStrategy[] = {
    {kMetricObjectives, 1'000'000, 0, 1'000'000, 700'000, "leadership"}};
// Both sides of the exchange: what customers bring, and what they get of it.
constexpr Criterion kValue[] = {
    {kMetricRepeat, 500'000, 0, 1'000'000, 400'000, "sales"},
    {kMetricExperience, 500'000, 0, 1'000'000, 700'000, "service"}};
constexpr Criterion kChannels[] = {
    {kMetricChannels, 1'000'000, 0, 1'000'000, 900'000, "collaboration"}};
constexpr Criterion kInformation[] = {
    {kMetricCompleteness, 500'000, 0, 1'000'000, 800'000, "marketing"},
    {kMetricApplied, 500'000, 0, 1'000'000, 999'000, "it"}};
// Each function by its standard.
constexpr Criterion kPerformance[] = {
    {kMetricAcquisition, 250'000, 0, 500'000, 100'000, "marketing"},
    {kMetricWon, 250'000, 0, 1'000'000, 300'000, "sales"},
    {kMetricRetention, 250'000, 0, 1'000'000, 600'000, "service"},
    {kMetricExperience, 250'000, 0, 1'000'000, 700'000, "service"}};
constexpr Criterion kReadiness[] = {
    {kMetricReadiness, 1'000'000, 0, 1'000'000, 600'000, "leadership"}};
constexpr Criterion kChange[] = {
    {kMetricAdoption, 1'000'000, 0, 1'000'000, 800'000, "it"}};
constexpr Criterion kProjects[] = {
    {kMetricMilestones, 1'000'000, 0, 1'000'000, 500'000, "it"}};
constexpr Criterion kEngagement[] = {
    {kMetricEngagement, 1'000'000, 0, 1'000'000, 700'000, "hr"}};

// The order is for the eye only: the texts give two orders, and neither is one
// of time.
constexpr Dimension kDimensions[] = {
    {.id = "strategy",
     .display_name = "Strategy development",
     .aliases = kStrategyAliases,
     .weight = 140'000,
     .functions = kLeadersMarketing,
     .criteria = kStrategy},
    {.id = "value-creation",
     .display_name = "Value creation",
     .weight = 140'000,
     .functions = kValueFunctions,
     .criteria = kValue,
     .series = kMetricRepeat},
    {.id = "channel-integration",
     .display_name = "Multichannel integration",
     .aliases = kChannelAliases,
     .weight = 140'000,
     .functions = kChannelFunctions,
     .criteria = kChannels},
    {.id = "information",
     .display_name = "Information management",
     .weight = 140'000,
     .functions = kInformationFunctions,
     .criteria = kInformation},
    {.id = "performance",
     .display_name = "Performance assessment",
     .aliases = kPerformanceAliases,
     .weight = 140'000,
     .functions = kPerformanceFunctions,
     .criteria = kPerformance,
     .series = kMetricWon},
    {.id = "readiness",
     .display_name = "CRM readiness",
     .weight = 75'000,
     .functions = kElementFunctions,
     .criteria = kReadiness},
    {.id = "change-management",
     .display_name = "CRM change management",
     .weight = 75'000,
     .functions = kElementFunctions,
     .criteria = kChange},
    {.id = "project-management",
     .display_name = "CRM project management",
     .weight = 75'000,
     .functions = kElementFunctions,
     .criteria = kProjects},
    {.id = "employee-engagement",
     .display_name = "Employee engagement",
     .aliases = kEngagementAliases,
     .weight = 75'000,
     .functions = kElementFunctions,
     .criteria = kEngagement},
};

// No sequence: information feeds all the others, and what performance tells
// goes back into the strategy.
constexpr Edge kEdges[] = {
    {.from = "strategy", .to = "value-creation"},
    {.from = "value-creation", .to = "channel-integration"},
    {.from = "channel-integration", .to = "performance"},
    {.from = "information", .to = "strategy"},
    {.from = "information", .to = "value-creation"},
    {.from = "information", .to = "channel-integration"},
    {.from = "information", .to = "performance"},
    {.from = "performance", .to = "strategy", .feedback = true},
};

}  // namespace

constinit const FrameworkData kPayneFrow = {.id = "payne-frow",
                                            .display_name = "Payne and Frow",
                                            .aliases = kAliases,
                                            .version = 2,
                                            .dimensions = kDimensions,
                                            .edges = kEdges};

}  // namespace crm::analytical
