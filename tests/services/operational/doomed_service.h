// Processes of the service that are killed at a chosen moment.

#ifndef CRM_TESTS_SERVICES_OPERATIONAL_DOOMED_SERVICE_H_
#define CRM_TESTS_SERVICES_OPERATIONAL_DOOMED_SERVICE_H_

#include <functional>

namespace crm::testing {

// Ends this process as SIGKILL does: nothing is flushed, closed or given up.
[[noreturn]] void Die();

// Has `work` done by a process of its own, which has to end by Die(). Nobody
// may have a store open or a thread running then.
void ExpectKilled(const std::function<void()>& work);

}  // namespace crm::testing

#endif  // CRM_TESTS_SERVICES_OPERATIONAL_DOOMED_SERVICE_H_
