#include "gateway/local/index_page.h"

namespace crm::gateway {

Page IndexPage() {
  return {.body = R"({
  "name": "Rapport",
  "description": "A CRM back end. One port for gRPC, gRPC-Web, REST and these pages.",
  "links": {
    "openapi": "/openapi.json",
    "descriptors": "/descriptors",
    "health": "/healthz",
    "customers": "/v1/customers",
    "profile": "/v1/customers/{customer}/profile",
    "changes": "/v1/changes:watch"
  },
  "authentication": "Send the header 'authorization: Bearer <token>'.",
  "grpc": "gRPC is served on this port, with reflection."
}
)"};
}

}  // namespace crm::gateway
