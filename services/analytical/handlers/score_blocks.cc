#include "services/analytical/handlers/score_blocks.h"

#include "absl/strings/str_cat.h"

namespace crm::analytical {

SqlTable ScoreBlockTable(absl::string_view table) {
  return {.name = std::string(table),
          .columns = {{"tenant", SqlType::kText, false},
                      {"snapshot", SqlType::kText, false},
                      {"block", SqlType::kInteger, false},
                      {"scores", SqlType::kBlob, false}},
          .primary_key = {"tenant", "snapshot", "block"}};
}

absl::Status StoreScoreBlock(SqlWriter& writer, const ScoresKey& key,
                             int64_t block, std::string content) {
  return writer
      .Execute(absl::StrCat("INSERT INTO ", key.table,
                            " (tenant, snapshot, block, scores) "
                            "VALUES (?, ?, ?, ?)"),
               {key.tenant, key.uid, block, SqlBlob{std::move(content)}})
      .status();
}

absl::StatusOr<std::vector<std::pair<int64_t, std::string>>> ReadScoreBlocks(
    SqlReader& reader, const ScoresKey& key, int64_t first, int64_t last) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query(absl::StrCat("SELECT block, scores FROM ", key.table,
                                " WHERE tenant = ? AND snapshot = ? AND "
                                "block >= ? AND block <= ? ORDER BY block"),
                   {key.tenant, key.uid, first, last}));
  std::vector<std::pair<int64_t, std::string>> blocks;
  for (SqlRow& row : rows) {
    blocks.emplace_back(std::get<int64_t>(row[0]),
                        std::get<SqlBlob>(std::move(row[1])).bytes);
  }
  return blocks;
}

absl::Status RemoveScores(SqlWriter& writer, const ScoresKey& key) {
  return writer
      .Execute(absl::StrCat("DELETE FROM ", key.table,
                            " WHERE tenant = ? AND snapshot = ?"),
               {key.tenant, key.uid})
      .status();
}

}  // namespace crm::analytical
