#include "services/analytical/projections/warehouse.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/analytical/projections/order_facts.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::analytical {
namespace {

// How long looking once may take, also for those who do not wait.
constexpr absl::Duration kLook = absl::Seconds(1);

absl::Status NotYetApplied(const KeyRequirement& requirement) {
  return Unavailable(
      "NOT_YET_APPLIED",
      absl::StrCat("Version ", requirement.key_version, " of '",
                   requirement.ordering_key,
                   "' has not reached the warehouse yet. Try again."),
      {{"ordering_key", requirement.ordering_key},
       {"key_version", absl::StrCat(requirement.key_version)}});
}

}  // namespace

void Warehouse::TellOfChange() {
  {
    const std::lock_guard lock(mutex_);
    ++told_;
  }
  changed_.notify_all();
}

absl::Status Warehouse::WaitForKey(const KeyRequirement& requirement,
                                   absl::Time deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const int64_t told = told_;
    lock.unlock();
    int64_t applied = 0;
    CRM_RETURN_IF_ERROR(Read(
        std::max(deadline, clock_.Now() + kLook),
        [&](SqlReader& reader) -> absl::Status {
          CRM_ASSIGN_OR_RETURN(
              applied,
              ReadAppliedVersion(reader, requirement.producer,
                                 requirement.tenant, requirement.ordering_key));
          return absl::OkStatus();
        }));
    if (applied >= requirement.key_version) return absl::OkStatus();
    const absl::Duration left = deadline - clock_.Now();
    if (left <= absl::ZeroDuration()) return NotYetApplied(requirement);
    lock.lock();
    changed_.wait_for(
        lock, absl::ToChronoMicroseconds(std::min(left, poll_interval_)),
        [&] { return told_ != told; });
  }
}

}  // namespace crm::analytical
