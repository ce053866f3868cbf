#include "tests/conformance/stored_records.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "shared/base/status_macros.h"

namespace crm::testing {
namespace {

using ::crm::internal::v1::Event;
using ::crm::platform::v1::AuditEntry;

template <typename T>
T ParseBlob(const SqlValue& value) {
  T message;
  if (!message.ParseFromString(std::get<SqlBlob>(value).bytes)) std::abort();
  return message;
}

absl::Status ReadInto(SqlReader& reader, const ResourceCatalog& catalog,
                      const std::string& tenant, StoredRecords& records) {
  for (const auto& resource : catalog.resources()) {
    const std::string& table = resource->schema.table();
    if (resource->schema.message() == AuditEntry::descriptor()) {
      CRM_ASSIGN_OR_RETURN(
          const SqlRows rows,
          reader.Query(absl::StrCat("SELECT body FROM ", table,
                                    " WHERE tenant = ? ORDER BY name"),
                       {tenant}));
      for (const SqlRow& row : rows) {
        AuditEntry entry = ParseBlob<AuditEntry>(row[0]);
        if (entry.outcome() != AuditEntry::DONE) continue;
        records.audit_entries.push_back(std::move(entry));
      }
      continue;
    }
    CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                         reader.Query(absl::StrCat("SELECT name, version FROM ",
                                                   table, " WHERE tenant = ?"),
                                      {tenant}));
    for (const SqlRow& row : rows) {
      records.rows[std::get<std::string>(row[0])] = std::get<int64_t>(row[1]);
    }
  }
  CRM_ASSIGN_OR_RETURN(
      const SqlRows events,
      reader.Query("SELECT payload FROM outbox WHERE tenant = ? "
                   "ORDER BY event_id",
                   {tenant}));
  for (const SqlRow& row : events) {
    records.events.push_back(ParseBlob<Event>(row[0]));
  }
  CRM_ASSIGN_OR_RETURN(
      const SqlRows answers,
      reader.Query("SELECT COUNT(*) FROM request_log WHERE tenant = ?",
                   {tenant}));
  records.remembered_answers = std::get<int64_t>(answers[0][0]);
  return absl::OkStatus();
}

std::set<std::string> EventIds(const StoredRecords& records) {
  std::set<std::string> ids;
  for (const Event& event : records.events) ids.insert(event.id());
  return ids;
}

std::string CheckEvent(const Event& event, const StoredRecords& before,
                       const StoredRecords& after) {
  const auto was = before.rows.find(event.resource());
  const auto is = after.rows.find(event.resource());
  const int64_t old_version = was == before.rows.end() ? 0 : was->second;
  const int64_t new_version =
      is == after.rows.end() ? old_version + 1 : is->second;
  const auto problem = [&](absl::string_view what) {
    return absl::StrCat("the event of ", event.resource(), " ", what, "\n");
  };
  std::string problems;
  if (old_version == new_version) problems += problem("changes no row");
  if (event.resource_version() != new_version) {
    problems += problem("has another version than the row");
  }
  if (event.before().empty() != (old_version == 0)) {
    problems += problem("has a 'before' where there was nothing, or none");
  }
  if (event.after().empty() != (is == after.rows.end())) {
    problems += problem("has an 'after' where there is nothing, or none");
  }
  return problems;
}

// Compares what an audit entry says of the same change.
bool Agree(const Event& event, const AuditEntry& entry) {
  return entry.resource() == event.resource() &&
         entry.resource_type() == event.resource_type() &&
         entry.resource_version() == event.resource_version() &&
         entry.actor() == event.actor() && entry.method() == event.method() &&
         entry.request_id() == event.request_id() &&
         entry.trace_id() == event.trace_id() &&
         entry.event_time().seconds() == event.event_time().seconds();
}

}  // namespace

bool operator==(const StoredRecords& a, const StoredRecords& b) {
  return a.rows == b.rows && EventIds(a) == EventIds(b) &&
         a.audit_entries.size() == b.audit_entries.size() &&
         a.remembered_answers == b.remembered_answers;
}

std::ostream& operator<<(std::ostream& out, const StoredRecords& it) {
  out << it.events.size() << " events, " << it.audit_entries.size()
      << " audit entries, " << it.remembered_answers
      << " remembered answers, rows:";
  for (const auto& [name, version] : it.rows)
    out << " " << name << "@" << version;
  return out;
}

StoredRecords ReadRecords(Database& database, const ResourceCatalog& catalog,
                          const std::string& tenant) {
  StoredRecords records;
  const absl::Status status =
      database.Read(absl::Now() + absl::Seconds(30), [&](SqlReader& reader) {
        return ReadInto(reader, catalog, tenant, records);
      });
  if (!status.ok()) {
    std::cerr << status << "\n";
    std::abort();
  }
  return records;
}

std::vector<Event> NewEvents(const StoredRecords& before,
                             const StoredRecords& after) {
  const std::set<std::string> old = EventIds(before);
  std::vector<Event> events;
  for (const Event& event : after.events) {
    if (!old.contains(event.id())) events.push_back(event);
  }
  return events;
}

std::string CheckCommitRecords(const StoredRecords& before,
                               const StoredRecords& after) {
  std::string problems;
  std::map<std::string, const AuditEntry*> entries;
  for (const AuditEntry& entry : after.audit_entries) {
    entries[entry.event_id()] = &entry;
  }
  if (after.audit_entries.size() != after.events.size()) {
    absl::StrAppend(&problems, after.audit_entries.size(),
                    " audit entries for ", after.events.size(), " events\n");
  }
  std::set<std::string> changed;
  for (const Event& event : NewEvents(before, after)) {
    problems += CheckEvent(event, before, after);
    if (!changed.insert(event.resource()).second) {
      absl::StrAppend(&problems, event.resource(), " has two events\n");
    }
    const auto entry = entries.find(event.id());
    if (entry == entries.end() || !Agree(event, *entry->second)) {
      absl::StrAppend(&problems, "the event of ", event.resource(),
                      " has no audit entry that agrees\n");
    }
  }
  std::map<std::string, int64_t> names = before.rows;
  names.insert(after.rows.begin(), after.rows.end());
  for (const auto& [name, version] : names) {
    const auto was = before.rows.find(name);
    const auto is = after.rows.find(name);
    const bool differs = was == before.rows.end() || is == after.rows.end() ||
                         was->second != is->second;
    if (differs && !changed.contains(name)) {
      absl::StrAppend(&problems, name, " changed without an event\n");
    }
  }
  return problems;
}

}  // namespace crm::testing
