// The state of a service's store, relay, consumers and log as Prometheus text.

#ifndef CRM_SERVICES_HOST_PROCESS_METRICS_H_
#define CRM_SERVICES_HOST_PROCESS_METRICS_H_

#include <string>
#include <vector>

#include "shared/events/consumer.h"
#include "shared/events/relay.h"
#include "shared/observe/log.h"
#include "shared/storage/database.h"

namespace crm {

// Returns the metrics crm_storage_*, crm_events_* and crm_log_*, read now.
std::string ExposeProcess(const std::string& service, const Database& database,
                          const Relay& relay,
                          const std::vector<const Consumer*>& consumers,
                          const Logger& logger);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_PROCESS_METRICS_H_
