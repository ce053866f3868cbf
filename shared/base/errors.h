// Builds errors by AIP-193: a status code, a stable reason, and the typed
// google.rpc details that clients read instead of parsing text.
//
// A detail travels as a payload of absl::Status (type URL to serialised
// message), so any layer may add one and the edge sends them all. An error with
// a wording of its own is a named function beside the rule that raises it; this
// file only builds kinds. All functions are pure and thread-safe.

#ifndef CRM_SHARED_BASE_ERRORS_H_
#define CRM_SHARED_BASE_ERRORS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"

namespace crm {

// The `domain` of every ErrorInfo of this suite.
inline constexpr char kErrorDomain[] = "crm";

// The longest message that leaves the suite, in bytes; longer ones are cut at a
// character boundary.
inline constexpr size_t kMaxErrorMessageBytes = 1024;

// Key and value pairs of ErrorInfo.metadata: what the message names.
using ErrorMetadata = std::vector<std::pair<std::string, std::string>>;

// One thing that is wrong with a request.
struct FieldViolation {
  // The path of the field in the request, as in `lead.display_name` or
  // `requests[3].lead.state`.
  std::string field;
  // What is wrong and what to do, as a sentence without values of the field.
  std::string description;

  friend bool operator==(const FieldViolation&,
                         const FieldViolation&) = default;
};

// Builds a status of `code` with ErrorInfo{reason, "crm", metadata}. `reason` is
// UPPER_SNAKE, stable, at most 63 characters.
absl::Status MakeError(absl::StatusCode code, absl::string_view reason,
                       absl::string_view message, ErrorMetadata metadata = {});

// MakeError with the code in the name.
absl::Status InvalidArgument(absl::string_view reason,
                             absl::string_view message,
                             ErrorMetadata metadata = {});
absl::Status NotFound(absl::string_view reason, absl::string_view message,
                      ErrorMetadata metadata = {});
absl::Status AlreadyExists(absl::string_view reason, absl::string_view message,
                           ErrorMetadata metadata = {});
absl::Status PermissionDenied(absl::string_view reason,
                              absl::string_view message,
                              ErrorMetadata metadata = {});
absl::Status Unauthenticated(absl::string_view reason,
                             absl::string_view message,
                             ErrorMetadata metadata = {});
absl::Status Aborted(absl::string_view reason, absl::string_view message,
                     ErrorMetadata metadata = {});
absl::Status Unavailable(absl::string_view reason, absl::string_view message,
                         ErrorMetadata metadata = {});
absl::Status ResourceExhausted(absl::string_view reason,
                               absl::string_view message,
                               ErrorMetadata metadata = {});
absl::Status OutOfRange(absl::string_view reason, absl::string_view message,
                        ErrorMetadata metadata = {});
absl::Status Internal(absl::string_view reason, absl::string_view message);

// Builds FAILED_PRECONDITION with ErrorInfo and a PreconditionFailure whose one
// violation has `reason` as its type and `subject` (a resource name) as subject.
absl::Status FailedPrecondition(absl::string_view reason,
                                absl::string_view message,
                                absl::string_view subject = "",
                                ErrorMetadata metadata = {});

// Builds INVALID_ARGUMENT with reason BAD_REQUEST and a BadRequest that lists
// all `violations`. The message names the first one and counts the others.
// Requires at least one violation.
absl::Status BadRequest(const std::vector<FieldViolation>& violations);

// BadRequest of one violation.
absl::Status BadField(absl::string_view field, absl::string_view description);

// Returns `status` with a ResourceInfo: which resource is meant, as when a
// unique value is held by `resource_name`.
absl::Status WithResource(absl::Status status, absl::string_view resource_type,
                          absl::string_view resource_name);

// Returns `status` with a RetryInfo: try again after `delay`.
absl::Status WithRetryAfter(absl::Status status, absl::Duration delay);

// Returns the ErrorInfo.reason of `status`, or "" without one.
std::string ErrorReason(const absl::Status& status);

// Returns the BadRequest violations of `status`, or none without any.
std::vector<FieldViolation> FieldViolations(const absl::Status& status);

// Converts between absl::Status and google.rpc.Status, details included. Codes
// are equal by number in both. A message too long for the wire is cut.
google::rpc::Status ToRpcStatus(const absl::Status& status);
absl::Status FromRpcStatus(const google::rpc::Status& status);

}  // namespace crm

#endif  // CRM_SHARED_BASE_ERRORS_H_
