#include "services/analytical/handlers/value_tier.h"

#include "services/analytical/handlers/score_cursor.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {

absl::StatusOr<v1::ClvScore::ValueTier> FindTier(SqlReader& reader,
                                                 const ScoresKey& key,
                                                 int64_t count,
                                                 const std::string& customer) {
  // The last block whose first customer does not come after this one.
  int64_t low = 0;
  int64_t high = (count + kScoreBlockSize - 1) / kScoreBlockSize;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    CRM_ASSIGN_OR_RETURN(const auto first,
                         ReadScores<v1::ListClvScoresResponse>(
                             reader, key, middle * kScoreBlockSize, 1));
    if (first.scores().empty() || first.scores(0).customer() > customer) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return ScoreCursor(reader, key, low * kScoreBlockSize).TierOf(customer);
}

}  // namespace crm::analytical
