// Workers on operations that are killed at a chosen moment.

#ifndef CRM_TESTS_SHARED_RESOURCE_DOOMED_WORKER_H_
#define CRM_TESTS_SHARED_RESOURCE_DOOMED_WORKER_H_

#include <string>
#include <vector>

#include "shared/base/clock.h"
#include "shared/resource/operation_runner.h"
#include "tests/support/matchers.h"

namespace crm::testing {

// Options of a worker that stays with an operation until it is done or waits.
OperationRunner::Options Patient();

// When a worker is killed.
struct Doom {
  // The step, from 0.
  int step = 0;
  // As soon as some of the step is stored; else after all that its reading half
  // does, and before the checkpoint is stored.
  bool inside = false;
};

// Has one process after another work on the operations in the store at `path`
// until it is killed; `clock` goes on so that the next one may take them.
void KillWorkers(const std::string& path, FakeClock& clock,
                 const std::vector<Doom>& dooms);

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_RESOURCE_DOOMED_WORKER_H_
