// Converts between gRPC's types and ours: bytes, statuses, metadata, deadlines.
// All functions are pure and thread-safe.

#ifndef CRM_SHARED_RPC_GRPC_CONVERT_H_
#define CRM_SHARED_RPC_GRPC_CONVERT_H_

#include <chrono>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/status.h"
#include "grpcpp/support/string_ref.h"
#include "shared/call/call.h"

namespace crm {

// Copies the bytes out of, and into, a buffer.
std::string ToString(const grpc::ByteBuffer& buffer);
grpc::ByteBuffer ToByteBuffer(absl::string_view bytes);

// Converts a status, details included. So that it fits the metadata that every
// client takes, BadRequest violations beyond 4 KiB are left out, and then all
// details but the ErrorInfo.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

// Returns how long a client is to wait before it repeats a call that ended with
// `status`, in the form of `grpc-retry-pushback-ms`: its RetryInfo in
// milliseconds, -1 (never) if the reason is DEPENDENCY, or "" if the client's
// own policy decides.
std::string RetryPushback(const absl::Status& status);

// Copies metadata in gRPC's form.
Metadata ToMetadata(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

// Returns whether gRPC would send this; it aborts the process over what it
// would not. Names that gRPC keeps for itself are not sendable.
bool IsSendable(absl::string_view name, absl::string_view value);

// Converts a time, infinite ones too.
absl::Time FromGrpcDeadline(std::chrono::system_clock::time_point deadline);
std::chrono::system_clock::time_point ToGrpcDeadline(absl::Time deadline);

}  // namespace crm

#endif  // CRM_SHARED_RPC_GRPC_CONVERT_H_
