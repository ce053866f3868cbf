#include "services/analytical/domain/frameworks/metrics.h"

#include "absl/algorithm/container.h"

namespace crm::analytical {
namespace {

constexpr absl::string_view kCustomers[] = {"customers"};
constexpr absl::string_view kOrders[] = {"orders"};
constexpr absl::string_view kModels[] = {"clvModels", "customers"};
constexpr absl::string_view kActivities[] = {"activities", "customers"};
constexpr absl::string_view kOpportunities[] = {"opportunities"};
constexpr absl::string_view kResponses[] = {"surveyResponses"};
constexpr absl::string_view kAnyEvents[] = {"customers", "orders",
                                            "opportunities", "activities"};
constexpr absl::string_view kProjects[] = {"crmProjects"};
constexpr absl::string_view kAssessments[] = {"assessments"};
constexpr absl::string_view kTreatments[] = {"treatments"};
constexpr absl::string_view kFactors[] = {"externalFactors"};
constexpr absl::string_view kCampaigns[] = {"campaigns"};
constexpr absl::string_view kTickets[] = {"tickets"};
constexpr absl::string_view kConversations[] = {"conversations"};
constexpr absl::string_view kLinks[] = {"stakeholderLinks"};
constexpr absl::string_view kStrategies[] = {"strategies"};
constexpr absl::string_view kPropositions[] = {"propositions"};
constexpr absl::string_view kChanges[] = {"changeInitiatives"};
constexpr absl::string_view kPrograms[] = {"enablementPrograms"};

constexpr Metric kMetrics[] = {
    {kMetricCompleteness,
     "How much is known of a customer on average, by the declared attributes.",
     kCustomers},
    {kMetricGrouped, "The part of the customers that have a needs group.",
     kCustomers},
    {kMetricTiered, "The part of the customers that have a value tier.",
     kModels, true},
    {kMetricOwned, "The part of the customers that somebody answers for.",
     kCustomers},
    {kMetricContacted,
     "The part of the customers with an activity that was completed.",
     kActivities, false, true},
    {kMetricAcquisition,
     "New customers for each one that had ordered before: a customer is new "
     "when it first orders.",
     kOrders, false, true},
    {kMetricRetention,
     "The part of those who ordered in the period before that ordered again.",
     kOrders, false, true},
    {kMetricPenetration, "How many products a customer who ordered bought.",
     kOrders, false, true},
    {kMetricRepeat,
     "The part of those who ordered that did so on two days or more.", kOrders,
     false, true},
    {kMetricDispersion,
     "The least part of those who ordered that brought 80 % of the revenue, in "
     "the currency of most orders.",
     kOrders, false, true},
    {kMetricWon, "The part of the decided opportunities that were won.",
     kOpportunities, false, true},
    {kMetricCycleDays, "The days from an opportunity's creation to its end.",
     kOpportunities, false, true},
    {kMetricExperience,
     "The mean answer of customers to surveys, from 0 to 1 on the scale of "
     "each.",
     kResponses, false, true},
    {kMetricApplied,
     "The part of the subjects of events of which no event waits, unreadable.",
     kAnyEvents},
    {kMetricMilestones,
     "The part of the milestones that were reached, of projects that are under "
     "way or done.",
     kProjects, true},
    {kMetricReadiness, "The newest assessment of readiness for CRM.",
     kAssessments, true},
    {kMetricLeadership, "The newest assessment of leadership and culture.",
     kAssessments, true},
    {kMetricProcurement, "The newest assessment of procurement processes.",
     kAssessments, true},
    {kMetricHr, "The newest assessment of HR management processes.",
     kAssessments, true},
    {kMetricData, "The newest assessment of data management processes.",
     kAssessments, true},
    {kMetricOrganization, "The newest assessment of the organization's design.",
     kAssessments, true},
    {kMetricTreatments, "The part of treatments that came out as meant.",
     kTreatments, false, true},
    {kMetricFactors,
     "The part of the effects of the factors in force whose strength somebody "
     "declared: each bears on the experience and on the planning.",
     kFactors, true},
    {kMetricCampaigns, "The part of those reached by campaigns that responded.",
     kCampaigns, false, true},
    {kMetricService, "The part of tickets that kept to their promise.",
     kTickets, false, true},
    {kMetricChannels,
     "The part of changes of channel at which the context was kept.",
     kConversations, false, true},
    {kMetricFirstContact,
     "The part of conversations that were resolved at the first contact.",
     kConversations, false, true},
    {kMetricNetwork, "The part of the customers with linked stakeholders.",
     kLinks, true},
    {kMetricObjectives,
     "The part of strategic objectives that are on track or met, of those "
     "there "
     "is anything to tell by.",
     kStrategies, true},
    {kMetricPromises,
     "The part of the promised benefits that were delivered, of those there is "
     "anything to tell by.",
     kPropositions, true, true},
    {kMetricAdoption, "The part of the users meant by changes that made them.",
     kChanges, true},
    {kMetricSponsored,
     "The part of the changes, of those under way or done, that name a "
     "sponsor.",
     kChanges, true},
    {kMetricTrained,
     "The part of the trainings that participants were to complete and did.",
     kPrograms, true},
    {kMetricEngagement,
     "The points that employees gave in closed pulse surveys, of those they "
     "could give.",
     kPrograms, true},
};

constexpr IdentifyingAttribute kAttributes[] = {
    {"display_name", 200'000},  {"kind", 100'000},
    {"primary_email", 250'000}, {"primary_phone", 200'000},
    {"segment", 150'000},       {"owner", 100'000},
};

}  // namespace

absl::Span<const Metric> Metrics() { return kMetrics; }

const Metric* FindMetric(absl::string_view id) {
  const auto* found = absl::c_find_if(
      kMetrics, [&](const Metric& metric) { return metric.id == id; });
  return found == std::end(kMetrics) ? nullptr : found;
}

absl::Span<const IdentifyingAttribute> IdentifyingAttributes() {
  return kAttributes;
}

int32_t KnownWeight(int64_t known) {
  int32_t weight = 0;
  for (size_t i = 0; i < std::size(kAttributes); ++i) {
    if ((known >> i & 1) != 0) weight += kAttributes[i].weight;
  }
  return weight;
}

}  // namespace crm::analytical
