#include "services/analytical/handlers/score_cursor.h"

#include "services/analytical/handlers/own_measurements.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

absl::StatusOr<v1::ClvScore::ValueTier> ScoreCursor::TierOf(
    const std::string& customer) {
  for (;; ++position_) {
    if (position_ >= begin_ + page_.scores_size() || position_ < begin_) {
      if (at_end_) return v1::ClvScore::UNKNOWN;
      CRM_ASSIGN_OR_RETURN(
          page_, ReadScores<v1::ListClvScoresResponse>(reader_, key_, position_,
                                                       kScoreBlockSize));
      begin_ = position_;
      at_end_ = page_.scores_size() < kScoreBlockSize;
      if (page_.scores().empty()) return v1::ClvScore::UNKNOWN;
    }
    const auto& score = page_.scores(static_cast<int>(position_ - begin_));
    if (score.customer() > customer) return v1::ClvScore::UNKNOWN;
    if (score.customer() == customer) return score.value_tier();
  }
}

absl::StatusOr<std::optional<v1::ClvModel>> ChooseClvModel(
    const ReadView& view, const CallContext& call, const std::string& name,
    absl::Time end) {
  if (name.empty()) return NewestClvModel(view, call, end);
  CRM_ASSIGN_OR_RETURN(v1::ClvModel model, view.GetLive<v1::ClvModel>(name));
  if (FromTimestamp(model.as_of_time()) > end) {
    return BadField("clv_model", "must be of the asked instant or before.");
  }
  return std::optional<v1::ClvModel>(std::move(model));
}

}  // namespace crm::analytical
