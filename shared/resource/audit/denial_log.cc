#include "shared/resource/audit/denial_log.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

constexpr absl::Duration kMinute = absl::Minutes(1);

void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t micros = absl::ToUnixMicros(time);
  out.set_seconds(micros / 1'000'000);
  out.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

}  // namespace

absl::Status DenialLog::Begin(Call& /*call*/) { return absl::OkStatus(); }

void DenialLog::End(const Call& call, const absl::Status& status) {
  const Principal& principal = call.context.principal;
  if (!absl::IsPermissionDenied(status) || principal.tenant.empty()) return;
  const absl::Time now = clock_.Now();
  std::lock_guard lock(mutex_);
  const auto key = std::pair(principal.tenant, principal.subject);
  auto found = minutes_.find(key);
  if (found == minutes_.end()) {
    if (minutes_.size() >= kMaxDeniedPrincipals) {
      ++lost_;
      return;
    }
    found = minutes_.emplace(key, Minute{.start = now}).first;
  }
  Minute& minute = found->second;
  if (++minute.count <= kDenialsAMinute) {
    if (waiting_.size() >= kMaxWaitingDenials) {
      ++lost_;
    } else {
      waiting_.push_back(EntryOf(call, status));
    }
    return;
  }
  if (minute.count == kDenialsAMinute + 1) {
    minute.shared = EntryOf(call, status);
  }
  minute.shared.entry.set_call_count(minute.count - kDenialsAMinute);
}

TenantEntry DenialLog::EntryOf(const Call& call,
                               const absl::Status& status) const {
  const CallContext& context = call.context;
  TenantEntry denied;
  denied.tenant = context.principal.tenant;
  platform::v1::AuditEntry& entry = denied.entry;
  entry.set_name(absl::StrCat("auditEntries/", service_, "-", ids_.NewId()));
  entry.set_actor(context.principal.subject);
  for (const std::string& role : context.principal.roles) {
    entry.add_roles(role);
  }
  if (context.method != nullptr) entry.set_method(context.method->path);
  entry.set_trace_id(context.trace_id);
  SetTime(context.now, *entry.mutable_event_time());
  entry.set_outcome(platform::v1::AuditEntry::DENIED);
  entry.set_reason(ErrorReason(status));
  entry.set_call_count(1);
  return denied;
}

std::vector<TenantEntry> DenialLog::Take(bool all) {
  const absl::Time now = clock_.Now();
  std::lock_guard lock(mutex_);
  std::vector<TenantEntry> taken = std::exchange(waiting_, {});
  for (auto it = minutes_.begin(); it != minutes_.end();) {
    Minute& minute = it->second;
    // A clock that was set back must not keep it for ever.
    const bool over = now >= minute.start + kMinute || now < minute.start;
    if (!over && !all) {
      ++it;
      continue;
    }
    if (minute.count > kDenialsAMinute) {
      taken.push_back(std::move(minute.shared));
    }
    it = minutes_.erase(it);
  }
  return taken;
}

void DenialLog::PutBack(std::vector<TenantEntry> entries) {
  std::lock_guard lock(mutex_);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
}

int64_t DenialLog::lost() const {
  std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace crm
