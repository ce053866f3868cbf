// What has been seen of calls and waits to be written into the audit trail.

#ifndef CRM_SHARED_RESOURCE_AUDIT_AUDIT_SOURCE_H_
#define CRM_SHARED_RESOURCE_AUDIT_AUDIT_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "crm/platform/v1/audit_entry.pb.h"

namespace crm {

// An audit entry and its tenant.
struct TenantEntry {
  std::string tenant;
  platform::v1::AuditEntry entry;
};

// Collects entries without holding up calls. What it has collected is lost when
// the process is killed before Take(). Thread-safe.
class AuditSource {
 public:
  virtual ~AuditSource() = default;

  // Returns what is to be written now; with `all`, what would come later too.
  virtual std::vector<TenantEntry> Take(bool all) = 0;

  // Puts back what could not be written.
  virtual void PutBack(std::vector<TenantEntry> entries) = 0;

  // Returns how many calls were not written down because too many waited.
  virtual int64_t lost() const = 0;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_AUDIT_SOURCE_H_
