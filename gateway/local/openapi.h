// The OpenAPI 3.1 document of the REST API, made from descriptors.

#ifndef CRM_GATEWAY_LOCAL_OPENAPI_H_
#define CRM_GATEWAY_LOCAL_OPENAPI_H_

#include <string>

#include "gateway/api/api_descriptors.h"

namespace crm::gateway {

// Returns the document as JSON: every http binding of every public method, with
// parameters, bodies, answers and the comments of the protos.
//
// A `*` of a path template becomes a parameter named after the collection
// before it: `/v1/{name=customers/*}` -> `/v1/customers/{customersId}`.
std::string OpenApiDocument(const ApiDescriptors& api);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_OPENAPI_H_
