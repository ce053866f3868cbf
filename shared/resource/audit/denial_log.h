// Collects the calls that were refused for want of permission, for the audit
// trail, without holding up the refusals.

#ifndef CRM_SHARED_RESOURCE_AUDIT_DENIAL_LOG_H_
#define CRM_SHARED_RESOURCE_AUDIT_DENIAL_LOG_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"
#include "shared/call/call.h"
#include "shared/resource/audit/audit_source.h"

namespace crm {

// Denials of one principal in a minute that get an entry each; the others of
// that minute share one, with their count.
inline constexpr int kDenialsAMinute = 10;

// What a caller can make us keep is bounded: entries that wait to be written,
// and principals that are counted. What is beyond is counted, and lost.
inline constexpr size_t kMaxWaitingDenials = 10'000;
inline constexpr size_t kMaxDeniedPrincipals = 10'000;

// Sees every call that has a principal, whatever refuses it. Thread-safe.
class DenialLog final : public CallFilter, public AuditSource {
 public:
  // `ids` and `clock` outlive this.
  DenialLog(std::string service, IdMaker& ids, const Clock& clock)
      : service_(std::move(service)), ids_(ids), clock_(clock) {}

  // Lets every call go on.
  absl::Status Begin(Call& call) override;

  // Collects the call if it ends with PERMISSION_DENIED.
  void End(const Call& call, const absl::Status& status) override;

  // The shared entry of a minute comes once the minute is over, or with `all`.
  std::vector<TenantEntry> Take(bool all) override;
  void PutBack(std::vector<TenantEntry> entries) override;
  int64_t lost() const override;

 private:
  struct Minute {
    absl::Time start;
    int count = 0;
    // Stands for those beyond the limit.
    TenantEntry shared = {};
  };

  TenantEntry EntryOf(const Call& call, const absl::Status& status) const;

  const std::string service_;
  IdMaker& ids_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<TenantEntry> waiting_;
  // By tenant and subject.
  std::map<std::pair<std::string, std::string>, Minute> minutes_;
  int64_t lost_ = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_DENIAL_LOG_H_
