#include "services/analytical/handlers/strategic_measurements.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "crm/analytical/v1/stakeholder_link.pb.h"
#include "services/analytical/domain/declared/proposition.h"
#include "services/analytical/domain/declared/strategy.h"
#include "services/analytical/domain/frameworks/metrics.h"
#include "services/analytical/handlers/counted_part.h"
#include "services/analytical/handlers/measured_rows.h"
#include "services/analytical/projections/customer_facts.h"
#include "services/analytical/projections/metric_facts.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::analytical {
namespace {

using v1::Proposition;
using v1::StakeholderLink;
using v1::Strategy;

// Whether the link held at an instant by which it was declared.
bool Held(const StakeholderLink& link, absl::Time end) {
  return !link.has_revoke_time() || FromTimestamp(link.revoke_time()) > end;
}

// Returns the resources of a T that were there, `fields` of which are told.
template <typename T>
absl::StatusOr<std::vector<T>> ReadDeclared(
    const ReadView& view, const CallContext& call,
    std::initializer_list<absl::string_view> fields, absl::Time end) {
  const Resource& resource = *view.catalog().Find(T::descriptor());
  for (const absl::string_view field : fields) {
    CRM_RETURN_IF_ERROR(CheckSummable(view, call, resource, field));
  }
  std::vector<T> declared;
  CRM_RETURN_IF_ERROR(ScanRows(view, call, resource, kMostMeasuredRows,
                               [&](const google::protobuf::Message& row) {
                                 const auto& typed = static_cast<const T&>(row);
                                 if (IsDeclared(typed, end))
                                   declared.push_back(typed);
                                 return absl::OkStatus();
                               }));
  return declared;
}

absl::Status AddObjectives(SqlReader& warehouse, const StrategicFacts& facts,
                           const MeasureQuestion& question,
                           Measurements& measurements) {
  const MetricScope scope{.tenant = question.tenant};
  CountedPart on_track;
  on_track.known = !facts.strategies.empty();
  for (const Strategy& strategy : facts.strategies) {
    int64_t measured = 0;
    int64_t good = 0;
    for (const Strategy::Objective& objective : strategy.objectives()) {
      CRM_ASSIGN_OR_RETURN(const v1::MetricValue value,
                           MeasureMetric(warehouse, scope, objective.metric(),
                                         WindowOf(objective, question.end)));
      if (!value.has_value()) continue;
      const auto status =
          StandingOf(objective, value.value_millionths(), question.end)
              .status();
      ++measured;
      if (status == v1::ObjectiveStatus::ON_TRACK ||
          status == v1::ObjectiveStatus::MET) {
        ++good;
      }
    }
    on_track.Add(strategy.name(), good, measured, measured);
  }
  std::move(on_track).Set(kMetricObjectives, measurements);
  return absl::OkStatus();
}

absl::Status AddPromises(SqlReader& warehouse, const StrategicFacts& facts,
                         const MeasureQuestion& question,
                         Measurements& measurements) {
  CountedPart kept;
  kept.known = !facts.propositions.empty();
  for (const Proposition& proposition : facts.propositions) {
    const MetricScope scope{.tenant = question.tenant,
                            .customers = {proposition.customers().begin(),
                                          proposition.customers().end()}};
    int64_t measured = 0;
    int64_t delivered = 0;
    for (const Proposition::Benefit& benefit : proposition.benefits()) {
      CRM_ASSIGN_OR_RETURN(
          const v1::MetricValue value,
          MeasureMetric(
              warehouse, scope, benefit.metric(),
              WindowOf(benefit.metric(), question.start, question.end)));
      if (!value.has_value()) continue;
      ++measured;
      if (DeliveryOf(benefit, value).kept()) ++delivered;
    }
    kept.Add(proposition.name(), delivered, measured, measured);
  }
  std::move(kept).Set(kMetricPromises, measurements);
  return absl::OkStatus();
}

absl::Status AddNetwork(SqlReader& warehouse, const StrategicFacts& facts,
                        const MeasureQuestion& question,
                        Measurements& measurements) {
  if (!facts.has_links) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(const int64_t customers,
                       CountCustomers(warehouse, question));
  CRM_ASSIGN_OR_RETURN(
      const int64_t linked,
      CountNamedCustomers(warehouse, question, facts.linked_parties));
  Measurement measurement{.value = MakeQuotient(linked, customers),
                          .count = customers,
                          .sources = {}};
  for (const std::string& link : facts.links) AddSource(link, measurement);
  measurements[std::string(kMetricNetwork)] = std::move(measurement);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StrategicFacts> ReadStrategicFacts(
    const ReadView& view, const CallContext& call,
    const FrameworkData& framework, absl::Time end) {
  StrategicFacts facts;
  if (Asks(framework, kMetricObjectives)) {
    CRM_ASSIGN_OR_RETURN(
        facts.strategies,
        ReadDeclared<Strategy>(view, call, {"objectives"}, end));
  }
  if (Asks(framework, kMetricPromises)) {
    CRM_ASSIGN_OR_RETURN(
        facts.propositions,
        ReadDeclared<Proposition>(view, call, {"benefits", "customers"}, end));
  }
  if (!Asks(framework, kMetricNetwork)) return facts;
  CRM_ASSIGN_OR_RETURN(
      const std::vector<StakeholderLink> links,
      ReadDeclared<StakeholderLink>(view, call, {"from_party", "party"}, end));
  facts.has_links = !links.empty();
  for (const StakeholderLink& link : links) {
    if (!Held(link, end)) continue;
    facts.links.push_back(link.name());
    for (const std::string& party : {link.from_party(), link.party()}) {
      if (absl::StartsWith(party, "customers/")) {
        facts.linked_parties.insert(party);
      }
    }
  }
  return facts;
}

absl::Status AddStrategicMeasurements(SqlReader& warehouse,
                                      const StrategicFacts& facts,
                                      const FrameworkData& framework,
                                      const MeasureQuestion& question,
                                      Measurements& measurements) {
  if (Asks(framework, kMetricObjectives)) {
    CRM_RETURN_IF_ERROR(
        AddObjectives(warehouse, facts, question, measurements));
  }
  if (Asks(framework, kMetricPromises)) {
    CRM_RETURN_IF_ERROR(AddPromises(warehouse, facts, question, measurements));
  }
  if (Asks(framework, kMetricNetwork)) {
    CRM_RETURN_IF_ERROR(AddNetwork(warehouse, facts, question, measurements));
  }
  return absl::OkStatus();
}

}  // namespace crm::analytical
