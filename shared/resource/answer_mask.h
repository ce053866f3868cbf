// Takes what a caller's roles hide out of the answers he gets: the one place
// through which all unary answers of a service leave.

#ifndef CRM_SHARED_RESOURCE_ANSWER_MASK_H_
#define CRM_SHARED_RESOURCE_ANSWER_MASK_H_

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/resource/custom_schema.h"
#include "shared/resource/kernel.h"

namespace crm {

// Returns `handler` with the hidden fields of all resources in its answers
// cleared, however deep they lie, and the values of custom fields that are
// removed. Answers to callers from whom nothing is hidden are not looked at.
// `kernel` outlives the handler.
UnaryHandler MaskAnswers(const Kernel& kernel, UnaryHandler handler);

// Clears the field at `path`, as `address.street`, where it is.
void ClearPath(google::protobuf::Message& message, absl::string_view path);

// Clears what `call` may not see in `message` and below, and what `custom` does
// not show.
void MaskMessage(const ResourceCatalog& catalog, const CustomSchema& custom,
                 const CallContext& call, google::protobuf::Message& message);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_ANSWER_MASK_H_
