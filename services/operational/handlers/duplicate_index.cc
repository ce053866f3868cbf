#include "services/operational/handlers/duplicate_index.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/operational/domain/duplicate_rule.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Message;

// What one step takes in or removes, and the pause after it, so that other
// writes come first.
constexpr int64_t kBatch = 200;
constexpr absl::Duration kPause = absl::Milliseconds(20);

std::vector<std::string> FirstColumn(SqlRows rows) {
  std::vector<std::string> values;
  values.reserve(rows.size());
  for (SqlRow& row : rows) {
    values.push_back(std::move(std::get<std::string>(row[0])));
  }
  return values;
}

absl::Status TakeIn(Transaction& transaction, const v1::DuplicateRule& rule,
                    const Resource& type, const std::string& body) {
  const std::unique_ptr<Message> message = type.New();
  if (!message->ParseFromString(body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  if (!IsMatchable(*message)) return absl::OkStatus();
  const MatchRecord record = MatchRecordOf(rule, *message);
  return KeepBlocks(transaction, rule, record.name, {}, BlocksOf(rule, record));
}

}  // namespace

SqlTable DuplicateKeyTable() {
  return {.name = "duplicate_key",
          .columns = {{"tenant", SqlType::kText, false},
                      {"rule_uid", SqlType::kText, false},
                      {"block", SqlType::kText, false},
                      {"name", SqlType::kText, false}},
          .primary_key = {"tenant", "rule_uid", "block", "name"}};
}

absl::Status KeepBlocks(Transaction& transaction, const v1::DuplicateRule& rule,
                        const std::string& name,
                        const std::set<std::string>& before,
                        const std::set<std::string>& after) {
  const std::string& tenant = transaction.view().tenant();
  for (const std::string& block : before) {
    if (after.contains(block)) continue;
    CRM_RETURN_IF_ERROR(transaction.writer().Post(
        "DELETE FROM duplicate_key WHERE tenant = ? AND rule_uid = ? AND block "
        "= ? AND name = ?",
        {tenant, rule.uid(), block, name}));
  }
  // Also what is there already, as the index may not be filled so far.
  for (const std::string& block : after) {
    CRM_RETURN_IF_ERROR(transaction.writer().Post(
        "INSERT INTO duplicate_key (tenant, rule_uid, block, name) VALUES (?, "
        "?, ?, ?) ON CONFLICT (tenant, rule_uid, block, name) DO NOTHING",
        {tenant, rule.uid(), block, name}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::unique_ptr<Message>>> ResourcesInBlock(
    const ReadView& view, const v1::DuplicateRule& rule, const Resource& type,
    const std::string& block) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      view.reader().Query(
          absl::StrCat("SELECT k.name, t.body FROM duplicate_key AS k JOIN ",
                       type.schema.table(),
                       " AS t ON t.tenant = k.tenant AND t.name = k.name WHERE "
                       "k.tenant = ? AND k.rule_uid = ? AND k.block = ? ORDER "
                       "BY k.name LIMIT ?"),
          {view.tenant(), rule.uid(), block, kMaxDuplicateBlock + 1}));
  // Engines may order text in their own way.
  std::sort(rows.begin(), rows.end(), [](const SqlRow& a, const SqlRow& b) {
    return std::get<std::string>(a[0]) < std::get<std::string>(b[0]);
  });
  std::vector<std::unique_ptr<Message>> resources;
  for (const SqlRow& row : rows) {
    resources.push_back(type.New());
    if (!resources.back()->ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
  }
  return resources;
}

absl::StatusOr<std::vector<std::string>> SharedBlocksAfter(
    SqlReader& reader, const std::string& tenant, const v1::DuplicateRule& rule,
    absl::string_view after, int64_t limit) {
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader.Query("SELECT block FROM duplicate_key WHERE tenant = ? AND "
                   "rule_uid = ? AND block > ? GROUP BY block HAVING COUNT(*) "
                   "> 1 ORDER BY block LIMIT ?",
                   {tenant, rule.uid(), std::string(after), limit}));
  return FirstColumn(std::move(rows));
}

absl::StatusOr<int64_t> CountSharedBlocks(SqlReader& reader,
                                          const std::string& tenant,
                                          const v1::DuplicateRule& rule) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT COUNT(*) FROM (SELECT block FROM duplicate_key "
                   "WHERE tenant = ? AND rule_uid = ? GROUP BY block HAVING "
                   "COUNT(*) > 1) AS shared",
                   {tenant, rule.uid()}));
  return std::get<int64_t>(rows[0][0]);
}

absl::Status FillDuplicateIndex(Transaction& transaction, const Timer& timer) {
  auto rule = transaction.view().GetLive<v1::DuplicateRule>(timer.key);
  if (absl::IsNotFound(rule.status())) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(rule.status());
  if (rule->state() != v1::DuplicateRule::ACTIVE) return absl::OkStatus();
  const Resource* type =
      transaction.view().catalog().FindByType(rule->resource_type());
  if (type == nullptr) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      transaction.writer().Query(
          absl::StrCat("SELECT name, body FROM ", type->schema.table(),
                       " WHERE tenant = ? AND name > ? AND delete_time IS NULL "
                       "ORDER BY name LIMIT ?"),
          {timer.tenant, timer.payload, kBatch}));
  for (const SqlRow& row : rows) {
    CRM_RETURN_IF_ERROR(
        TakeIn(transaction, *rule, *type, std::get<SqlBlob>(row[1]).bytes));
  }
  if (static_cast<int64_t>(rows.size()) == kBatch) {
    transaction.Schedule(kDuplicateFill, timer.key, transaction.now() + kPause,
                         std::get<std::string>(rows.back()[0]));
  } else {
    *rule->mutable_index_time() = ToTimestamp(transaction.now());
    transaction.Update(*rule);
  }
  return transaction.status();
}

absl::Status ClearDuplicateIndex(Transaction& transaction, const Timer& timer) {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      transaction.writer().Query(
          "SELECT block, name FROM duplicate_key WHERE tenant = ? AND rule_uid "
          "= ? ORDER BY block, name LIMIT ?",
          {timer.tenant, timer.key, kBatch}));
  for (const SqlRow& row : rows) {
    CRM_RETURN_IF_ERROR(transaction.writer().Post(
        "DELETE FROM duplicate_key WHERE tenant = ? AND rule_uid = ? AND block "
        "= ? AND name = ?",
        {timer.tenant, timer.key, row[0], row[1]}));
  }
  if (static_cast<int64_t>(rows.size()) == kBatch) {
    transaction.Schedule(kDuplicateClear, timer.key,
                         transaction.now() + kPause);
  }
  return transaction.status();
}

}  // namespace crm::operational
