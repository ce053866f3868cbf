#include "services/operational/handlers/timeline.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "google/api/resource.pb.h"
#include "services/operational/domain/timeline.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/id_time.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_path.h"
#include "shared/query/filter.h"
#include "shared/query/page_size.h"
#include "shared/resource/row_rule.h"

namespace crm::operational {
namespace {

using ::crm::platform::v1::AuditEntry;
using ::google::protobuf::Message;

// The most rows of one table that a page leaves out.
constexpr size_t kMaxScan = 5'000;
// What the names of this service's audit entries begin with.
constexpr char kEntryPrefix[] = "auditEntries/operational-";

absl::Status Unreadable() {
  return Internal("ROW_UNREADABLE", "A stored row could not be read.");
}

// Returns the bound below which the names of the audit entries lie that stand
// after `before`.
std::string EntryBound(const TimelineKey& before) {
  if (before.id.starts_with(kEntryPrefix)) return before.id;
  // The ids of entries tell the millisecond. Those of the same instant stand
  // after what has a greater id.
  const absl::Time time = absl::FromUnixMicros(before.micros);
  const absl::Time begin = absl::FromUnixMillis(absl::ToUnixMillis(time));
  const bool same_come_before = time == begin && before.id < kEntryPrefix;
  return absl::StrCat(
      kEntryPrefix,
      LowestIdAt(same_come_before ? begin : begin + absl::Milliseconds(1)));
}

// A row that was looked at; without an entry if it is left out.
struct ScannedRow {
  TimelineKey key;
  std::optional<v1::TimelineEntry> entry;
};

// Returns the first `page_size` entries after `before`, as far as kMaxScan
// goes. `read` returns up to so many rows after a key.
template <typename Read>
absl::StatusOr<TimelinePart> ScanPart(std::optional<TimelineKey> before,
                                      size_t page_size, const Read& read) {
  TimelinePart part;
  const size_t batch = page_size + 1;
  for (size_t scanned = 0; scanned < kMaxScan;) {
    CRM_ASSIGN_OR_RETURN(std::vector<ScannedRow> rows, read(before, batch));
    for (ScannedRow& row : rows) {
      if (row.entry.has_value()) part.entries.push_back(*std::move(row.entry));
      before = std::move(row.key);
      if (part.entries.size() == page_size) {
        part.reached = std::move(before);
        return part;
      }
    }
    if (rows.size() < batch) return part;
    scanned += rows.size();
  }
  part.reached = std::move(before);
  return part;
}

// Reads a timeline. Thread-compatible.
class Timeline {
 public:
  Timeline(const ReadView& view, const CallContext& call, std::string name)
      : view_(view), call_(call), name_(std::move(name)) {}

  // Returns the page after `before`, from the first entry without one.
  absl::StatusOr<TimelinePage> Read(const std::optional<TimelineKey>& before,
                                    size_t page_size) const {
    std::vector<TimelinePart> parts;
    CRM_ASSIGN_OR_RETURN(
        parts.emplace_back(),
        ScanPart(before, page_size, [&](const auto& from, size_t limit) {
          return ReadChanges(from, limit);
        }));
    const Resource& own = *view_.catalog().FindByName(name_);
    for (const auto& resource : view_.catalog().resources()) {
      const std::string condition = ReferringTo(own, *resource);
      if (condition.empty()) continue;
      CRM_ASSIGN_OR_RETURN(
          const Filter filter,
          Filter::Parse(condition, resource->schema.message()));
      CRM_ASSIGN_OR_RETURN(
          parts.emplace_back(),
          ScanPart(before, page_size, [&](const auto& from, size_t limit) {
            return ReadReferring(*resource, filter, from, limit);
          }));
    }
    return MergeTimeline(std::move(parts), page_size);
  }

 private:
  using Rows = absl::StatusOr<std::vector<ScannedRow>>;

