// The bytes that the hash of an audit entry is taken over, and the hash.
//
// The form is our own, since protobuf promises no form of its bytes: each value
// that is set, in the order of its field's number, with its length before it.
// So no two different records have the same bytes, and the bytes give the
// record back. A field that is added to entries later changes no older bytes.

#ifndef CRM_SHARED_RESOURCE_AUDIT_AUDIT_RECORD_H_
#define CRM_SHARED_RESOURCE_AUDIT_AUDIT_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/platform/v1/audit_entry.pb.h"

namespace crm {

// An audit entry at its place in the chain of its tenant.
struct AuditRecord {
  std::string tenant;
  // Counts from 1, without holes.
  int64_t n = 0;
  platform::v1::AuditEntry entry;
};

// Where a record is: the part of it that every version can read.
struct AuditPlace {
  std::string tenant;
  int64_t n = 0;

  friend bool operator==(const AuditPlace&, const AuditPlace&) = default;
};

// Returns the bytes of `record`.
std::string CanonicalBytes(const AuditRecord& record);

// Returns the record of these bytes; INVALID_ARGUMENT (BAD_AUDIT_RECORD) unless
// they are exactly what CanonicalBytes() returns for it.
absl::StatusOr<AuditRecord> ParseCanonicalBytes(absl::string_view bytes);

// Returns where the record of these bytes is, without reading the rest; errors
// as above.
absl::StatusOr<AuditPlace> PlaceOf(absl::string_view bytes);

// What stands for the hash before the first record: 32 zero bytes.
std::string FirstAuditHash();

// Returns SHA-256 of the hash before and the record's bytes: 32 bytes.
std::string AuditHash(absl::string_view previous, absl::string_view bytes);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_AUDIT_AUDIT_RECORD_H_
