// Where the scores of a snapshot are kept: in the service's own store, in
// blocks of many, as they are only ever read in their order. The warehouse
// could not keep them: it can be lost, and computed later they would be others.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_BLOCKS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_BLOCKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/analytical/v1/rfm_snapshot.pb.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm::analytical {

// Returns the table of the blocks.
SqlTable ScoreBlockTable();

// A snapshot whose scores are meant: its uid, as its name may be used again.
struct SnapshotKey {
  std::string tenant;
  std::string uid;
};

// Stores the scores of a snapshot that has none. Errors of a statement.
absl::Status StoreScores(SqlWriter& writer, const SnapshotKey& snapshot,
                         const std::vector<v1::RfmScore>& scores);

// Returns up to `count` scores from position `begin` on, as they were stored.
// INTERNAL (ROW_UNREADABLE), and the errors of a statement.
absl::StatusOr<std::vector<v1::RfmScore>> ReadScores(
    SqlReader& reader, const SnapshotKey& snapshot, int64_t begin,
    int64_t count);

// Removes the scores of a snapshot. Errors of a statement.
absl::Status RemoveScores(SqlWriter& writer, const SnapshotKey& snapshot);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_BLOCKS_H_
