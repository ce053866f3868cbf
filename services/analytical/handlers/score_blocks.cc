#include "services/analytical/handlers/score_blocks.h"

#include <algorithm>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// The scores in one block, but for the last one. Stored data depends on it.
constexpr int64_t kBlockSize = 1000;

}  // namespace

SqlTable ScoreBlockTable() {
  return {.name = "rfm_score_block",
          .columns = {{"tenant", SqlType::kText, false},
                      {"snapshot", SqlType::kText, false},
                      {"block", SqlType::kInteger, false},
                      {"scores", SqlType::kBlob, false}},
          .primary_key = {"tenant", "snapshot", "block"}};
}

absl::Status StoreScores(SqlWriter& writer, const SnapshotKey& snapshot,
                         const std::vector<v1::RfmScore>& scores) {
  const auto count = static_cast<int64_t>(scores.size());
  for (int64_t begin = 0; begin < count; begin += kBlockSize) {
    v1::ListRfmScoresResponse block;
    for (int64_t i = begin; i < std::min(begin + kBlockSize, count); ++i) {
      *block.add_scores() = scores[static_cast<size_t>(i)];
    }
    CRM_RETURN_IF_ERROR(
        writer
            .Execute("INSERT INTO rfm_score_block (tenant, snapshot, block, "
                     "scores) VALUES (?, ?, ?, ?)",
                     {snapshot.tenant, snapshot.uid, begin / kBlockSize,
                      SqlBlob{block.SerializeAsString()}})
            .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::RfmScore>> ReadScores(
    SqlReader& reader, const SnapshotKey& snapshot, int64_t begin,
    int64_t count) {
  const int64_t end = begin + count;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT block, scores FROM rfm_score_block WHERE tenant = ? "
                   "AND snapshot = ? AND block >= ? AND block <= ? "
                   "ORDER BY block",
                   {snapshot.tenant, snapshot.uid, begin / kBlockSize,
                    (end - 1) / kBlockSize}));
  std::vector<v1::RfmScore> scores;
  for (const SqlRow& row : rows) {
    v1::ListRfmScoresResponse block;
    if (!block.ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    int64_t position = std::get<int64_t>(row[0]) * kBlockSize;
    for (v1::RfmScore& score : *block.mutable_scores()) {
      if (position >= begin && position < end) {
        scores.push_back(std::move(score));
      }
      ++position;
    }
  }
  return scores;
}

absl::Status RemoveScores(SqlWriter& writer, const SnapshotKey& snapshot) {
  return writer
      .Execute("DELETE FROM rfm_score_block WHERE tenant = ? AND snapshot = ?",
               {snapshot.tenant, snapshot.uid})
      .status();
}

}  // namespace crm::analytical
