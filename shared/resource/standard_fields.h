// The fields that the kernel keeps in every resource: uid, etag, times, creator
// and updater. A type that lacks one of them goes without it.

#ifndef CRM_SHARED_RESOURCE_STANDARD_FIELDS_H_
#define CRM_SHARED_RESOURCE_STANDARD_FIELDS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace crm {

// Sets Timestamp field `name`, or clears it without a time.
void SetTime(google::protobuf::Message& message, absl::string_view name,
             std::optional<absl::Time> time);

// Returns whether `message` is soft-deleted.
bool IsDeleted(const google::protobuf::Message& message);

// Clears the output-only fields of `message` and below it, but not the name:
// what callers send in them is ignored (AIP-203).
void ClearOutputOnly(google::protobuf::Message& message);

// Copies the kernel's fields of creation from `before` to `after`, so that no
// handler can change them.
void KeepCreation(const google::protobuf::Message& before,
                  google::protobuf::Message& after);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_STANDARD_FIELDS_H_
