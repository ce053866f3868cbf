// Whether the caller of a transaction may change the rows that his call is
// about.
//
// What a handler changes beside them, as the accounts that converting a lead
// makes, is the service's doing and not asked about.

#ifndef CRM_SHARED_RESOURCE_WRITE_ACCESS_H_
#define CRM_SHARED_RESOURCE_WRITE_ACCESS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm {

// The access of one call in one transaction. Thread-compatible.
class WriteAccess {
 public:
  // All outlive this.
  WriteAccess(SqlReader& reader, const ResourceCatalog& catalog,
              const CallContext& call)
      : reader_(reader), catalog_(catalog), call_(call) {}

  // Returns whether the call is about resources of this type and of somebody.
  bool Concerns(const Resource& resource) const;

  // Returns whether the caller may read a row, of any type.
  absl::StatusOr<bool> CanRead(const Resource& resource,
                               const google::protobuf::Message& row) const;

  // Says whether the caller may change `row` by the call: NOT_FOUND
  // (RESOURCE_NOT_FOUND) if he may not even read it, PERMISSION_DENIED
  // (ROW_NOT_WRITABLE) if he may only that. What does not concern the call is
  // OK.
  absl::Status CheckTarget(const Resource& resource,
                           const google::protobuf::Message& row) const;

  // Says whether the caller may leave `after` behind, in place of `before` or,
  // where that is null, as a new row: PERMISSION_DENIED if the row would not be
  // one that he may write, INVALID_ARGUMENT with all fields that he may not.
  absl::Status CheckResult(const Resource& resource,
                           const google::protobuf::Message* before,
                           const google::protobuf::Message& after) const;

 private:
  // Whether the call is a standard Create or Update, or a batch of them.
  bool creates() const;
  bool updates() const;
  absl::Status CheckFields(const Resource& resource,
                           const google::protobuf::Message* before,
                           const google::protobuf::Message& after) const;

  SqlReader& reader_;
  const ResourceCatalog& catalog_;
  const CallContext& call_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_WRITE_ACCESS_H_
