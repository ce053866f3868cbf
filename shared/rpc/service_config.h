// The service config that clients of the suite use: load balancing, health
// checks, and a retry policy for each method by what the method does.

#ifndef CRM_SHARED_RPC_SERVICE_CONFIG_H_
#define CRM_SHARED_RPC_SERVICE_CONFIG_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace crm {

// How a client treats the service it calls.
struct ServiceConfigOptions {
  // How often a call is sent at most; 1 turns retries off.
  int max_attempts = 3;
  // Balances only over replicas whose health "" is SERVING.
  bool health_check = true;
};

// Returns the gRPC service config, in JSON, for the methods of `services`. Only
// UNAVAILABLE is retried: reads after 50 to 500 ms, what takes a `request_id`
// after 0.1 to 1 s, batches once, after 0.5 to 5 s. Streams, and what changes
// something without a `request_id`, are not.
std::string ServiceConfigJson(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services,
    const ServiceConfigOptions& options);

}  // namespace crm

#endif  // CRM_SHARED_RPC_SERVICE_CONFIG_H_
