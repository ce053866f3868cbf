#include "shared/resource/audit/audit_chain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/events/sql_values.h"
#include "shared/resource/audit/audit_record.h"

namespace crm {
namespace {

using platform::v1::AuditEntry;
using platform::v1::ReadAuditChainRequest;
using platform::v1::ReadAuditChainResponse;

constexpr int kDefaultRead = 256;
constexpr int kMaxRead = 1000;
// An answer is cut at this size.
constexpr size_t kMaxReadBytes = size_t{1} << 20;

absl::Status Moved() {
  return Aborted("AUDIT_CHAIN_MOVED",
                 "Another process has extended the audit chain.");
}

// Returns what was stored, unless `body` is empty. What does not parse is as
// lost as what is not there.
std::optional<AuditEntry> ParsedEntry(absl::string_view body) {
  AuditEntry entry;
  if (body.empty() ||
      !entry.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return std::nullopt;
  }
  return entry;
}

int64_t Left(const AuditChain::Step& step, int64_t max) {
  return max - static_cast<int64_t>(step.links.size()) - step.missing;
}

}  // namespace

std::vector<SqlTable> AuditChainTables() {
  return {
      {.name = "audit_chain",
       .columns = {{"tenant", SqlType::kText, false, {}},
                   {"n", SqlType::kInteger, false, {}},
                   {"name", SqlType::kText, false, {}},
                   {"hash", SqlType::kBlob, false, {}}},
       .primary_key = {"tenant", "n"},
       .clustered = true},
      {.name = "audit_head",
       .columns = {{"tenant", SqlType::kText, false, {}},
                   {"n", SqlType::kInteger, false, {}},
                   {"hash", SqlType::kBlob, false, {}}},
       .primary_key = {"tenant"}},
      {.name = "audit_position",
       .columns = {{"part", SqlType::kInteger, false, {}},
                   {"seq", SqlType::kInteger, false, {}}},
       .primary_key = {"part"}},
  };
}

AuditChain::AuditChain(absl::string_view service,
                       const ResourceCatalog& catalog)
    : service_(service), entries_(catalog.Find(AuditEntry::descriptor())) {}

absl::StatusOr<AuditChain::Step> AuditChain::Plan(SqlReader& reader,
                                                  int max) const {
  Step step;
  CRM_ASSIGN_OR_RETURN(
      const SqlRows parts,
      reader.Query("SELECT h.part, COALESCE(p.seq, 0) FROM partition_head h "
                   "LEFT JOIN audit_position p ON p.part = h.part "
                   "WHERE h.seq > COALESCE(p.seq, 0) ORDER BY h.part",
                   {}));
  for (const SqlRow& row : parts) {
    if (Left(step, max) <= 0) break;
    CRM_RETURN_IF_ERROR(PlanEvents(reader, IntegerOr(row, 0, 0),
                                   IntegerOr(row, 1, 0), Left(step, max),
                                   step));
  }
  if (Left(step, max) > 0) {
    CRM_RETURN_IF_ERROR(PlanPending(reader, Left(step, max), step));
  }
  return step;
}

absl::Status AuditChain::PlanEvents(SqlReader& reader, int64_t part,
                                    int64_t from, int64_t max,
                                    Step& step) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query(
          absl::StrCat("SELECT o.seq, o.tenant, o.event_id, a.body "
                       "FROM outbox o LEFT JOIN ",
                       entries_->schema.table(),
                       " a ON a.tenant = o.tenant AND a.name = ? || o.event_id "
                       "WHERE o.part = ? AND o.seq > ? "
                       "ORDER BY o.seq NULLS FIRST LIMIT ?"),
          {NameOfEvent(""), part, from, max}));
  if (rows.empty()) return absl::OkStatus();
  for (const SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(const std::string tenant, TextAt(row, 1));
    CRM_ASSIGN_OR_RETURN(const std::string event_id, TextAt(row, 2));
    const auto* body = std::get_if<SqlBlob>(&row.at(3));
    CRM_RETURN_IF_ERROR(Append(reader, tenant, NameOfEvent(event_id),
                               ParsedEntry(body == nullptr ? "" : body->bytes),
                               step));
  }
  step.from[part] = from;
  step.to[part] = IntegerOr(rows.back(), 0, 0);
  return absl::OkStatus();
}

std::string AuditChain::NameOfEvent(absl::string_view event_id) const {
  return absl::StrCat("auditEntries/", service_, "-", event_id);
}

absl::Status AuditChain::PlanPending(SqlReader& reader, int64_t max,
                                     Step& step) const {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       reader.Query("SELECT tenant, name FROM audit_pending "
                                    "ORDER BY tenant, name LIMIT ?",
                                    {max}));
  for (const SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(std::string tenant, TextAt(row, 0));
    CRM_ASSIGN_OR_RETURN(std::string name, TextAt(row, 1));
    CRM_ASSIGN_OR_RETURN(std::optional<AuditEntry> entry,
                         FindEntry(reader, tenant, name));
    CRM_RETURN_IF_ERROR(Append(reader, tenant, name, std::move(entry), step));
    step.pending.emplace_back(std::move(tenant), std::move(name));
  }
  return absl::OkStatus();
}

absl::Status AuditChain::Append(SqlReader& reader, const std::string& tenant,
                                const std::string& name,
                                std::optional<AuditEntry> entry,
                                Step& step) const {
  if (!entry.has_value()) {
    ++step.missing;
    return absl::OkStatus();
  }
  if (!step.after.contains(tenant)) {
    CRM_ASSIGN_OR_RETURN(AuditHead head, HeadOf(reader, tenant));
    step.before[tenant] = head;
    step.after[tenant] = std::move(head);
  }
  AuditHead& head = step.after[tenant];
  ++head.n;
  head.hash =
      AuditHash(head.hash, CanonicalBytes({tenant, head.n, *std::move(entry)}));
  step.links.push_back({tenant, head.n, name, head.hash});
  return absl::OkStatus();
}

