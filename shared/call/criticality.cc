#include "shared/call/criticality.h"

#include <array>
#include <cstddef>

namespace crm {
namespace {

constexpr std::array<absl::string_view, kCriticalityCount> kNames = {
    "SHEDDABLE", "SHEDDABLE_PLUS", "CRITICAL", "CRITICAL_PLUS"};

}  // namespace

Criticality ParseCriticality(absl::string_view text) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (text == kNames[i]) return static_cast<Criticality>(i);
  }
  return Criticality::kCritical;
}

absl::string_view CriticalityName(Criticality criticality) {
  return kNames[static_cast<size_t>(criticality)];
}

}  // namespace crm
