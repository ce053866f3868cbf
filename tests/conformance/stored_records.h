// What a tenant has in a service's store: rows, events, audit entries,
// remembered answers; all read from one snapshot.

#ifndef CRM_TESTS_CONFORMANCE_STORED_RECORDS_H_
#define CRM_TESTS_CONFORMANCE_STORED_RECORDS_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "crm/internal/v1/event.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm::testing {

// The records of one tenant.
struct StoredRecords {
  // Versions of the resources by name; audit entries are not among them.
  std::map<std::string, int64_t> rows;
  std::vector<internal::v1::Event> events;
  // Those of changes: what was read or denied is written down later.
  std::vector<platform::v1::AuditEntry> audit_entries;
  int64_t remembered_answers = 0;

  // Whether nothing lies between the two snapshots.
  friend bool operator==(const StoredRecords& a, const StoredRecords& b);
  friend std::ostream& operator<<(std::ostream& out, const StoredRecords& it);
};

// Reads the records of `tenant`; ends the test program if it cannot.
StoredRecords ReadRecords(Database& database, const ResourceCatalog& catalog,
                          const std::string& tenant);

// Returns the events of `after` that are not in `before`.
std::vector<internal::v1::Event> NewEvents(const StoredRecords& before,
                                           const StoredRecords& after);

// Returns what is wrong with the records between `before` and `after`: every
// row that differs has one event and one audit entry, which agree with each
// other and with the row, and there are no others. Empty if all is well.
std::string CheckCommitRecords(const StoredRecords& before,
                               const StoredRecords& after);

}  // namespace crm::testing

#endif  // CRM_TESTS_CONFORMANCE_STORED_RECORDS_H_