absl::Status AuditChain::Apply(SqlWriter& writer, const Step& step) const {
  for (const auto& [tenant, head] : step.before) {
    CRM_ASSIGN_OR_RETURN(const AuditHead now, HeadOf(writer, tenant));
    if (now != head) return Moved();
  }
  for (const auto& [part, seq] : step.to) {
    // Also where no entry was found, no event is dealt with twice.
    CRM_ASSIGN_OR_RETURN(
        const SqlRows rows,
        writer.Query("SELECT seq FROM audit_position WHERE part = ?", {part}));
    const int64_t now = rows.empty() ? 0 : IntegerOr(rows.front(), 0, 0);
    if (now != step.from.at(part)) return Moved();
    CRM_RETURN_IF_ERROR(
        writer.Post("INSERT INTO audit_position (part, seq) VALUES (?, ?) "
                    "ON CONFLICT (part) DO UPDATE SET seq = excluded.seq",
                    {part, seq}));
  }
  for (const Step::Link& link : step.links) {
    CRM_RETURN_IF_ERROR(
        writer.Post("INSERT INTO audit_chain (tenant, n, name, hash) "
                    "VALUES (?, ?, ?, ?)",
                    {link.tenant, link.n, link.name, SqlBlob{link.hash}}));
  }
  for (const auto& [tenant, head] : step.after) {
    CRM_RETURN_IF_ERROR(
        writer.Post("INSERT INTO audit_head (tenant, n, hash) VALUES (?, ?, ?) "
                    "ON CONFLICT (tenant) DO UPDATE SET n = excluded.n, "
                    "hash = excluded.hash",
                    {tenant, head.n, SqlBlob{head.hash}}));
  }
  for (const auto& [tenant, name] : step.pending) {
    CRM_ASSIGN_OR_RETURN(
        const int64_t removed,
        writer.Execute(
            "DELETE FROM audit_pending WHERE tenant = ? AND name = ?",
            {tenant, name}));
    if (removed != 1) return Moved();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, AuditHead>> AuditChain::Heads(
    SqlReader& reader) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT tenant, n, hash FROM audit_head", {}));
  std::map<std::string, AuditHead> heads;
  for (const SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(const std::string tenant, TextAt(row, 0));
    CRM_ASSIGN_OR_RETURN(const absl::string_view hash, BytesAt(row, 2));
    heads[tenant] = {IntegerOr(row, 1, 0), std::string(hash)};
  }
  return heads;
}

absl::StatusOr<ReadAuditChainResponse> AuditChain::Read(
    SqlReader& reader, absl::string_view tenant,
    const ReadAuditChainRequest& request) const {
  std::vector<FieldViolation> violations;
  if (request.after_n() < 0) {
    violations.push_back({"after_n", "Must not be negative."});
  }
  if (request.page_size() < 0) {
    violations.push_back({"page_size", "Must not be negative."});
  }
  if (!violations.empty()) return BadRequest(violations);
  const int limit = request.page_size() == 0
                        ? kDefaultRead
                        : std::min<int>(request.page_size(), kMaxRead);
  ReadAuditChainResponse response;
  CRM_ASSIGN_OR_RETURN(const AuditHead head, HeadOf(reader, tenant));
  response.set_head_n(head.n);
  response.set_head_hash(head.hash);
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT n, name, hash FROM audit_chain "
                   "WHERE tenant = ? AND n > ? ORDER BY n LIMIT ?",
                   {std::string(tenant), request.after_n(), int64_t{limit}}));
  size_t bytes = 0;
  for (const SqlRow& row : rows) {
    CRM_ASSIGN_OR_RETURN(const std::string name, TextAt(row, 1));
    CRM_ASSIGN_OR_RETURN(const absl::string_view hash, BytesAt(row, 2));
    CRM_ASSIGN_OR_RETURN(std::optional<AuditEntry> entry,
                         FindEntry(reader, tenant, name));
    platform::v1::AuditRecord record;
    record.set_n(IntegerOr(row, 0, 0));
    record.set_hash(std::string(hash));
    // Made from the entry as it is now, so that a change of it shows.
    if (entry.has_value()) {
      record.set_content(
          CanonicalBytes({std::string(tenant), record.n(), *std::move(entry)}));
    }
    bytes += record.ByteSizeLong();
    if (bytes > kMaxReadBytes && response.records_size() > 0) break;
    *response.add_records() = std::move(record);
  }
  return response;
}

absl::StatusOr<std::optional<AuditEntry>> AuditChain::FindEntry(
    SqlReader& reader, absl::string_view tenant, absl::string_view name) const {
  CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                       entries_->table.Find(reader, tenant, name));
  return ParsedEntry(row.has_value() ? row->body : "");
}

absl::StatusOr<AuditHead> AuditChain::HeadOf(SqlReader& reader,
                                             absl::string_view tenant) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      reader.Query("SELECT n, hash FROM audit_head WHERE tenant = ?",
                   {std::string(tenant)}));
  if (rows.empty()) return AuditHead{0, FirstAuditHash()};
  CRM_ASSIGN_OR_RETURN(const absl::string_view hash, BytesAt(rows.front(), 1));
  return AuditHead{IntegerOr(rows.front(), 0, 0), std::string(hash)};
}

}  // namespace crm
