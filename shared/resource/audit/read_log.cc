#include "shared/resource/audit/read_log.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/auth/caller.h"
#include "shared/base/clock.h"

namespace crm {
namespace {

using platform::v1::AuditEntry;

// The bytes that an entry holds of what callers sent.
size_t BytesOf(const AuditEntry& entry) {
  size_t bytes = entry.filter().size();
  for (const std::string& name : entry.read_names()) bytes += name.size();
  return bytes;
}

}  // namespace

bool ReadLog::Wants(const CallContext& call) const {
  if (call.principal.system || call.caller == nullptr) return false;
  if (recorded_ == Recorded::kEveryone) return true;
  return call.caller->AccessTo("auditEntries.get").allowed() ||
         call.caller->AccessTo("auditEntries.list").allowed();
}

void ReadLog::Record(const CallContext& call, ReadFact fact) {
  std::lock_guard lock(mutex_);
  Open* open = Find(call, fact);
  if (open == nullptr) {
    ++lost_;
    return;
  }
  AuditEntry* entry = &open->one.entry;
  entry->set_call_count(entry->call_count() + 1);
  entry->set_read_count(entry->read_count() + fact.count);
  for (std::string& name : fact.names) {
    if (open->names.contains(name)) continue;
    if (open->names.size() == kMaxReadNames) {
      // A call is counted in the entry that has the first of its names.
      waiting_.push_back(Close(*open));
      open->one = EntryOf(call, fact);
      open->names.clear();
    }
    if (HasRoomFor(name.size())) open->names.insert(std::move(name));
  }
}

ReadLog::Open* ReadLog::Find(const CallContext& call, const ReadFact& fact) {
  const std::string key = absl::StrJoin(
      {absl::string_view(call.principal.tenant),
       absl::string_view(call.principal.subject),
       absl::string_view(call.method->path), absl::string_view(fact.parent),
       absl::string_view(fact.filter)},
      absl::string_view("\0", 1));
  const auto found = open_.find(key);
  if (found != open_.end()) return &found->second;
  if (open_.size() + waiting_.size() >= kMaxWaitingReads) return nullptr;
  Open& open = open_[key];
  open.one = EntryOf(call, fact);
  if (HasRoomFor(fact.filter.size())) open.one.entry.set_filter(fact.filter);
  return &open;
}

bool ReadLog::HasRoomFor(size_t bytes) {
  if (bytes_ + bytes > kMaxWaitingReadBytes) return false;
  bytes_ += bytes;
  return true;
}

TenantEntry ReadLog::EntryOf(const CallContext& call,
                             const ReadFact& fact) const {
  TenantEntry one;
  one.tenant = call.principal.tenant;
  AuditEntry& entry = one.entry;
  entry.set_name(absl::StrCat("auditEntries/", service_, "-", ids_.NewId()));
  entry.set_actor(call.principal.subject);
  for (const std::string& role : call.principal.roles) entry.add_roles(role);
  entry.set_method(call.method->path);
  entry.set_resource_type(std::string(fact.resource_type));
  entry.set_resource(fact.parent);
  entry.set_trace_id(call.trace_id);
  *entry.mutable_event_time() = ToTimestamp(call.now);
  entry.set_outcome(AuditEntry::READ);
  return one;
}

TenantEntry ReadLog::Close(Open& open) const {
  AuditEntry& entry = open.one.entry;
  for (const std::string& name : open.names) entry.add_read_names(name);
  return std::move(open.one);
}

std::vector<TenantEntry> ReadLog::Take(bool /*all*/) {
  std::unordered_map<std::string, Open> open;
  std::vector<TenantEntry> taken;
  {
    std::lock_guard lock(mutex_);
    open.swap(open_);
    taken.swap(waiting_);
    bytes_ = 0;
  }
  for (auto& [key, one] : open) taken.push_back(Close(one));
  return taken;
}

void ReadLog::PutBack(std::vector<TenantEntry> entries) {
  std::lock_guard lock(mutex_);
  for (const TenantEntry& one : entries) bytes_ += BytesOf(one.entry);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
}

int64_t ReadLog::lost() const {
  std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace crm
