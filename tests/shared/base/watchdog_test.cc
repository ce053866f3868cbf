#include "shared/base/watchdog.h"

#include <gtest/gtest.h>

#include <future>

namespace crm {
namespace {

TEST(Watchdog, ExitsWhenItsPatienceIsOver) {
  std::promise<int> exited;

  const Watchdog watchdog(absl::Milliseconds(1),
                          [&](int code) { exited.set_value(code); });

  EXPECT_EQ(exited.get_future().get(), kHungExitCode);
}

TEST(Watchdog, IsQuietWhenWhatItWatchesEnds) {
  const Watchdog watchdog(absl::Hours(1), [](int) { FAIL(); });
}

}  // namespace
}  // namespace crm
