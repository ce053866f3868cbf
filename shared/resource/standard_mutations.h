// The standard methods that change one resource: Create (AIP-133), Update
// (134), Delete (135, 164) and Undelete (164), for any resource type.

#ifndef CRM_SHARED_RESOURCE_STANDARD_MUTATIONS_H_
#define CRM_SHARED_RESOURCE_STANDARD_MUTATIONS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/call/method_table.h"
#include "shared/resource/transaction.h"

namespace crm {

// Returns the resource that the Create request `request` asks for, with its
// name and without output-only fields, for a handler that fills those in and
// then stores it by Transaction::Create. Returns INVALID_ARGUMENT for a bad id
// or parent.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> NewResource(
    Transaction& transaction, const Resource& resource,
    const google::protobuf::Message& request);

// Applies one standard mutating method. `verb` is one of kCreate, kUpdate,
// kDelete and kUndelete, and `request` is that method's request message.
// Returns the response: the resource, or Empty where the method answers with
// it.
//
// Returns INVALID_ARGUMENT with all violations, NOT_FOUND, ALREADY_EXISTS (also
// Undelete of a live resource), ABORTED (ETAG_MISMATCH), and what the
// resource's rules return.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ApplyStandard(
    Transaction& transaction, Verb verb, const Resource& resource,
    const google::protobuf::Message& request,
    const google::protobuf::Descriptor* response);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_STANDARD_MUTATIONS_H_
