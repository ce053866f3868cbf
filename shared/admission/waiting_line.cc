#include "shared/admission/waiting_line.h"

#include <algorithm>
#include <climits>
#include <utility>

namespace crm {

WaitingLine::Tenant& WaitingLine::TenantOf(const std::string& name) {
  const auto [tenant, added] = tenants_.try_emplace(name);
  if (added) tenant->second.weight = weight_(name);
  return tenant->second;
}

void WaitingLine::Admitted(const std::string& tenant) {
  ++TenantOf(tenant).in_flight;
}

void WaitingLine::Ended(const std::string& tenant) {
  const auto found = tenants_.find(tenant);
  --found->second.in_flight;
  DropIfIdle(found);
}

void WaitingLine::Add(WaitingCall waiting) {
  const auto level = static_cast<size_t>(waiting.call->context.criticality);
  Tenant& tenant = TenantOf(waiting.call->context.principal.tenant);
  tenant.waiting[level].push_back(std::move(waiting));
  ++tenant.waiting_count;
  ++by_class_[level];
  ++size_;
}

std::optional<WaitingCall> WaitingLine::Next(
    int limit, const std::array<int, kCriticalityCount>& room) {
  for (int level = kCriticalityCount - 1; level >= 0; --level) {
    if (room[level] <= 0) break;
    if (by_class_[level] == 0) continue;
    const auto tenant = Choose(level, limit);
    if (tenant != tenants_.end()) return Take(tenant, level, newest_first_);
  }
  // Only tenants over their half are left, and nobody whom they keep out.
  for (int level = kCriticalityCount - 1; level >= 0; --level) {
    if (room[level] <= 0) return std::nullopt;
    if (by_class_[level] == 0) continue;
    return Take(Choose(level, /*limit=*/INT_MAX), level, newest_first_);
  }
  return std::nullopt;
}

WaitingLine::Tenants::iterator WaitingLine::Choose(int level, int limit) {
  auto chosen = tenants_.end();
  for (auto tenant = tenants_.begin(); tenant != tenants_.end(); ++tenant) {
    if (tenant->second.waiting[level].empty() ||
        tenant->second.in_flight >= std::max(limit / 2, 1)) {
      continue;
    }
    if (chosen == tenants_.end() ||
        tenant->second.in_flight / tenant->second.weight <
            chosen->second.in_flight / chosen->second.weight) {
      chosen = tenant;
    }
  }
  return chosen;
}

std::optional<WaitingCall> WaitingLine::Overflow(size_t capacity) {
  if (size_ <= capacity) return std::nullopt;
  newest_first_ = true;
  int level = 0;
  while (by_class_[level] == 0) ++level;
  auto fullest = tenants_.end();
  double most = 0;
  for (auto tenant = tenants_.begin(); tenant != tenants_.end(); ++tenant) {
    if (tenant->second.waiting[level].empty()) continue;
    const double share = static_cast<double>(tenant->second.waiting_count) /
                         tenant->second.weight;
    if (share > most) {
      most = share;
      fullest = tenant;
    }
  }
  return Take(fullest, level, /*newest=*/false);
}

std::optional<WaitingCall> WaitingLine::Expired(absl::Duration now) {
  for (auto tenant = tenants_.begin(); tenant != tenants_.end(); ++tenant) {
    for (int level = 0; level < kCriticalityCount; ++level) {
      auto& waiting = tenant->second.waiting[level];
      for (auto call = waiting.begin(); call != waiting.end(); ++call) {
        if (call->until > now) continue;
        std::rotate(waiting.begin(), call, call + 1);
        return Take(tenant, level, /*newest=*/false);
      }
    }
  }
  return std::nullopt;
}

absl::Duration WaitingLine::NextExpiry() const {
  absl::Duration next = absl::InfiniteDuration();
  for (const auto& [name, tenant] : tenants_) {
    for (const auto& waiting : tenant.waiting) {
      for (const WaitingCall& call : waiting) next = std::min(next, call.until);
    }
  }
  return next;
}

WaitingCall WaitingLine::Take(Tenants::iterator tenant, int level,
                              bool newest) {
  auto& waiting = tenant->second.waiting[level];
  WaitingCall taken = std::move(newest ? waiting.back() : waiting.front());
  if (newest) {
    waiting.pop_back();
  } else {
    waiting.pop_front();
  }
  --tenant->second.waiting_count;
  --by_class_[level];
  if (--size_ == 0) newest_first_ = false;
  DropIfIdle(tenant);
  return taken;
}

void WaitingLine::DropIfIdle(Tenants::iterator tenant) {
  if (tenant->second.in_flight == 0 && tenant->second.waiting_count == 0) {
    tenants_.erase(tenant);
  }
}

}  // namespace crm
