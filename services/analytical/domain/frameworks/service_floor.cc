#include "services/analytical/domain/frameworks/service_floor.h"

#include "absl/numeric/int128.h"
#include "services/analytical/domain/declared/metric.h"
#include "services/analytical/domain/frameworks/weighted_mean.h"

namespace crm::analytical {
namespace {

using v1::ClvScore;

constexpr ClvScore::ValueTier kTiers[] = {ClvScore::TOP, ClvScore::HIGH,
                                          ClvScore::MIDDLE, ClvScore::LOW,
                                          ClvScore::UNKNOWN};

v1::ServiceAttainment AttainmentOf(ClvScore::ValueTier tier,
                                   const ServiceTally& tally) {
  v1::ServiceAttainment attainment;
  attainment.set_value_tier(tier);
  attainment.set_decided_count(tally.decided);
  attainment.set_attained_count(tally.attained);
  if (tally.decided == 0) return attainment;
  attainment.set_has_attainment(true);
  attainment.set_attainment_millionths(static_cast<int32_t>(
      DivideRounded(absl::int128(tally.attained) * kWhole, tally.decided)));
  return attainment;
}

// Whether the part that `a` attained is less than that of `b`; both have any.
bool IsWorse(const ServiceTally& a, const ServiceTally& b) {
  return absl::int128(a.attained) * b.decided <
         absl::int128(b.attained) * a.decided;
}

}  // namespace

bool IsStrategic(ClvScore::ValueTier tier) {
  return tier == ClvScore::TOP || tier == ClvScore::HIGH;
}

void FillServiceFloor(const ServiceTallies& tallies, int32_t floor_millionths,
                      v1::ServiceFloorReport& report) {
  ServiceTally strategic;
  ServiceTally others;
  for (const ClvScore::ValueTier tier : kTiers) {
    const auto found = tallies.find(tier);
    const ServiceTally tally =
        found == tallies.end() ? ServiceTally{} : found->second;
    *report.add_tiers() = AttainmentOf(tier, tally);
    (IsStrategic(tier) ? strategic : others).Add(tally);
  }
  const auto whole = ClvScore::VALUE_TIER_UNSPECIFIED;
  *report.mutable_strategic() = AttainmentOf(whole, strategic);
  *report.mutable_others() = AttainmentOf(whole, others);
  const ServiceTally floor{kWhole, floor_millionths};
  report.set_alarm(strategic.decided > 0 && others.decided > 0 &&
                   IsWorse(others, floor) && IsWorse(others, strategic));
}

}  // namespace crm::analytical
