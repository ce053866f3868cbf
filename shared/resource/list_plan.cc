#include "shared/resource/list_plan.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"
#include "shared/reflect/field_access.h"
#include "shared/resource/check_filter_access.h"
#include "shared/resource/custom_index.h"

namespace crm {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

int ReadInt32(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? 0
                          : message.GetReflection()->GetInt32(message, field);
}

// Whether an order that is not possible will be, once all columns are filled.
bool NamesAColumnBeingFilled(absl::string_view order_by,
                             const CustomColumns& custom) {
  const ColumnMap& columns = custom.columns();
  for (absl::string_view term : absl::StrSplit(order_by, ',')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(term, ' ', absl::SkipEmpty());
    if (words.empty()) continue;
    if (custom.building().contains(std::string(words[0])) ||
        (columns.Find(words[0]) == nullptr &&
         columns.FindEvenHidden(words[0]) != nullptr)) {
      return true;
    }
  }
  return false;
}

absl::Status ColumnBeingFilled(absl::string_view order_by) {
  return WithRetryAfter(
      Unavailable("COLUMN_BEING_FILLED",
                  absl::StrCat("The list cannot be ordered by '", order_by,
                               "' yet: the index is being built. Try again "
                               "later, or take another order.")),
      absl::Seconds(10));
}

void PlanJoins(const Resource& resource, const CallContext& call,
               const CustomColumns& custom, ListPlan& plan) {
  std::vector<std::string> used = {plan.lowered.where.text};
  for (const OrderTerm& term : plan.order) used.push_back(term.column);
  const std::vector<std::string> joined = custom.Joined(used);
  if (joined.empty()) return;
  CustomColumns::OrderByIndex(joined, plan.order);
  plan.joined_tables = custom.From(joined);
  plan.joins =
      custom.Where(joined, resource.schema.table(), call.principal.tenant);
}

void Append(SqlFragment& query, const SqlFragment& condition) {
  absl::StrAppend(&query.text, " AND (", condition.text, ")");
  query.params.insert(query.params.end(), condition.params.begin(),
                      condition.params.end());
}

// Rows of children lie between `parent/` and `parent0`. Wildcards in the parent
// leave the range open from there on; names are checked afterwards.
SqlFragment ParentRange(const std::string& parent) {
  const size_t wildcard = parent.find("/-");
  if (wildcard == std::string::npos) {
    return {"name > ? AND name < ?",
            {absl::StrCat(parent, "/"), absl::StrCat(parent, "0")}};
  }
  const std::string prefix = parent.substr(0, wildcard);
  return {"name > ? AND name < ?",
          {absl::StrCat(prefix, "/"), absl::StrCat(prefix, "0")}};
}

// Appends which rows the list is of: from FROM to the end of WHERE.
void AppendRows(const Resource& resource, const CallContext& call,
                const ListPlan& plan, SqlFragment& query) {
  const std::string& table = resource.schema.table();
  absl::StrAppend(&query.text, " FROM ", table, plan.joined_tables, " WHERE ",
                  table, ".tenant = ?");
  query.params.push_back(call.principal.tenant);
  if (!plan.parent.empty()) Append(query, ParentRange(plan.parent));
  if (!plan.show_deleted && resource.schema.soft_delete()) {
    absl::StrAppend(&query.text, " AND delete_time IS NULL");
  }
  if (!plan.joined_tables.empty()) Append(query, plan.joins);
  Append(query, plan.lowered.where);
  if (!plan.rule->all_rows()) Append(query, plan.rule->where().where);
}

}  // namespace

std::string CustomKindUnder(const Resource& resource,
                            absl::string_view parent) {
  if (!resource.rules.fields_by_parent) return resource.schema.type();
  return absl::StrContains(parent, "/-") ? "" : std::string(parent);
}

