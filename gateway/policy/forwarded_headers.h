// Which headers of a client reach a backend, and which of a backend's answer
// reach a REST client.

#ifndef CRM_GATEWAY_POLICY_FORWARDED_HEADERS_H_
#define CRM_GATEWAY_POLICY_FORWARDED_HEADERS_H_

#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

// Returns the headers of a gRPC call as a backend gets them: without those that
// only insiders may set (`x-crm-*`, `x-forwarded-*`, `forwarded`, `x-real-ip`),
// those of one hop, and `traceparent` and `grpc-timeout`, which the gateway
// writes anew.
Headers GrpcHeaders(const Headers& headers);

// Returns the headers of a REST call that become metadata of its gRPC call:
// `authorization`, `crm-allow-duplicates`, `crm-criticality`, `crm-token`
// (each, also of several parted by commas), `x-request-id`, `user-agent`.
Headers RestMetadata(const Headers& headers);

// Returns the metadata of an answer that becomes headers of a REST response:
// `crm-*` and `x-request-id`.
Headers RestHeaders(const Headers& metadata);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_POLICY_FORWARDED_HEADERS_H_
