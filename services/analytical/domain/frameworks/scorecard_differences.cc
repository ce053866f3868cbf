#include "services/analytical/domain/frameworks/scorecard_differences.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/analytical/domain/frameworks/scorecard.h"
#include "shared/base/errors.h"

namespace crm::analytical {
namespace {

using Difference = v1::ScorecardDifference;

class Differences {
 public:
  explicit Differences(v1::VerifyScorecardResponse& response)
      : response_(response) {}

  void Expect(Difference::Kind kind, absl::string_view dimension,
              absl::string_view metric, const std::string& stored,
              const std::string& now) {
    if (stored == now) return;
    auto& difference = *response_.add_differences();
    difference.set_kind(kind);
    difference.set_dimension_id(std::string(dimension));
    difference.set_metric(std::string(metric));
    difference.set_stored_value(stored);
    difference.set_value(now);
  }

 private:
  v1::VerifyScorecardResponse& response_;
};

template <typename Scored>
std::string ScoreText(const Scored& scored) {
  if (!scored.has_score()) return "";
  return absl::StrCat(scored.score_millionths(), " of ",
                      scored.coverage_millionths());
}

std::string ScoreText(const v1::Scorecard::Evidence& evidence) {
  if (!evidence.measured()) return "";
  return absl::StrCat(evidence.score_millionths(),
                      evidence.below_standard() ? " below standard" : "");
}

std::string StrengthText(const v1::Scorecard::EdgeStrength& edge) {
  return edge.measured() ? absl::StrCat(edge.strength()) : "";
}

std::string EvidenceText(const v1::Scorecard::Evidence& evidence) {
  return absl::StrCat(
      evidence.measured() ? evidence.value() : evidence.reason(), " of ",
      evidence.count(), " from ", absl::StrJoin(evidence.sources(), ", "));
}

std::string ValuesText(const v1::Scorecard::EdgeStrength& edge) {
  return absl::StrCat(absl::StrJoin(edge.from_values(), ", "), " -> ",
                      absl::StrJoin(edge.to_values(), ", "));
}

template <typename Scored>
v1::ScoreChange ChangeOf(const Scored* earlier, const Scored& later) {
  v1::ScoreChange change;
  change.set_has_score(later.has_score());
  change.set_score_millionths(later.score_millionths());
  if (earlier == nullptr) return change;
  change.set_had_score(earlier->has_score());
  change.set_earlier_score_millionths(earlier->score_millionths());
  if (change.had_score() && change.has_score()) {
    change.set_change_millionths(later.score_millionths() -
                                 earlier->score_millionths());
  }
  return change;
}

void CheckDimension(const v1::Scorecard::DimensionScore& stored,
                    const v1::Scorecard::DimensionScore& scored,
                    const v1::Scorecard::DimensionScore& again,
                    Differences& differences) {
  const std::string& id = stored.dimension_id();
  for (int i = 0; i < stored.evidence_size(); ++i) {
    const auto& evidence = stored.evidence(i);
    differences.Expect(Difference::SCORE, id, evidence.metric(),
                       ScoreText(evidence), ScoreText(scored.evidence(i)));
    differences.Expect(
        Difference::EVIDENCE, id, evidence.metric(), EvidenceText(evidence),
        i < again.evidence_size() ? EvidenceText(again.evidence(i))
                                  : std::string());
  }
  differences.Expect(Difference::SCORE, id, "", ScoreText(stored),
                     ScoreText(scored));
}

}  // namespace

v1::VerifyScorecardResponse Verify(const FrameworkData* framework,
                                   const v1::Scorecard& stored,
                                   const v1::Scorecard& again) {
  v1::VerifyScorecardResponse response;
  Differences differences(response);
  if (framework == nullptr) {
    differences.Expect(
        Difference::FRAMEWORK, "", "",
        absl::StrCat(stored.framework(), " ", stored.framework_version()), "");
    return response;
  }
  v1::Scorecard scored = stored;
  ScoreEvidence(*framework, scored);
  for (int i = 0; i < stored.dimensions_size(); ++i) {
    CheckDimension(stored.dimensions(i), scored.dimensions(i),
                   i < again.dimensions_size()
                       ? again.dimensions(i)
                       : v1::Scorecard::DimensionScore(),
                   differences);
  }
  for (int i = 0; i < stored.edges_size(); ++i) {
    const auto& edge = stored.edges(i);
    const std::string id =
        absl::StrCat(edge.from_dimension_id(), "->", edge.to_dimension_id());
    differences.Expect(Difference::SCORE, id, "", StrengthText(edge),
                       StrengthText(scored.edges(i)));
    differences.Expect(
        Difference::EVIDENCE, id, "", ValuesText(edge),
        i < again.edges_size() ? ValuesText(again.edges(i)) : std::string());
  }
  differences.Expect(Difference::SCORE, "", "", ScoreText(stored),
                     ScoreText(scored));
  response.set_matches(response.differences().empty());
  return response;
}

absl::StatusOr<v1::CompareScorecardsResponse> Compare(
    const v1::Scorecard& earlier, const v1::Scorecard& later) {
  if (earlier.framework() != later.framework() ||
      earlier.framework_version() != later.framework_version()) {
    return FailedPrecondition(
        "FRAMEWORKS_DIFFER",
        absl::StrCat("'", earlier.name(), "' is of ", earlier.framework(),
                     " version ", earlier.framework_version(), ", '",
                     later.name(), "' of ", later.framework(), " version ",
                     later.framework_version(),
                     ". Compare two of one framework and version."),
        later.name());
  }
  v1::CompareScorecardsResponse response;
  *response.mutable_total() = ChangeOf(&earlier, later);
  for (const auto& score : later.dimensions()) {
    const auto before =
        std::find_if(earlier.dimensions().begin(), earlier.dimensions().end(),
                     [&](const auto& candidate) {
                       return candidate.dimension_id() == score.dimension_id();
                     });
    v1::ScoreChange& change = *response.add_dimensions();
    change = ChangeOf(before == earlier.dimensions().end() ? nullptr : &*before,
                      score);
    change.set_dimension_id(score.dimension_id());
  }
  return response;
}

}  // namespace crm::analytical
