// ListResources of standard_reads.h.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/query/filter.h"
#include "shared/query/order_by.h"
#include "shared/query/page_size.h"
#include "shared/query/sql_value_codec.h"
#include "shared/resource/check_filter_access.h"
#include "shared/resource/custom_index.h"
#include "shared/resource/read_view.h"
#include "shared/resource/referenced_rows.h"
#include "shared/resource/standard_reads.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// A page is also cut at this size.
constexpr size_t kMaxPageBytes = size_t{1} << 20;

// How many rows are read at a time to be evaluated.
constexpr int kScanBatch = 250;

// What a List request asks for, checked.
struct ListPlan {
  std::string parent;
  Filter filter;
  LoweredFilter lowered;
  std::vector<OrderTerm> order;
  // What the statement needs for custom fields: further tables, and how they
  // are joined.
  std::string joined_tables;
  SqlFragment joins;
  int page_size = 0;
  bool show_deleted = false;
  std::string page_token;
  // Which rows the caller may read.
  std::shared_ptr<const RowRule> rule;
  // Whether the condition in SQL is all that has to be checked.
  bool exact = false;
  // What must be equal in all calls that use one token.
  std::string binding;
};

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

// Whether what a list asks for depends on the tenant's definitions.
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

// `schema` may be null for a request that asks for no custom fields.
absl::StatusOr<ListPlan> Plan(const Kernel& kernel, const Resource& resource,
                              const CallContext& call, const Message& request,
                              const CustomSchema* schema) {
  ListPlan plan;
  const CustomColumns custom(
      resource.table.columns(),
      schema == nullptr ? nullptr : schema->Find(resource.schema.type()));
  plan.rule = RuleFor(call.caller.get(), kernel.catalog, resource,
                      call.method->permission);
  std::vector<FieldViolation> violations;
  const auto keep = [&violations](const absl::Status& status) {
    for (FieldViolation& violation : FieldViolations(status)) {
      violations.push_back(std::move(violation));
    }
  };
  plan.parent = ReadString(request, "parent");
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
      schema == nullptr ? FindCustomField() : schema->finder());
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

SqlFragment QueryOf(const Resource& resource, const CallContext& call,
                    const ListPlan& plan, const std::vector<SqlValue>& last,
                    int limit) {
  SqlFragment query;
  query.text = absl::StrCat("SELECT body, name");
  for (const OrderTerm& term : plan.order) {
    absl::StrAppend(&query.text, ", ", term.column);
  }
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
  if (!last.empty()) Append(query, RowsAfter(plan.order, last));
  absl::StrAppend(&query.text, " ORDER BY ", OrderByText(plan.order),
                  " LIMIT ?");
  query.params.push_back(int64_t{limit});
  return query;
}

// Fills one page, row by row.
class Page {
 public:
  Page(const Resource& resource, const std::string& tenant,
       const ListPlan& plan, const Descriptor* response)
      : tenant_(tenant),
        plan_(plan),
        answer_(google::protobuf::MessageFactory::generated_factory()
                    ->GetPrototype(response)
                    ->New()) {
    for (int i = 0; i < response->field_count(); ++i) {
      if (response->field(i)->message_type() == resource.schema.message()) {
        items_ = response->field(i);
      }
    }
  }

  bool full() const {
    return count_ >= plan_.page_size || bytes_ >= kMaxPageBytes;
  }

  // `find` gives what the filter's references lead to.
  absl::Status Take(SqlRow& row, SqlReader& reader, FindReferenced find) {
    const std::string& body = std::get<SqlBlob>(row[0]).bytes;
    const std::string& name = std::get<std::string>(row[1]);
    last_.assign(row.begin() + 2, row.end());
    if (!plan_.parent.empty() && !LiesUnder(name, plan_.parent)) {
      return absl::OkStatus();
    }
    const auto* reflection = answer_->GetReflection();
    Message* message = reflection->AddMessage(answer_.get(), items_);
    if (!message->ParseFromString(body)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    if (!plan_.exact) {
      CRM_ASSIGN_OR_RETURN(const bool admitted,
                           plan_.rule->Admits({*message, reader, tenant_}));
      if (!admitted || !plan_.filter.Matches(*message, find)) {
        reflection->RemoveLast(answer_.get(), items_);
        return absl::OkStatus();
      }
    }
    ++count_;
    bytes_ += body.size();
    return absl::OkStatus();
  }

  const std::vector<SqlValue>& last() const { return last_; }
  Message& answer() { return *answer_; }

 private:
  const std::string& tenant_;
  const ListPlan& plan_;
  std::unique_ptr<Message> answer_;
  const FieldDescriptor* items_ = nullptr;
  int count_ = 0;
  size_t bytes_ = 0;
  std::vector<SqlValue> last_;
};

}  // namespace

