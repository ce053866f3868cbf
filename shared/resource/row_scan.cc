#include "shared/resource/row_scan.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_rule.h"

namespace crm {
namespace {

// How many rows are read at a time.
constexpr int64_t kScanBatch = 500;

std::shared_ptr<const RowRule> RuleOf(const ReadView& view,
                                      const CallContext& call,
                                      const Resource& resource) {
  return RuleFor(call.caller.get(), view.catalog(), resource,
                 PermissionToRead(call, resource));
}

}  // namespace

absl::Status ScanRows(
    const ReadView& view, const CallContext& call, const Resource& resource,
    int64_t most,
    absl::FunctionRef<absl::Status(const google::protobuf::Message&)> visit) {
  return ScanRows(view, call, resource, Filter(), most, visit);
}

absl::Status ScanRows(
    const ReadView& view, const CallContext& call, const Resource& resource,
    const Filter& filter, int64_t most,
    absl::FunctionRef<absl::Status(const google::protobuf::Message&)> visit) {
  const std::shared_ptr<const RowRule> rule = RuleOf(view, call, resource);
  const SqlFragment& where = rule->where().where;
  ColumnMap columns = resource.table.columns();
  columns.set_tenant(view.tenant());
  const LoweredFilter lowered = filter.Lower(columns);
  const std::string sql = absl::StrCat(
      "SELECT name, body FROM ", resource.schema.table(),
      " WHERE tenant = ? AND name > ? AND delete_time IS NULL AND (",
      where.text, ") AND (", lowered.where.text, ") ORDER BY name LIMIT ?");
  const std::unique_ptr<google::protobuf::Message> message = resource.New();
  std::string last;
  int64_t seen = 0;
  SqlRows rows;
  do {
    std::vector<SqlValue> params = {view.tenant(), last};
    params.insert(params.end(), where.params.begin(), where.params.end());
    params.insert(params.end(), lowered.where.params.begin(),
                  lowered.where.params.end());
    params.push_back(kScanBatch);
    CRM_ASSIGN_OR_RETURN(rows, view.reader().Query(sql, params));
    for (const SqlRow& row : rows) {
      if (!message->ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
        return Internal("ROW_UNREADABLE", "A stored row could not be read.");
      }
      if (!lowered.exact && !filter.Matches(*message)) continue;
      if (++seen > most) {
        return ResourceExhausted(
            "TOO_MANY_ROWS",
            absl::StrCat("More than ", most, " ",
                         resource.schema.pattern().collection(),
                         " would have to be read."));
      }
      if (!rule->where().exact) {
        CRM_ASSIGN_OR_RETURN(
            const bool admitted,
            rule->Admits({*message, view.reader(), view.tenant()}));
        if (!admitted) continue;
      }
      CRM_RETURN_IF_ERROR(visit(*message));
    }
    if (!rows.empty()) last = std::get<std::string>(rows.back()[0]);
  } while (static_cast<int64_t>(rows.size()) == kScanBatch);
  return absl::OkStatus();
}

absl::Status CheckSummable(const ReadView& view, const CallContext& call,
                           const Resource& resource, absl::string_view path) {
  if (!RuleOf(view, call, resource)->HidesPath(path)) return absl::OkStatus();
  return PermissionDenied("FIELD_HIDDEN",
                          absl::StrCat("Your roles hide '", path, "' of some ",
                                       resource.schema.pattern().collection(),
                                       ", so it cannot be added up for you."),
                          {{"field", std::string(path)}});
}

}  // namespace crm
