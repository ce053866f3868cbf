// The main function of every service.

#ifndef CRM_SERVICES_HOST_RUN_SERVICE_H_
#define CRM_SERVICES_HOST_RUN_SERVICE_H_

#include "services/host/service.h"

namespace crm {

// Reads the configuration, runs the service until SIGTERM or SIGINT (a second
// one ends the wait for its calls), and returns the exit code: 0 after a clean
// stop, 2 for a configuration that is wrong, 75 if another process holds the
// store, 1 for everything else that stops a start.
// `--help`, `--check-config` and `--print-config` answer and return.
int RunService(const char* name, int argc, char** argv,
               const MakeService& make);

}  // namespace crm

#endif  // CRM_SERVICES_HOST_RUN_SERVICE_H_
