// What can be measured of a business, as data: what each metric tells and what
// it comes from. Some come from events that no service sends yet; they are
// measured as soon as there are such events, and until then are not.
//
// Everything here is constant.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_METRICS_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_METRICS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/analytical/domain/frameworks/framework.h"

namespace crm::analytical {

// All are quotients that are not negative.
inline constexpr absl::string_view kMetricCompleteness =
    "customers.completeness";
inline constexpr absl::string_view kMetricGrouped = "customers.grouped";
inline constexpr absl::string_view kMetricTiered = "customers.tiered";
inline constexpr absl::string_view kMetricOwned = "customers.owned";
inline constexpr absl::string_view kMetricContacted = "customers.contacted";
inline constexpr absl::string_view kMetricAcquisition = "customers.acquisition";
inline constexpr absl::string_view kMetricRetention = "customers.retention";
inline constexpr absl::string_view kMetricPenetration = "customers.penetration";
inline constexpr absl::string_view kMetricRepeat = "customers.repeat";
inline constexpr absl::string_view kMetricDispersion = "portfolio.dispersion";
inline constexpr absl::string_view kMetricWon = "opportunities.won";
inline constexpr absl::string_view kMetricCycleDays =
    "opportunities.cycle_days";
inline constexpr absl::string_view kMetricExperience = "experience.score";
inline constexpr absl::string_view kMetricApplied = "events.applied";
inline constexpr absl::string_view kMetricMilestones = "projects.milestones";
inline constexpr absl::string_view kMetricReadiness = "assessments.readiness";
inline constexpr absl::string_view kMetricLeadership = "assessments.leadership";
inline constexpr absl::string_view kMetricProcurement =
    "assessments.procurement";
inline constexpr absl::string_view kMetricHr = "assessments.hr";
inline constexpr absl::string_view kMetricData = "assessments.data";
inline constexpr absl::string_view kMetricOrganization =
    "assessments.organization";
inline constexpr absl::string_view kMetricTreatments = "treatments.outcome";
inline constexpr absl::string_view kMetricFactors = "environment.factors";
inline constexpr absl::string_view kMetricCampaigns = "campaigns.response";
inline constexpr absl::string_view kMetricService = "tickets.on_time";
inline constexpr absl::string_view kMetricChannels = "channels.context_kept";
inline constexpr absl::string_view kMetricFirstContact =
    "conversations.first_contact";
inline constexpr absl::string_view kMetricNetwork = "network.linked";
inline constexpr absl::string_view kMetricObjectives = "strategies.on_track";
inline constexpr absl::string_view kMetricPromises = "propositions.kept";
inline constexpr absl::string_view kMetricAdoption = "changes.adoption";
inline constexpr absl::string_view kMetricSponsored = "changes.sponsored";
inline constexpr absl::string_view kMetricTrained = "employees.trained";
inline constexpr absl::string_view kMetricEngagement = "employees.engagement";

struct Metric {
  absl::string_view id;
  absl::string_view description;
  // Collections of other services, whose events it comes from, or of this one.
  Words sources;
  // Whether it comes from resources of this service, not from events.
  bool own = false;
  // Whether it counts a period, not what there is at an instant.
  bool has_period = false;
};

// Returns all metrics.
absl::Span<const Metric> Metrics();

// Returns the metric of that id, or null.
const Metric* FindMetric(absl::string_view id);

// An attribute by which customers are identified: the field, and its part of
// the whole. None is one that the law protects.
struct IdentifyingAttribute {
  absl::string_view field;
  int32_t weight = 0;
};

// Returns the attributes. The facts of a customer keep what is known as a bit
// for each, in this order, so that none may be put between them.
absl::Span<const IdentifyingAttribute> IdentifyingAttributes();

// Returns the weight of the attributes whose bits are set.
int32_t KnownWeight(int64_t known);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_FRAMEWORKS_METRICS_H_