  std::shared_ptr<const RowRule> RuleOf(const Resource& resource) const {
    return RuleFor(call_.caller.get(), view_.catalog(), resource,
                   PermissionToRead(call_, resource));
  }

  // Returns the filter over `resource` that matches what refers to the resource
  // of the timeline by a field that the caller sees everywhere; empty if there
  // is none. References to anything, but for those of activities, make nothing
  // a part of the story.
  std::string ReferringTo(const Resource& own, const Resource& resource) const {
    const std::shared_ptr<const RowRule> rule = RuleOf(resource);
    std::vector<std::string> conditions;
    for (const ResourceColumn& column : resource.schema.columns()) {
      const auto path = FindFieldPath(*resource.schema.message(), column.path);
      const std::string& type =
          path->field()
              .options()
              .GetExtension(google::api::resource_reference)
              .type();
      const bool any = type == "*" &&
                       resource.schema.message() == v1::Activity::descriptor();
      if ((!any && type != own.schema.type()) || rule->HidesPath(column.path)) {
        continue;
      }
      conditions.push_back(absl::StrCat(column.path, path->many() ? ":" : " = ",
                                        "\"", name_, "\""));
    }
    return absl::StrJoin(conditions, " OR ");
  }

  Rows ReadChanges(const std::optional<TimelineKey>& before,
                   size_t limit) const {
    // The names sort by the time, so they are the order.
    std::string sql =
        "SELECT name, body FROM auditentries WHERE tenant = ? "
        "AND c_resource = ?";
    std::vector<SqlValue> params = {view_.tenant(), name_};
    if (before.has_value()) {
      sql += " AND name < ?";
      params.emplace_back(EntryBound(*before));
    }
    sql += " ORDER BY name DESC LIMIT ?";
    params.emplace_back(static_cast<int64_t>(limit));
    CRM_ASSIGN_OR_RETURN(const SqlRows rows, view_.reader().Query(sql, params));
    std::vector<ScannedRow> scanned;
    for (const SqlRow& row : rows) {
      const std::string& name = std::get<std::string>(row[0]);
      const auto time = TimeOfId(absl::StripPrefix(name, kEntryPrefix));
      AuditEntry entry;
      if (!time.has_value() ||
          !entry.ParseFromString(std::get<SqlBlob>(row[1]).bytes)) {
        return Unreadable();
      }
      ScannedRow& next = scanned.emplace_back();
      next.key = {.micros = absl::ToUnixMicros(*time), .id = name};
      if (entry.outcome() == AuditEntry::DONE) {
        next.entry = ChangeOf(entry, *time);
      }
    }
    return scanned;
  }

  static v1::TimelineEntry ChangeOf(const AuditEntry& change, absl::Time time) {
    v1::TimelineEntry entry;
    entry.set_entry_id(change.name());
    *entry.mutable_event_time() = ToTimestamp(time);
    entry.set_kind(v1::TimelineEntry::CHANGE);
    entry.set_resource(change.resource());
    entry.set_resource_type(change.resource_type());
    entry.set_actor(change.actor());
    entry.set_method(change.method());
    *entry.mutable_changed_fields() = change.changed_fields();
    return entry;
  }

