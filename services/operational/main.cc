// The operational service's program.

#include "services/host/run_service.h"
#include "services/operational/app.h"

int main(int argc, char** argv) {
  return crm::RunService("operational", argc, argv,
                         crm::operational::MakeOperational);
}