bool AsksForCustomFields(const Message& request) {
  for (const char* field : {"filter", "order_by"}) {
    const std::string text = ReadString(request, field);
    if (absl::StrContains(text, "custom_fields") ||
        absl::StrContains(text, "customFields")) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<ListPlan> PlanList(const Kernel& kernel,
                                  const Resource& resource,
                                  const CallContext& call,
                                  const Message& request,
                                  const CustomSchema* schema) {
  ListPlan plan;
  ColumnMap columns = resource.table.columns();
  columns.set_tenant(call.principal.tenant);
  plan.parent = ReadString(request, "parent");
  const std::string kind = CustomKindUnder(resource, plan.parent);
  const CustomColumns custom(columns,
                             schema == nullptr ? nullptr : schema->Find(kind));
  plan.rule = RuleFor(call.caller.get(), kernel.catalog, resource,
                      call.method->permission);
  std::vector<FieldViolation> violations;
  const auto keep = [&violations](const absl::Status& status) {
    for (FieldViolation& violation : FieldViolations(status)) {
      violations.push_back(std::move(violation));
    }
  };
  if (!resource.schema.pattern().MatchesParent(plan.parent,
                                               /*wildcards=*/true)) {
    violations.push_back(
        {"parent",
         "must be the name of the parent resource, in which '-' "
         "stands for any id."});
  }
  const std::string filter = ReadString(request, "filter");
  auto parsed = Filter::Parse(
      filter, resource.schema.message(), "filter", kernel.catalog.targets(),
      schema == nullptr ? FindCustomField() : schema->finder(kind));
  if (parsed.ok()) {
    CRM_RETURN_IF_ERROR(CheckFilterAccess(kernel, call, *parsed));
    plan.filter = *std::move(parsed);
    plan.lowered = plan.filter.Lower(custom.columns());
    plan.exact = plan.lowered.exact && plan.rule->where().exact;
    for (const std::string& path : plan.filter.field_paths()) {
      CheckShown(*plan.rule, "filter", path, violations);
    }
  } else {
    keep(parsed.status());
  }
  std::string order_by = ReadString(request, "order_by");
  if (order_by.empty()) order_by = resource.rules.default_order;
  auto order = ParseOrderBy(order_by, custom.columns());
  if (order.ok()) {
    plan.order = TotalOrder(*std::move(order), "name");
    for (const OrderTerm& term : plan.order) {
      CheckShown(*plan.rule, "order_by", term.path, violations);
    }
  } else if (NamesAColumnBeingFilled(order_by, custom)) {
    return ColumnBeingFilled(order_by);
  } else {
    keep(order.status());
  }
  auto page_size = ResolvePageSize(ReadInt32(request, "page_size"));
  if (page_size.ok()) {
    plan.page_size = *page_size;
  } else {
    keep(page_size.status());
  }
  if (!violations.empty()) return BadRequest(violations);
  PlanJoins(resource, call, custom, plan);
  plan.show_deleted = ReadBool(request, "show_deleted");
  plan.page_token = ReadString(request, "page_token");
  plan.binding =
      absl::StrJoin({call.principal.tenant, call.principal.subject,
                     call.method->path, plan.parent, filter, order_by,
                     std::string(plan.show_deleted ? "deleted" : "live")},
                    absl::string_view("\0", 1));
  return plan;
}

SqlFragment ListSql(const Resource& resource, const CallContext& call,
                    const ListPlan& plan, const std::vector<SqlValue>& last,
                    int limit) {
  SqlFragment query;
  query.text = absl::StrCat("SELECT body, name");
  for (const OrderTerm& term : plan.order) {
    absl::StrAppend(&query.text, ", ", term.column);
  }
  AppendRows(resource, call, plan, query);
  if (!last.empty()) Append(query, RowsAfter(plan.order, last));
  absl::StrAppend(&query.text, " ORDER BY ", OrderByText(plan.order),
                  " LIMIT ?");
  query.params.push_back(int64_t{limit});
  return query;
}

SqlFragment CountSql(const Resource& resource, const CallContext& call,
                     const ListPlan& plan) {
  SqlFragment query{.text = "SELECT COUNT(*)", .params = {}};
  AppendRows(resource, call, plan, query);
  return query;
}

}  // namespace crm
