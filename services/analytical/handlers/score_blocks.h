// Where the scores of a resource are kept: in the service's own store, in
// blocks of many, as they are only ever read in their order. The warehouse
// could not keep them: it can be lost, and computed later they would be others.
//
// A block is a page as callers get it: a message whose repeated field `scores`
// holds them.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_BLOCKS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_BLOCKS_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm::analytical {

// The tables of the resources that have scores.
inline constexpr char kRfmScoreBlocks[] = "rfm_score_block";
inline constexpr char kClvScoreBlocks[] = "clv_score_block";

// The scores in one block, but for the last one. Stored data depends on it.
inline constexpr int64_t kScoreBlockSize = 1000;

// Returns the table of blocks with that name.
SqlTable ScoreBlockTable(absl::string_view table);

// The scores of which resource are meant: by its uid, as its name may be used
// again.
struct ScoresKey {
  absl::string_view table;
  std::string tenant;
  std::string uid;
};

// Stores one block, by its number from 0. Errors of a statement.
absl::Status StoreScoreBlock(SqlWriter& writer, const ScoresKey& key,
                             int64_t block, std::string content);

// Returns the stored blocks from `first` to `last`, with their numbers. Errors
// of a statement.
absl::StatusOr<std::vector<std::pair<int64_t, std::string>>> ReadScoreBlocks(
    SqlReader& reader, const ScoresKey& key, int64_t first, int64_t last);

// Removes the scores of a resource. Errors of a statement.
absl::Status RemoveScores(SqlWriter& writer, const ScoresKey& key);

// Stores the scores of a resource that has none. Errors of a statement.
template <typename Page, typename Score>
absl::Status StoreScores(SqlWriter& writer, const ScoresKey& key,
                         const std::vector<Score>& scores) {
  const auto count = static_cast<int64_t>(scores.size());
  for (int64_t begin = 0; begin < count; begin += kScoreBlockSize) {
    Page block;
    for (int64_t i = begin; i < std::min(begin + kScoreBlockSize, count); ++i) {
      *block.add_scores() = scores[static_cast<size_t>(i)];
    }
    CRM_RETURN_IF_ERROR(StoreScoreBlock(writer, key, begin / kScoreBlockSize,
                                        block.SerializeAsString()));
  }
  return absl::OkStatus();
}

// Returns up to `count` scores from position `begin` on, as they were stored.
// INTERNAL (ROW_UNREADABLE), and the errors of a statement.
template <typename Page>
absl::StatusOr<Page> ReadScores(SqlReader& reader, const ScoresKey& key,
                                int64_t begin, int64_t count) {
  const int64_t end = begin + count;
  CRM_ASSIGN_OR_RETURN(const auto blocks,
                       ReadScoreBlocks(reader, key, begin / kScoreBlockSize,
                                       (end - 1) / kScoreBlockSize));
  Page page;
  for (const auto& [number, content] : blocks) {
    Page block;
    if (!block.ParseFromString(content)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    int64_t position = number * kScoreBlockSize;
    for (auto& score : *block.mutable_scores()) {
      if (position >= begin && position < end) {
        *page.add_scores() = std::move(score);
      }
      ++position;
    }
  }
  return page;
}

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_SCORE_BLOCKS_H_
