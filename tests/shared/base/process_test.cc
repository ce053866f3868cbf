#include "shared/base/process.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

namespace crm {
namespace {

TEST(KeepMemoryPrivate, TurnsDumpsOff) {
  ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);

  KeepMemoryPrivate();

  EXPECT_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

}  // namespace
}  // namespace crm
