// QCI: a customer's experience between what surrounds the business, how it
// manages customers and what it proposes to them.

#include "services/analytical/domain/frameworks/framework.h"
#include "services/analytical/domain/frameworks/metrics.h"

namespace crm::analytical {
namespace {

// The letters are spelled out in one text; the consultancy that made the model
// is called by them.
constexpr absl::string_view kAliases[] = {"Quality Competitive Index", "QCi"};
constexpr absl::string_view kManagementAliases[] = {
    "Customer management activities", "Business planning"};
constexpr absl::string_view kPeopleAliases[] = {"People and organisation"};
constexpr absl::string_view kTechnologyAliases[] = {
    "Information and technology"};

constexpr absl::string_view kEnvironmentFunctions[] = {"strategy", "marketing"};
constexpr absl::string_view kExperienceFunctions[] = {"service", "sales",
                                                      "marketing"};
constexpr absl::string_view kManagementFunctions[] = {"marketing", "sales",
                                                      "service"};
constexpr absl::string_view kPropositionFunctions[] = {"marketing", "sales"};
constexpr absl::string_view kPeopleFunctions[] = {"sales", "service"};
constexpr absl::string_view kTechnologyFunctions[] = {"it", "analysis"};

constexpr Criterion kEnvironment[] = {
    {kMetricFactors, 1'000'000, 0, 1'000'000, 500'000, "strategy"}};
constexpr Criterion kExperience[] = {
    {kMetricExperience, 1'000'000, 0, 1'000'000, 700'000, "service"}};
// The objectives of management are these three. Approaching, selling, retaining
// and winning back are what it does about them: another way to sort the same
// activities. To win back is to regain a lost customer here, which the
// lifecycle calls SWITCH_BACK; its WIN_BACK is a repeat with a loyal one.
constexpr Criterion kManagement[] = {
    {kMetricAcquisition, 300'000, 0, 500'000, 100'000, "marketing"},
    {kMetricRetention, 400'000, 0, 1'000'000, 600'000, "service"},
    {kMetricPenetration, 300'000, 1'000'000, 5'000'000, 2'000'000, "sales"}};
constexpr Criterion kProposition[] = {
    {kMetricWon, 500'000, 0, 1'000'000, 300'000, "sales"},
    {kMetricPromises, 500'000, 0, 1'000'000, 900'000, "marketing"}};
constexpr Criterion kPeople[] = {
    {kMetricOwned, 400'000, 0, 1'000'000, 950'000, "sales"},
    {kMetricContacted, 300'000, 0, 1'000'000, 500'000, "sales"},
    {kMetricTrained, 300'000, 0, 1'000'000, 900'000, "hr"}};
constexpr Criterion kTechnology[] = {
    {kMetricApplied, 1'000'000, 0, 1'000'000, 999'000, "it"}};

constexpr Dimension kDimensions[] = {
    {.id = "environment",
     .display_name = "External environment",
     .weight = 100'000,
     .functions = kEnvironmentFunctions,
     .criteria = kEnvironment},
    {.id = "experience",
     .display_name = "Customer experience",
     .weight = 250'000,
     .functions = kExperienceFunctions,
     .criteria = kExperience,
     .series = kMetricExperience},
    {.id = "management",
     .display_name = "Customer management",
     .aliases = kManagementAliases,
     .weight = 300'000,
     .functions = kManagementFunctions,
     .criteria = kManagement,
     .series = kMetricContacted},
    {.id = "proposition",
     .display_name = "Customer proposition",
     .weight = 150'000,
     .functions = kPropositionFunctions,
     .criteria = kProposition,
     .series = kMetricWon},
    {.id = "people",
     .display_name = "People",
     .aliases = kPeopleAliases,
     .weight = 100'000,
     .functions = kPeopleFunctions,
     .criteria = kPeople},
    {.id = "technology",
     .display_name = "Technology",
     .aliases = kTechnologyAliases,
     .weight = 100'000,
     .functions = kTechnologyFunctions,
     .criteria = kTechnology},
};

// The texts draw different arrows; these are the ones of all of them together.
constexpr Edge kEdges[] = {
    {.from = "environment", .to = "experience"},
    {.from = "experience", .to = "management"},
    {.from = "management", .to = "experience", .feedback = true},
    {.from = "experience", .to = "proposition"},
};

}  // namespace

constinit const FrameworkData kQci = {.id = "qci",
                                      .display_name = "QCI",
                                      .aliases = kAliases,
                                      .version = 2,
                                      .dimensions = kDimensions,
                                      .edges = kEdges};

}  // namespace crm::analytical