absl::Status CheckListRequest(const Kernel& kernel, const Resource& resource,
                              const CallContext& call, const Message& request) {
  if (!AsksForCustomFields(request)) {
    return Plan(kernel, resource, call, request, nullptr).status();
  }
  return kernel.database.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const auto schema,
                             kernel.catalog.custom_schemas().Find(
                                 reader, call.principal.tenant));
        return Plan(kernel, resource, call, request, schema.get()).status();
      });
}

namespace {

// Reads the page that `plan` asks for.
absl::StatusOr<std::string> ReadPage(const Kernel& kernel,
                                     const Resource& resource,
                                     const CallContext& call,
                                     const ListPlan& plan, SqlReader& reader,
                                     const Descriptor* response) {
  std::vector<SqlValue> last;
  if (!plan.page_token.empty()) {
    CRM_ASSIGN_OR_RETURN(
        const std::string state,
        kernel.page_tokens.Decode(plan.page_token, plan.binding));
    CRM_ASSIGN_OR_RETURN(last, DecodeSqlValues(state));
  }
  Page page(resource, call.principal.tenant, plan, response);
  ReferencedRows referenced(kernel, reader, call.principal.tenant);
  bool more = false;
  int scanned = 0;
  do {
    // One row more than fits tells whether there is another page; where rows
    // are left out, more are read at a time.
    const int limit = plan.exact ? plan.page_size + 1
                                 : std::max(plan.page_size + 1, kScanBatch);
    const SqlFragment query = QueryOf(resource, call, plan, last, limit);
    CRM_ASSIGN_OR_RETURN(SqlRows rows, reader.Query(query.text, query.params));
    more = false;
    for (SqlRow& row : rows) {
      if (page.full()) {
        more = true;
        break;
      }
      CRM_RETURN_IF_ERROR(page.Take(row, reader, referenced.find()));
      CRM_RETURN_IF_ERROR(referenced.status());
      ++scanned;
    }
    last = page.last();
    if (more || static_cast<int>(rows.size()) < limit) break;
    more = true;
  } while (!page.full() && scanned < kMaxScan);
  if (more && !last.empty()) {
    CRM_ASSIGN_OR_RETURN(
        const std::string token,
        kernel.page_tokens.Encode(EncodeSqlValues(last), plan.binding));
    WriteString(page.answer(), "next_page_token", token);
  }
  return page.answer().SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> ListResources(const Kernel& kernel,
                                          const Resource& resource,
                                          const CallContext& call,
                                          const Message& request,
                                          const Descriptor* response) {
  std::string bytes;
  if (!AsksForCustomFields(request)) {
    CRM_ASSIGN_OR_RETURN(const ListPlan plan,
                         Plan(kernel, resource, call, request, nullptr));
    CRM_RETURN_IF_ERROR(kernel.database.Read(
        call.deadline, [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(
              bytes, ReadPage(kernel, resource, call, plan, reader, response));
          return absl::OkStatus();
        }));
    return bytes;
  }
  // Definitions and rows are of one snapshot, so that an index which is being
  // given up is not read.
  CRM_RETURN_IF_ERROR(kernel.database.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const auto schema,
                             kernel.catalog.custom_schemas().Find(
                                 reader, call.principal.tenant));
        CRM_ASSIGN_OR_RETURN(const ListPlan plan, Plan(kernel, resource, call,
                                                       request, schema.get()));
        CRM_ASSIGN_OR_RETURN(
            bytes, ReadPage(kernel, resource, call, plan, reader, response));
        return absl::OkStatus();
      }));
  return bytes;
}

}  // namespace crm
