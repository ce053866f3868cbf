#include "tests/services/operational/doomed_service.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"

namespace crm::testing {

void Die() {
  kill(getpid(), SIGKILL);
  std::abort();
}

void ExpectKilled(const std::function<void()>& work) {
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    work();
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(WTERMSIG(status), SIGKILL);
}

}  // namespace crm::testing
