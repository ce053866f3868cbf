// Which fields of a resource name a customer, so that a merge can move them.
//
// Such fields are those annotated as references to `crm/Customer`, at any
// depth; and where the name in them is a customer's, references to any type and
// custom fields that refer. The resource's own name is none. Pure, and so
// thread-safe.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_CUSTOMER_REFERENCES_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_CUSTOMER_REFERENCES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace crm::operational {

// Returns the customer to name in place of `customer` at `path`, as
// `lines[2].payer`; nothing to leave it.
using Retarget = absl::FunctionRef<std::optional<std::string>(
    const std::string& path, const std::string& customer)>;

// Asks `retarget` about each customer that `resource` names, in the order of
// its fields. Returns whether one was changed.
bool RetargetCustomers(google::protobuf::Message& resource, Retarget retarget);

// Returns the paths of the fields of `type` that are annotated as references to
// customers, as `lines.payer`. A type that nests itself is followed once.
std::vector<std::string> CustomerFieldsOf(
    const google::protobuf::Descriptor& type);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_IDENTITY_CUSTOMER_REFERENCES_H_
