#include "services/operational/handlers/duplicate_learning.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "services/operational/domain/duplicate_model.h"
#include "services/operational/domain/duplicate_rule.h"
#include "services/operational/handlers/duplicate_index.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/read_view.h"

namespace crm::operational {
namespace {

using Rule = v1::DuplicateRule;

constexpr int64_t kPage = 1'000;

// Returns the first records of the rule's type, by name.
absl::StatusOr<std::vector<MatchRecord>> ReadRecords(const ReadView& view,
                                                     const Rule& rule,
                                                     const Resource& type) {
  const std::string query = absl::StrCat(
      "SELECT name, body FROM ", type.schema.table(),
      " WHERE tenant = ? AND name > ? AND delete_time IS NULL ORDER BY name "
      "LIMIT ?");
  std::vector<MatchRecord> records;
  std::string after;
  for (int64_t read = 0; read < kMaxLearntFrom; read += kPage) {
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        view.reader().Query(query, {view.tenant(), after, kPage}));
    for (const SqlRow& row : rows) {
      const auto resource = type.New();
      if (!resource->ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
        return Internal("ROW_UNREADABLE", "A stored row could not be read.");
      }
      if (IsMatchable(*resource)) {
        records.push_back(MatchRecordOf(rule, *resource));
      }
    }
    if (static_cast<int64_t>(rows.size()) < kPage) break;
    after = std::get<std::string>(rows.back()[0]);
  }
  return records;
}

absl::Status Read(const OperationStep& step, const std::string& name,
                  SqlReader& reader, Rule& rule,
                  std::vector<MatchRecord>& records) {
  const ReadView view(reader, step.kernel.catalog, step.call.principal.tenant);
  CRM_ASSIGN_OR_RETURN(rule, view.GetLive<Rule>(name));
  CRM_RETURN_IF_ERROR(CheckLearns(rule));
  const Resource* type = step.kernel.catalog.FindByType(rule.resource_type());
  if (type == nullptr) {
    return Internal("RESOURCE_UNKNOWN", "The type of the rule is unknown.");
  }
  CRM_ASSIGN_OR_RETURN(records, ReadRecords(view, rule, *type));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StepCommit> LearnDuplicateRuleStep(
    const OperationStep& step, const v1::LearnDuplicateRuleRequest& request) {
  Rule rule;
  std::vector<MatchRecord> records;
  CRM_RETURN_IF_ERROR(
      step.kernel.database.Read(step.call.deadline, [&](SqlReader& reader) {
        return Read(step, request.name(), reader, rule, records);
      }));
  CRM_ASSIGN_OR_RETURN(
      v1::DuplicateModel model,
      LearnModel(rule, records, static_cast<size_t>(kMaxDuplicateBlock)));
  return [rule = std::move(rule), model = std::move(model),
          progress = step.progress](
             Transaction& transaction) -> absl::StatusOr<StepResult> {
    CRM_ASSIGN_OR_RETURN(Rule now,
                         transaction.view().GetLive<Rule>(rule.name()));
    StepResult result;
    result.progress = progress;
    if (now.etag() != rule.etag()) return result;
    *now.mutable_model() = model;
    transaction.Update(now);
    CRM_RETURN_IF_ERROR(transaction.status());
    result.progress.done_count = model.resource_count();
    result.progress.total_count = model.resource_count();
    result.response = std::make_unique<Rule>(std::move(now));
    return result;
  };
}

}  // namespace crm::operational
