// What the rows of an operation did, kept beside it so that it can be taken
// back. Each is stored in the commit of its row.

#ifndef CRM_SHARED_RESOURCE_ROW_EFFECTS_H_
#define CRM_SHARED_RESOURCE_ROW_EFFECTS_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/internal/v1/import_record.pb.h"
#include "shared/resource/transaction.h"
#include "shared/storage/database.h"

namespace crm {

// Returns the table of effects.
SqlTable RowEffectTable();

// Returns what `transaction` has changed so far.
internal::v1::RowEffect EffectOf(const Transaction& transaction);

// Stores what row `row` of `operation` did.
absl::Status AddRowEffect(SqlWriter& writer, absl::string_view tenant,
                          absl::string_view operation, int64_t row,
                          const internal::v1::RowEffect& effect);

// What one row did.
struct StoredEffect {
  int64_t row = 0;
  internal::v1::RowEffect effect;
};

// Stands before all rows of an operation, from its end.
inline constexpr int64_t kAfterLastRow = std::numeric_limits<int64_t>::max();

// Returns the effects of at most `limit` rows before `row`, the last ones
// first.
absl::StatusOr<std::vector<StoredEffect>> EffectsBefore(
    SqlReader& reader, absl::string_view tenant, absl::string_view operation,
    int64_t row, int limit);

// Returns how many rows of `operation` did something.
absl::StatusOr<int64_t> CountEffects(SqlReader& reader,
                                     absl::string_view tenant,
                                     absl::string_view operation);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_ROW_EFFECTS_H_
