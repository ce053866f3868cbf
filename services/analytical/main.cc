// The analytical service's program.

#include "services/analytical/app.h"
#include "services/host/run_service.h"

int main(int argc, char** argv) {
  return crm::RunService("analytical", argc, argv,
                         crm::analytical::MakeAnalytical);
}
