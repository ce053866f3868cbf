#include "shared/resource/search_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"
#include "shared/query/sql_value_codec.h"
#include "shared/query/text_folding.h"
#include "shared/resource/check_filter_access.h"
#include "shared/resource/search.h"
#include "shared/resource/search_index.h"
#include "shared/storage/text_query.h"

namespace crm {
namespace {

using ::crm::platform::v1::SearchRequest;
using Violations = std::vector<FieldViolation>;

void Keep(const absl::Status& status, Violations& violations) {
  for (FieldViolation& violation : FieldViolations(status)) {
    violations.push_back(std::move(violation));
  }
}

std::vector<std::string> WordsOf(const SearchRequest& request,
                                 Violations& violations) {
  const std::set<std::string> words =
      absl::StrSplit(FoldText(request.query()), ' ', absl::SkipEmpty());
  if (words.size() > kMaxSearchWords) {
    violations.push_back(
        {"query", absl::StrCat("must have at most ", kMaxSearchWords,
                               " words, not ", words.size(), ".")});
  } else if (std::ranges::none_of(words, IsIndexedWord)) {
    violations.push_back(
        {"query", absl::StrCat("needs a word of at least ", kMinIndexedWord,
                               " characters.")});
  }
  return {words.begin(), words.end()};
}

// Returns the types that the request asks for, are searchable, and of which the
// caller may read something.
std::vector<SearchedType> TypesFor(const Kernel& kernel,
                                   const CallContext& call,
                                   const SearchRequest& request,
                                   const CustomSchema& custom) {
  const auto& wanted = request.resource_types();
  std::vector<SearchedType> types;
  for (const auto& resource : kernel.catalog.resources()) {
    const ResourceSchema& schema = resource->schema;
    if (!IsSearched(*resource, custom.Find(schema.type()))) continue;
    if (!wanted.empty() && !std::ranges::count(wanted, schema.type())) continue;
    const std::string permission = ReadPermission(*resource);
    if (call.caller != nullptr &&
        !call.caller->AccessTo(permission).allowed()) {
      continue;
    }
    types.push_back({resource.get(), RuleFor(call.caller.get(), kernel.catalog,
                                             *resource, permission)});
  }
  return types;
}

// Parses the filter, which is about the one type that the request names.
absl::Status TakeFilter(const Kernel& kernel, const CallContext& call,
                        const SearchRequest& request, SearchPlan& plan,
                        Violations& violations) {
  if (request.filter().empty()) return absl::OkStatus();
  if (request.resource_types_size() != 1) {
    violations.push_back({"filter",
                          "needs 'resource_types' to name the one type that it "
                          "is about."});
    return absl::OkStatus();
  }
  // Another service may have the type.
  const Resource* type = kernel.catalog.FindByType(request.resource_types(0));
  if (type == nullptr) return absl::OkStatus();
  auto filter =
      Filter::Parse(request.filter(), type->schema.message(), "filter",
                    kernel.catalog.targets(), plan.custom->finder());
  Keep(filter.status(), violations);
  if (!filter.ok()) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(CheckFilterAccess(kernel, call, *filter));
  for (const SearchedType& searched : plan.types) {
    for (const std::string& path : filter->field_paths()) {
      CheckShown(*searched.rule, "filter", path, violations);
    }
  }
  plan.filter = *std::move(filter);
  return absl::OkStatus();
}

void Append(SqlFragment& to, absl::string_view text, const SqlFragment& more) {
  absl::StrAppend(&to.text, text, more.text);
  to.params.insert(to.params.end(), more.params.begin(), more.params.end());
}

// The documents of one type. Without limits on rows they tell by themselves;
// else they are looked up among the rows.
SqlFragment DocumentsOf(SearchedType& type, const Filter& filter) {
  const LoweredFilter& rule = type.rule->where();
  const LoweredFilter lowered = filter.Lower(type.resource->table.columns());
  type.exact = rule.exact && lowered.exact;
  SqlFragment documents{"resource_type = ?", {type.resource->schema.type()}};
  if (type.rule->all_rows() && filter.empty()) return documents;
  const std::string& table = type.resource->schema.table();
  const std::string index = QuoteName(SearchDocuments().name);
  Append(documents,
         absl::StrCat(" AND EXISTS (SELECT 1 FROM ", table, " WHERE ", table,
                      ".tenant = ", index, ".tenant AND ", table,
                      ".name = ", index, ".name AND ("),
         rule.where);
  Append(documents, ") AND (", lowered.where);
  absl::StrAppend(&documents.text, "))");
  return documents;
}

}  // namespace

absl::StatusOr<SearchPlan> PlanSearch(const Kernel& kernel,
                                      const CallContext& call,
                                      const SearchRequest& request) {
  SearchPlan plan;
  Violations violations;
  plan.words = WordsOf(request, violations);
  CRM_ASSIGN_OR_RETURN(plan.custom, kernel.catalog.custom_schemas().Recent(
                                        kernel.database, call.principal.tenant,
                                        kernel.clock.Now(), call.deadline));
  plan.types = TypesFor(kernel, call, request, *plan.custom);
  CRM_RETURN_IF_ERROR(TakeFilter(kernel, call, request, plan, violations));
  const auto page_size = ResolvePageSize(request.page_size());
  Keep(page_size.status(), violations);
  if (!violations.empty()) return BadRequest(violations);
  plan.page_size = *page_size;
  for (SearchedType& type : plan.types) {
    Append(plan.where, plan.where.text.empty() ? "(" : " OR (",
           DocumentsOf(type, plan.filter));
    absl::StrAppend(&plan.where.text, ")");
  }
  plan.binding =
      absl::StrJoin({call.principal.tenant, call.principal.subject,
                     call.method->path, request.query(), request.filter(),
                     absl::StrJoin(request.resource_types(), ",")},
                    absl::string_view("\0", 1));
  if (request.page_token().empty()) return plan;
  CRM_ASSIGN_OR_RETURN(
      const std::string state,
      kernel.page_tokens.Decode(request.page_token(), plan.binding));
  CRM_ASSIGN_OR_RETURN(const std::vector<SqlValue> after,
                       DecodeSqlValues(state));
  plan.after_position = std::get<int64_t>(after.at(0));
  plan.after_name = std::get<std::string>(after.at(1));
  return plan;
}

}  // namespace crm
