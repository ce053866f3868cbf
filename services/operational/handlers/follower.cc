#include "services/operational/handlers/follower.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"

namespace crm::operational {
namespace {

using ::crm::platform::v1::AuditEntry;

// The most audit entries that one page leaves out.
constexpr int kMaxScan = 5'000;

// What a page is read with; other callers cannot use its token.
std::string BindingOf(const CallContext& call) {
  return absl::StrCat(call.principal.tenant, "\n", call.principal.subject, "\n",
                      call.method->path);
}

// Tells which resources the caller of `view` may read, asking for each once.
class Readable {
 public:
  explicit Readable(const ReadView& view) : view_(view) {}

  absl::StatusOr<bool> Has(const std::string& name) {
    if (const auto known = known_.find(name); known != known_.end()) {
      return known->second;
    }
    const Resource* resource = view_.catalog().FindByName(name);
    bool readable = false;
    if (resource != nullptr) {
      CRM_ASSIGN_OR_RETURN(const auto row, view_.Find(*resource, name));
      readable = row.has_value();
    }
    known_[name] = readable;
    return readable;
  }

 private:
  const ReadView& view_;
  std::map<std::string, bool> known_;
};

// Returns the entries of what `subject` follows, from since he does: their body
// and name, the newest first, below the name `before` if that is not empty.
absl::StatusOr<SqlRows> ReadEntries(const ReadView& view,
                                    const std::string& subject,
                                    const std::string& before, int limit) {
  std::vector<SqlValue> params = {view.tenant(), view.tenant(), subject};
  std::string condition;
  if (!before.empty()) {
    condition = " AND entry.name < ?";
    params.push_back(before);
  }
  params.push_back(int64_t{limit});
  return view.reader().Query(
      absl::StrCat("SELECT entry.body, entry.name, follower.create_time "
                   "FROM followers AS follower, auditentries AS entry "
                   "WHERE entry.tenant = ? AND follower.tenant = ? "
                   "AND follower.c_owner = ? "
                   "AND entry.c_resource = follower.c_resource",
                   condition, " ORDER BY entry.name DESC LIMIT ?"),
      params);
}

v1::FollowedChange ChangeOf(const AuditEntry& entry) {
  v1::FollowedChange change;
  change.set_resource(entry.resource());
  change.set_resource_type(entry.resource_type());
  change.set_actor(entry.actor());
  change.set_method(entry.method());
  *change.mutable_changed_fields() = entry.changed_fields();
  change.set_event_id(entry.event_id());
  *change.mutable_event_time() = entry.event_time();
  return change;
}

}  // namespace

absl::StatusOr<v1::ListFollowedChangesResponse> HandleListFollowedChanges(
    const PageTokenCodec& tokens, const ReadView& view, const CallContext& call,
    const v1::ListFollowedChangesRequest& request) {
  CRM_ASSIGN_OR_RETURN(const int page_size,
                       ResolvePageSize(request.page_size()));
  std::string reached;
  if (!request.page_token().empty()) {
    CRM_ASSIGN_OR_RETURN(reached,
                         tokens.Decode(request.page_token(), BindingOf(call)));
  }
  v1::ListFollowedChangesResponse response;
  Readable readable(view);
  for (int scanned = 0; scanned < kMaxScan;) {
    const int limit = page_size + 1;
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        ReadEntries(view, call.principal.subject, reached, limit));
    for (const SqlRow& row : rows) {
      if (response.changes_size() == page_size) {
        CRM_ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                             tokens.Encode(reached, BindingOf(call)));
        return response;
      }
      ++scanned;
      reached = std::get<std::string>(row[1]);
      AuditEntry entry;
      if (!entry.ParseFromString(std::get<SqlBlob>(row[0]).bytes)) {
        return Internal("ROW_UNREADABLE", "A stored row could not be read.");
      }
      const absl::Time since = absl::FromUnixMicros(std::get<int64_t>(row[2]));
      if (entry.outcome() != AuditEntry::DONE ||
          FromTimestamp(entry.event_time()) < since) {
        continue;
      }
      CRM_ASSIGN_OR_RETURN(const bool shown, readable.Has(entry.resource()));
      if (shown) *response.add_changes() = ChangeOf(entry);
    }
    if (static_cast<int>(rows.size()) < limit) return response;
  }
  CRM_ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                       tokens.Encode(reached, BindingOf(call)));
  return response;
}

}  // namespace crm::operational
