// The two macros of this project: propagate an error, or unwrap a value.
//
//   CRM_RETURN_IF_ERROR(Validate(lead));
//   CRM_ASSIGN_OR_RETURN(const Lead lead, transaction.Get<Lead>(name));

#ifndef CRM_SHARED_BASE_STATUS_MACROS_H_
#define CRM_SHARED_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define CRM_RETURN_IF_ERROR(expression)                        \
  do {                                                         \
    if (absl::Status crm_status = (expression); !crm_status.ok()) { \
      return crm_status;                                       \
    }                                                          \
  } while (false)

#define CRM_STATUS_CONCAT_INNER(a, b) a##b
#define CRM_STATUS_CONCAT(a, b) CRM_STATUS_CONCAT_INNER(a, b)

#define CRM_ASSIGN_OR_RETURN(declaration, expression) \
  CRM_ASSIGN_OR_RETURN_INNER(                         \
      CRM_STATUS_CONCAT(crm_status_or_, __LINE__), declaration, expression)

#define CRM_ASSIGN_OR_RETURN_INNER(holder, declaration, expression) \
  auto holder = (expression);                                       \
  if (!holder.ok()) return std::move(holder).status();              \
  declaration = *std::move(holder)

#endif  // CRM_SHARED_BASE_STATUS_MACROS_H_
