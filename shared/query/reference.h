// How filters follow a reference: from a field that names another resource of
// the same service to the fields of that resource (`customer.segment`).

#ifndef CRM_SHARED_QUERY_REFERENCE_H_
#define CRM_SHARED_QUERY_REFERENCE_H_

#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/query/column_map.h"

namespace crm {

// A resource type that references lead to. Outlives the filters that use it.
struct ReferenceTarget {
  // The type, as `crm/Customer`.
  std::string type;
  const google::protobuf::Descriptor* message = nullptr;
  // The columns of its table, which has `tenant` and `name` beside them.
  const ColumnMap* columns = nullptr;
  // Whether deleted rows stay in the table, with `delete_time` set.
  bool soft_delete = false;
};

// Returns the target of references to a type; null if the resources of the type
// cannot be reached, as they are another service's.
using FindTarget =
    std::function<const ReferenceTarget*(absl::string_view type)>;

// Returns the live resource called `name` of the target, null if there is none.
// The result lives until the next call.
using FindReferenced = absl::FunctionRef<const google::protobuf::Message*(
    const ReferenceTarget& target, const std::string& name)>;

}  // namespace crm

#endif  // CRM_SHARED_QUERY_REFERENCE_H_
