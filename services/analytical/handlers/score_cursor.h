// Finds the value tiers of customers in the scores of a model.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_CURSOR_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_CURSOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "services/analytical/handlers/score_blocks.h"
#include "shared/resource/read_view.h"

namespace crm::analytical {

// Goes through the scores of a model, which are by customer, as customers are.
// Thread-compatible.
class ScoreCursor {
 public:
  // Begins at a position among the scores. `reader` outlives this.
  ScoreCursor(SqlReader& reader, ScoresKey key, int64_t position)
      : reader_(reader), key_(std::move(key)), position_(position) {}

  // Returns the tier of a customer whose name comes after all before. Errors as
  // ReadScores().
  absl::StatusOr<v1::ClvScore::ValueTier> TierOf(const std::string& customer);

  int64_t position() const { return position_; }

 private:
  SqlReader& reader_;
  const ScoresKey key_;
  int64_t position_;
  int64_t begin_ = 0;
  bool at_end_ = false;
  v1::ListClvScoresResponse page_;
};

// Returns the model called `name`, or the newest one as of `end` if it is
// empty; nothing without any. Returns NOT_FOUND, INVALID_ARGUMENT for a model
// of a later instant, and the errors of NewestClvModel().
absl::StatusOr<std::optional<v1::ClvModel>> ChooseClvModel(
    const ReadView& view, const CallContext& call, const std::string& name,
    absl::Time end);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_CURSOR_H_
