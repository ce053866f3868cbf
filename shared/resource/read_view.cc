#include "shared/resource/read_view.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "shared/query/field_path.h"
#include "shared/query/field_value.h"

namespace crm {
namespace {

// How many rows are read at a time to be looked at.
constexpr size_t kScanBatch = 500;

absl::Status TooManyRows() {
  return ResourceExhausted(
      "TOO_MANY_ROWS",
      absl::StrCat("More than ", kMaxSelected, " resources are concerned."));
}

// Lowers `filter` with the values of repeated fields, which are each tenant's.
LoweredFilter LowerFor(const std::string& tenant, const Resource& resource,
                       const Filter& filter) {
  ColumnMap columns = resource.table.columns();
  columns.set_tenant(tenant);
  return filter.Lower(columns);
}

}  // namespace

ReadView::ReadView(SqlReader& reader, const ResourceCatalog& catalog,
                   std::string tenant)
    : reader_(reader), catalog_(catalog), tenant_(std::move(tenant)) {}

ReadView::ReadView(SqlReader& reader, const ResourceCatalog& catalog,
                   const CallContext& call)
    : reader_(reader),
      catalog_(catalog),
      tenant_(call.principal.tenant),
      call_(&call) {}

std::shared_ptr<const RowRule> ReadView::RuleOf(
    const Resource& resource) const {
  return call_ == nullptr ? RuleFor(nullptr, catalog_, resource, "")
                          : RuleFor(call_->caller.get(), catalog_, resource,
                                    PermissionToRead(*call_, resource));
}

absl::StatusOr<std::optional<StoredRow>> ReadView::Find(
    const Resource& resource, absl::string_view name) const {
  CRM_ASSIGN_OR_RETURN(std::optional<StoredRow> row,
                       resource.table.Find(reader_, tenant_, name));
  if (!row.has_value()) return row;
  const std::shared_ptr<const RowRule> rule = RuleOf(resource);
  if (rule->all_rows()) return row;
  const std::unique_ptr<google::protobuf::Message> message = resource.New();
  if (!message->ParseFromString(row->body)) {
    return Internal("ROW_UNREADABLE", "A stored row could not be read.");
  }
  CRM_ASSIGN_OR_RETURN(const bool admitted,
                       rule->Admits({*message, reader_, tenant_}));
  if (!admitted) row.reset();
  return row;
}

const Resource& ReadView::Require(
    const google::protobuf::Descriptor* message) const {
  const Resource* resource = catalog_.Find(message);
  // A handler that asks for a type of another service is a bug of ours that
  // every test of the handler meets.
  if (resource == nullptr) std::abort();
  return *resource;
}

absl::StatusOr<StoredRow> ReadView::Require(const Resource& resource,
                                            absl::string_view name,
                                            bool live) const {
  CRM_ASSIGN_OR_RETURN(std::optional<StoredRow> row, Find(resource, name));
  if (!row.has_value() || (live && row->deleted)) {
    return ResourceNotFound(resource.schema, name);
  }
  return *std::move(row);
}

absl::StatusOr<std::vector<std::string>> ReadView::SelectBodies(
    const Resource& resource, absl::string_view path,
    absl::string_view value) const {
  const Column* column = resource.table.columns().Find(path);
  if (column == nullptr &&
      resource.table.columns().FindEvenHidden(path) != nullptr) {
    return ScanBodies(resource, path, value);
  }
  if (column == nullptr) {
    return Internal("COLUMN_UNKNOWN",
                    absl::StrCat("'", path, "' has no column."));
  }
  return QueryBodies(
      resource, {absl::StrCat(column->name, " = ?"), {std::string(value)}});
}

// Answers while the column is being filled, by looking at every live row.
absl::StatusOr<std::vector<std::string>> ReadView::ScanBodies(
    const Resource& resource, absl::string_view path,
    absl::string_view value) const {
  const std::string sql =
      absl::StrCat("SELECT name, body FROM ", resource.schema.table(),
                   " WHERE tenant = ? AND name > ? AND delete_time IS NULL "
                   "ORDER BY name LIMIT ?");
  const FieldPath field = *FindFieldPath(*resource.schema.message(), path);
  const SqlValue wanted = std::string(value);
  const std::shared_ptr<const RowRule> rule = RuleOf(resource);
  std::vector<std::string> bodies;
  std::string last;
  SqlRows rows;
  do {
    CRM_ASSIGN_OR_RETURN(
        rows, reader_.Query(sql, {tenant_, last, int64_t{kScanBatch}}));
    for (SqlRow& row : rows) {
      std::string& body = std::get<SqlBlob>(row[1]).bytes;
      const auto message = resource.New();
      if (!message->ParseFromString(body)) {
        return Internal("ROW_UNREADABLE", "A stored row could not be read.");
      }
      if (ReadColumn(*message, field) != wanted) continue;
      CRM_ASSIGN_OR_RETURN(const bool admitted,
                           rule->Admits({*message, reader_, tenant_}));
      if (!admitted) continue;
      if (bodies.size() == kMaxSelected) return TooManyRows();
      bodies.push_back(std::move(body));
    }
    if (!rows.empty()) last = std::get<std::string>(rows.back()[0]);
  } while (rows.size() == kScanBatch);
  return bodies;
}

absl::StatusOr<std::vector<std::string>> ReadView::ChildBodies(
    const Resource& resource, absl::string_view parent) const {
  // Names of children are the names between `parent/` and `parent0`, the
  // character after the slash, so the primary key finds them.
  return QueryBodies(resource,
                     {"name > ? AND name < ?",
                      {absl::StrCat(parent, "/"), absl::StrCat(parent, "0")}});
}

absl::StatusOr<std::vector<std::string>> ReadView::QueryBodies(
    const Resource& resource, SqlFragment condition) const {
  const std::shared_ptr<const RowRule> rule = RuleOf(resource);
  SqlFragment live = LiveRows(resource, condition);
  live.params.push_back(int64_t{kMaxSelected + 1});
  CRM_ASSIGN_OR_RETURN(
      SqlRows rows,
      reader_.Query(
          absl::StrCat("SELECT body FROM ", resource.schema.table(), " WHERE ",
                       live.text, " ORDER BY name LIMIT ?"),
          live.params));
  if (rows.size() > kMaxSelected) return TooManyRows();
  std::vector<std::string> bodies;
  for (SqlRow& row : rows) {
    std::string& body = std::get<SqlBlob>(row[0]).bytes;
    if (!rule->where().exact) {
      const std::unique_ptr<google::protobuf::Message> message = resource.New();
      if (!message->ParseFromString(body)) {
        return Internal("ROW_UNREADABLE", "A stored row could not be read.");
      }
      CRM_ASSIGN_OR_RETURN(const bool admitted,
                           rule->Admits({*message, reader_, tenant_}));
      if (!admitted) continue;
    }
    bodies.push_back(std::move(body));
  }
  return bodies;
}

SqlFragment ReadView::LiveRows(const Resource& resource,
                               const SqlFragment& condition) const {
  const std::shared_ptr<const RowRule> rule = RuleOf(resource);
  SqlFragment live{absl::StrCat("tenant = ? AND ", condition.text,
                                " AND delete_time IS NULL"),
                   {tenant_}};
  live.params.insert(live.params.end(), condition.params.begin(),
                     condition.params.end());
  if (!rule->all_rows()) {
    const SqlFragment& where = rule->where().where;
    absl::StrAppend(&live.text, " AND (", where.text, ")");
    live.params.insert(live.params.end(), where.params.begin(),
                       where.params.end());
  }
  return live;
}

absl::StatusOr<std::vector<std::string>> ReadView::MatchingBodies(
    const Resource& resource, const Filter& filter) const {
  LoweredFilter lowered = LowerFor(tenant_, resource, filter);
  lowered.where.text = absl::StrCat("(", lowered.where.text, ")");
  CRM_ASSIGN_OR_RETURN(std::vector<std::string> bodies,
                       QueryBodies(resource, std::move(lowered.where)));
  if (lowered.exact) return bodies;
  const std::unique_ptr<google::protobuf::Message> message = resource.New();
  std::vector<std::string> out;
  for (std::string& body : bodies) {
    if (!message->ParseFromString(body)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    if (filter.Matches(*message)) out.push_back(std::move(body));
  }
  return out;
}

absl::StatusOr<int> ReadView::CountMatching(const Resource& resource,
                                            const Filter& filter,
                                            int most) const {
  most = std::min(most, kMaxSelected);
  const LoweredFilter lowered = LowerFor(tenant_, resource, filter);
  if (!lowered.exact || !RuleOf(resource)->where().exact) {
    CRM_ASSIGN_OR_RETURN(const std::vector<std::string> bodies,
                         MatchingBodies(resource, filter));
    return std::min(most, static_cast<int>(bodies.size()));
  }
  SqlFragment live = LiveRows(
      resource,
      {absl::StrCat("(", lowered.where.text, ")"), lowered.where.params});
  live.params.push_back(int64_t{most});
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader_.Query(absl::StrCat("SELECT COUNT(*) FROM (SELECT name FROM ",
                                 resource.schema.table(), " WHERE ", live.text,
                                 " LIMIT ?) AS found"),
                    live.params));
  return static_cast<int>(std::get<int64_t>(rows[0][0]));
}

absl::StatusOr<int64_t> ReadView::KeyVersion(
    absl::string_view ordering_key) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader_.Query(
          "SELECT v FROM ordering_head WHERE tenant = ? AND ordering_key = ?",
          {tenant_, std::string(ordering_key)}));
  return rows.empty() ? 0 : std::get<int64_t>(rows[0][0]);
}

absl::StatusOr<absl::Time> ReadView::KeyTime(
    absl::string_view ordering_key) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader_.Query("SELECT created FROM outbox WHERE tenant = ? AND "
                    "ordering_key = ? ORDER BY key_version DESC LIMIT 1",
                    {tenant_, std::string(ordering_key)}));
  return absl::FromUnixMicros(rows.empty() ? 0 : std::get<int64_t>(rows[0][0]));
}

}  // namespace crm
