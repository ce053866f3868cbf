#include "services/analytical/domain/frameworks/framework.h"

#include <array>

#include "absl/algorithm/container.h"

namespace crm::analytical {
namespace {

constexpr std::array kFrameworks = {
    &kIdic, &kPayneFrow, &kQci, &kFunctionalValueChain, &kStrategicValueChain};

}  // namespace

bool Asks(const FrameworkData& framework, absl::string_view metric) {
  return absl::c_any_of(framework.dimensions, [&](const Dimension& dimension) {
    return absl::c_any_of(dimension.criteria, [&](const Criterion& criterion) {
      return criterion.metric == metric;
    });
  });
}

absl::Span<const FrameworkData* const> Frameworks() { return kFrameworks; }

const FrameworkData* FindFramework(absl::string_view id) {
  const auto found = absl::c_find_if(
      kFrameworks,
      [&](const FrameworkData* framework) { return framework->id == id; });
  return found == kFrameworks.end() ? nullptr : *found;
}

}  // namespace crm::analytical
