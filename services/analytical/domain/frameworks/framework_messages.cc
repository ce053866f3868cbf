#include "services/analytical/domain/frameworks/framework_messages.h"

#include <string>

#include "services/analytical/domain/frameworks/metrics.h"

namespace crm::analytical {
namespace {

template <typename Field>
void Add(Words words, Field* field) {
  for (const absl::string_view word : words) field->Add(std::string(word));
}

v1::Framework::Criterion ToMessage(const Criterion& criterion) {
  v1::Framework::Criterion out;
  out.set_metric(std::string(criterion.metric));
  out.set_weight_millionths(criterion.weight);
  out.set_worst_millionths(criterion.worst);
  out.set_best_millionths(criterion.best);
  out.set_standard_millionths(criterion.standard);
  out.set_function(std::string(criterion.function));
  const Metric& metric = *FindMetric(criterion.metric);
  out.set_description(std::string(metric.description));
  Add(metric.sources, out.mutable_sources());
  return out;
}

v1::Framework::Dimension ToMessage(const Dimension& dimension) {
  v1::Framework::Dimension out;
  out.set_dimension_id(std::string(dimension.id));
  out.set_display_name(std::string(dimension.display_name));
  Add(dimension.aliases, out.mutable_aliases());
  out.set_part(std::string(dimension.part));
  out.set_weight_millionths(dimension.weight);
  Add(dimension.functions, out.mutable_functions());
  for (const Criterion& criterion : dimension.criteria) {
    *out.add_criteria() = ToMessage(criterion);
  }
  return out;
}

}  // namespace

v1::Framework ToMessage(const FrameworkData& framework) {
  v1::Framework out;
  out.set_framework_id(std::string(framework.id));
  out.set_display_name(std::string(framework.display_name));
  Add(framework.aliases, out.mutable_aliases());
  out.set_version(framework.version);
  out.set_period_days(framework.period_days);
  for (const Dimension& dimension : framework.dimensions) {
    *out.add_dimensions() = ToMessage(dimension);
  }
  for (const Edge& edge : framework.edges) {
    auto& added = *out.add_edges();
    added.set_from_dimension_id(std::string(edge.from));
    added.set_to_dimension_id(std::string(edge.to));
    added.set_feedback(edge.feedback);
  }
  for (const Mapping& mapping : framework.mappings) {
    auto& added = *out.add_mappings();
    added.set_dimension_id(std::string(mapping.dimension));
    added.set_other_framework(std::string(mapping.other_framework));
    added.set_other_dimension_id(std::string(mapping.other_dimension));
  }
  return out;
}

}  // namespace crm::analytical
