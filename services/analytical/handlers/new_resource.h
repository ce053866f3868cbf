// How a Create whose result is computed begins: with the resource that was
// asked for.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_NEW_RESOURCE_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_NEW_RESOURCE_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/base/status_macros.h"
#include "shared/resource/standard_mutations.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Returns the resource in the Create request `request`, named and without
// output-only fields, for the caller to complete and store. Errors as
// NewResource().
template <typename T>
absl::StatusOr<T> MakeRequested(Transaction& transaction,
                                const google::protobuf::Message& request) {
  const Resource& resource =
      *transaction.view().catalog().Find(T::descriptor());
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<google::protobuf::Message> made,
                       NewResource(transaction, resource, request));
  return std::move(static_cast<T&>(*made));
}

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_NEW_RESOURCE_H_
