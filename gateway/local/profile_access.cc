#include "gateway/local/profile_access.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace crm::gateway {
namespace {

// What the slices are made of.
constexpr const char* kReads[] = {
    "customers.getProfile",
    "customers.get",
    "identifiers.get",
    "leads.get",
    "orders.get",
    "opportunities.get",
    "conversations.get",
    "messages.get",
    "lifecycleJourneys.get",
};

std::string KeyOf(const Principal& principal) {
  return absl::StrCat(principal.tenant, "\n", principal.subject, "\n",
                      absl::ToUnixSeconds(principal.issue_time));
}

}  // namespace

bool ProfileAccess::SeesAll(const Principal& principal) const {
  return principal.customer.empty() &&
         std::all_of(
             std::begin(kReads), std::end(kReads), [&](const char* permission) {
               return roles_.AllowsEverywhere(principal.roles, permission);
             });
}

bool ProfileAccess::Audited(const Principal& principal) const {
  return all_audited_ || roles_.Allows(principal.roles, "auditEntries.get") ||
         roles_.Allows(principal.roles, "auditEntries.list");
}

bool ProfileAccess::Admitted(const Principal& principal) const {
  if (Audited(principal)) return false;
  const auto found = admitted_until_.find(KeyOf(principal));
  return found != admitted_until_.end() && clock_.Monotonic() < found->second;
}

void ProfileAccess::Admit(const Principal& principal) {
  if (admitted_until_.size() >= kMaxCallers) admitted_until_.clear();
  admitted_until_[KeyOf(principal)] = clock_.Monotonic() + kAdmissionTime;
}

}  // namespace crm::gateway