  Rows ReadReferring(const Resource& resource, const Filter& filter,
                     const std::optional<TimelineKey>& before,
                     size_t limit) const {
    const std::shared_ptr<const RowRule> rule = RuleOf(resource);
    ColumnMap columns = resource.table.columns();
    columns.set_tenant(view_.tenant());
    const LoweredFilter lowered = filter.Lower(columns);
    std::string sql = absl::StrCat(
        "SELECT name, create_time, body FROM ", resource.schema.table(),
        " WHERE tenant = ? AND delete_time IS NULL "
        "AND create_time IS NOT NULL AND (",
        lowered.where.text, ") AND (", rule->where().where.text, ")");
    std::vector<SqlValue> params = {view_.tenant()};
    params.insert(params.end(), lowered.where.params.begin(),
                  lowered.where.params.end());
    params.insert(params.end(), rule->where().where.params.begin(),
                  rule->where().where.params.end());
    if (before.has_value()) {
      sql += " AND (create_time < ? OR (create_time = ? AND name < ?))";
      params.emplace_back(before->micros);
      params.emplace_back(before->micros);
      params.emplace_back(before->id);
    }
    sql += " ORDER BY create_time DESC, name DESC LIMIT ?";
    params.emplace_back(static_cast<int64_t>(limit));
    CRM_ASSIGN_OR_RETURN(const SqlRows rows, view_.reader().Query(sql, params));
    const bool exact = lowered.exact && rule->where().exact;
    const std::unique_ptr<Message> message = resource.New();
    std::vector<ScannedRow> scanned;
    for (const SqlRow& row : rows) {
      ScannedRow& next = scanned.emplace_back();
      next.key = {.micros = std::get<int64_t>(row[1]),
                  .id = std::get<std::string>(row[0])};
      if (!exact) {
        if (!message->ParseFromString(std::get<SqlBlob>(row[2]).bytes)) {
          return Unreadable();
        }
        CRM_ASSIGN_OR_RETURN(
            const bool admitted,
            rule->Admits({*message, view_.reader(), view_.tenant()}));
        if (!admitted || !filter.Matches(*message)) continue;
      }
      next.entry = DocumentOf(resource, next.key);
    }
    return scanned;
  }

  static v1::TimelineEntry DocumentOf(const Resource& resource,
                                      const TimelineKey& key) {
    v1::TimelineEntry entry;
    entry.set_entry_id(key.id);
    *entry.mutable_event_time() = ToTimestamp(absl::FromUnixMicros(key.micros));
    entry.set_kind(resource.schema.message() == v1::Activity::descriptor()
                       ? v1::TimelineEntry::ACTIVITY
                       : v1::TimelineEntry::DOCUMENT);
    entry.set_resource(key.id);
    entry.set_resource_type(resource.schema.type());
    return entry;
  }

  const ReadView& view_;
  const CallContext& call_;
  const std::string name_;
};

}  // namespace

absl::StatusOr<v1::ListTimelineResponse> HandleListTimeline(
    const PageTokenCodec& tokens, const ReadView& view, const CallContext& call,
    const v1::ListTimelineRequest& request) {
  CRM_ASSIGN_OR_RETURN(const int page_size,
                       ResolvePageSize(request.page_size()));
  // Other callers and other timelines cannot use a token.
  const std::string binding =
      absl::StrCat(call.principal.tenant, "\n", call.principal.subject, "\n",
                   call.method->path, "\n", request.resource());
  std::optional<TimelineKey> before;
  if (!request.page_token().empty()) {
    CRM_ASSIGN_OR_RETURN(const std::string state,
                         tokens.Decode(request.page_token(), binding));
    CRM_ASSIGN_OR_RETURN(before, ParseKey(state));
  }
  const Resource* own = view.catalog().FindByName(request.resource());
  if (own == nullptr) {
    return BadField("resource",
                    "must be the name of a resource of this service, as "
                    "'customers/ada'.");
  }
  CRM_ASSIGN_OR_RETURN(const auto row, view.Find(*own, request.resource()));
  if (!row.has_value()) {
    return ResourceNotFound(own->schema, request.resource());
  }
  CRM_ASSIGN_OR_RETURN(TimelinePage page,
                       Timeline(view, call, request.resource())
                           .Read(before, static_cast<size_t>(page_size)));
  v1::ListTimelineResponse response;
  for (v1::TimelineEntry& entry : page.entries) {
    *response.add_entries() = std::move(entry);
  }
  if (page.next.has_value()) {
    CRM_ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                         tokens.Encode(FormatKey(*page.next), binding));
  }
  return response;
}

}  // namespace crm::operational
