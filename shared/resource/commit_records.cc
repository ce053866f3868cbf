#include "shared/resource/commit_records.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "shared/call/consistency_token.h"
#include "shared/reflect/diff.h"
#include "shared/resource/directory_tables.h"
#include "shared/resource/pending_audit.h"
#include "shared/resource/search_index.h"

namespace crm {
namespace {

using ::crm::internal::v1::Event;
using ::crm::platform::v1::AuditEntry;

// The version of the resources' schema that events follow.
constexpr int kSchemaVersion = 1;

// The call that made the change.
const CallContext& CallOf(const Transaction& transaction,
                          const ResourceChange& change) {
  return change.acting ? *change.acting : transaction.call();
}

Event EventOf(const Kernel& kernel, const Transaction& transaction,
              const ResourceChange& change, const std::string& request_id) {
  const CallContext& call = CallOf(transaction, change);
  const ResourceSchema& schema = change.resource->schema;
  const google::protobuf::Message& present =
      change.after != nullptr ? *change.after : *change.before;
  Event event;
  event.set_id(kernel.ids.NewId());
  event.set_tenant(call.principal.tenant);
  event.set_type(absl::StrCat(schema.event_prefix(), ".", change.kind));
  event.set_service(kernel.service);
  event.set_resource_type(schema.type());
  event.set_resource(change.name);
  event.set_ordering_key(schema.OrderingKey(present));
  event.set_actor(call.principal.subject);
  event.set_request_id(request_id);
  *event.mutable_event_time() = ToTimestamp(transaction.now());
  event.set_schema_version(kSchemaVersion);
  event.set_resource_version(change.version);
  event.set_method(call.method->path);
  event.set_trace_id(call.trace_id);
  event.set_cause_event_id(call.cause_event_id);
  for (const std::string& cause : call.cause_chain) {
    event.add_cause_chain(cause);
  }
  if (change.before != nullptr) {
    event.set_before(change.before->SerializeAsString());
  }
  if (change.after != nullptr) {
    event.set_after(change.after->SerializeAsString());
  }
  if (change.before != nullptr && change.after != nullptr) {
    for (std::string& field : ChangedFields(*change.before, *change.after)) {
      event.add_changed_fields(std::move(field));
    }
  }
  return event;
}

AuditEntry AuditEntryOf(const Kernel& kernel, const CallContext& call,
                        const Event& event) {
  AuditEntry entry;
  entry.set_name(
      absl::StrCat("auditEntries/", kernel.service, "-", event.id()));
  entry.set_actor(event.actor());
  for (const std::string& role : call.principal.roles) entry.add_roles(role);
  entry.set_method(event.method());
  entry.set_resource_type(event.resource_type());
  entry.set_resource(event.resource());
  entry.set_resource_version(event.resource_version());
  *entry.mutable_changed_fields() = event.changed_fields();
  entry.set_event_id(event.id());
  entry.set_request_id(event.request_id());
  entry.set_trace_id(event.trace_id());
  *entry.mutable_event_time() = event.event_time();
  entry.set_outcome(platform::v1::AuditEntry::DONE);
  return entry;
}

absl::StatusOr<const Resource*> AuditOf(const Kernel& kernel) {
  const Resource* audit = kernel.catalog.Find(AuditEntry::descriptor());
  if (audit == nullptr) {
    return Internal("RESOURCE_UNKNOWN", "The service keeps no audit entries.");
  }
  return audit;
}

AuditEntry EntryWithoutEvent(const Kernel& kernel,
                             const Transaction& transaction,
                             const std::string& type,
                             const std::string& resource,
                             const std::string& request_id) {
  const CallContext& call = transaction.call();
  Event event;
  event.set_id(kernel.ids.NewId());
  event.set_actor(call.principal.subject);
  event.set_method(call.method->path);
  event.set_resource_type(type);
  event.set_resource(resource);
  event.set_request_id(request_id);
  event.set_trace_id(call.trace_id);
  *event.mutable_event_time() = ToTimestamp(transaction.now());
  AuditEntry entry = AuditEntryOf(kernel, call, event);
  // There is no event of this id to be found.
  entry.clear_event_id();
  return entry;
}

// Writes an entry that the chain does not find by an event.
absl::Status InsertAlone(const Kernel& kernel, const Transaction& transaction,
                         const AuditEntry& entry) {
  CRM_ASSIGN_OR_RETURN(const Resource* audit, AuditOf(kernel));
  const std::string& tenant = transaction.call().principal.tenant;
  CRM_RETURN_IF_ERROR(audit->table.Insert(transaction.writer(), tenant, entry));
  return AddPendingAudit(transaction.writer(), tenant, entry.name());
}

}  // namespace

absl::Status WriteCommitRecords(const Kernel& kernel,
                                const Transaction& transaction,
                                const std::string& request_id,
                                std::vector<Event>& events,
                                std::function<absl::Status(SqlWriter&)> then,
                                const std::string& cause_event_id) {
  CRM_ASSIGN_OR_RETURN(const Resource* audit, AuditOf(kernel));
  events.clear();
  for (const auto& change : transaction.changes()) {
    CRM_RETURN_IF_ERROR(IndexChange(transaction, *change));
    Event event = EventOf(kernel, transaction, *change, request_id);
    if (!cause_event_id.empty()) event.set_cause_event_id(cause_event_id);
    CRM_RETURN_IF_ERROR(audit->table.PostInsert(
        transaction.writer(), event.tenant(),
        AuditEntryOf(kernel, CallOf(transaction, *change), event)));
    events.push_back(std::move(event));
  }
  return kernel.outbox.AppendLast(transaction.writer(), events,
                                  std::move(then));
}

absl::Status WriteAuditEntry(const Kernel& kernel,
                             const Transaction& transaction,
                             const std::string& type,
                             const std::string& resource,
                             const std::string& request_id) {
  return InsertAlone(
      kernel, transaction,
      EntryWithoutEvent(kernel, transaction, type, resource, request_id));
}

absl::Status WriteExportEntry(const Kernel& kernel,
                              const Transaction& transaction,
                              const std::string& type,
                              const std::string& operation,
                              const std::string& filter, int64_t count) {
  AuditEntry entry =
      EntryWithoutEvent(kernel, transaction, type, operation, "");
  entry.set_outcome(AuditEntry::READ);
  entry.set_filter(filter);
  entry.set_call_count(1);
  entry.set_read_count(count);
  return InsertAlone(kernel, transaction, entry);
}

std::string TokenOf(const Kernel& kernel, const std::vector<Event>& events) {
  if (events.empty()) return "";
  ConsistencyToken token;
  token.service = kernel.service;
  token.feed_epoch = kernel.feed_epoch;
  for (const Event& event : events) {
    const uint64_t hash = OrderingKeyHash(event.tenant(), event.ordering_key());
    if (!token.keys.empty() && token.keys.back().key_hash == hash) {
      token.keys.back().key_version = event.key_version();
    } else {
      token.keys.push_back(
          {hash, event.key_version(), DirectoryTables::Concerns(event)});
    }
  }
  return EncodeConsistencyToken(token, kernel.secret);
}

}  // namespace crm
