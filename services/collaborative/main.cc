// The collaborative service's program.

#include "services/collaborative/app.h"
#include "services/host/run_service.h"

int main(int argc, char** argv) {
  return crm::RunService("collaborative", argc, argv,
                         crm::collaborative::MakeCollaborative);
}
