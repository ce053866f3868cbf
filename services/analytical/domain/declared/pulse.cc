#include "services/analytical/domain/declared/pulse.h"

#include <algorithm>
#include <set>

#include "services/analytical/domain/declared/metric.h"

namespace crm::analytical {
namespace {

using v1::PulseGroup;

// Returns the teams whose answers are not shown.
std::set<std::string> SuppressedOf(const std::vector<PulseTally>& tallies,
                                   int64_t min_group_size) {
  std::vector<const PulseTally*> by_size;
  for (const PulseTally& tally : tallies) by_size.push_back(&tally);
  std::sort(by_size.begin(), by_size.end(), [](const auto* a, const auto* b) {
    if (a->response_count != b->response_count) {
      return a->response_count < b->response_count;
    }
    return a->team < b->team;
  });
  std::set<std::string> suppressed;
  int64_t hidden = 0;
  for (const PulseTally* tally : by_size) {
    const bool is_small = tally->response_count < min_group_size;
    const bool covers_others = hidden > 0 && hidden < min_group_size;
    if (!is_small && !covers_others) break;
    suppressed.insert(tally->team);
    hidden += tally->response_count;
  }
  return suppressed;
}

PulseGroup GroupOf(const PulseTally& tally, bool suppressed,
                   int64_t best_points) {
  PulseGroup group;
  group.set_team(tally.team);
  group.set_suppressed(suppressed);
  if (suppressed) return group;
  group.set_response_count(static_cast<int32_t>(tally.response_count));
  group.set_mean_millionths(static_cast<int32_t>(
      DivideRounded(absl::int128(tally.points) * 1'000'000,
                    absl::int128(tally.response_count) * best_points)));
  return group;
}

}  // namespace

v1::PulseResult ResultOf(const v1::EnablementProgram::Survey& survey,
                         std::vector<PulseTally> tallies,
                         int64_t min_group_size) {
  std::sort(
      tallies.begin(), tallies.end(),
      [](const PulseTally& a, const PulseTally& b) { return a.team < b.team; });
  const std::set<std::string> suppressed =
      SuppressedOf(tallies, min_group_size);
  v1::PulseResult result;
  result.set_survey_id(survey.survey_id());
  result.set_closed(true);
  PulseTally all;
  for (const PulseTally& tally : tallies) {
    all.response_count += tally.response_count;
    all.points += tally.points;
    *result.add_teams() =
        GroupOf(tally, suppressed.contains(tally.team), survey.best_points());
  }
  *result.mutable_overall() =
      GroupOf(all, all.response_count < min_group_size, survey.best_points());
  return result;
}

}  // namespace crm::analytical
