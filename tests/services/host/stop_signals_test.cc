#include "services/host/stop_signals.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace crm {
namespace {

// Signals go to the test's thread alone: others of the program do not wait.
TEST(StopSignals, F58_WaitsForASignalToStop) {
  StopSignals signals;
  int users = 0;
  pthread_kill(pthread_self(), SIGUSR1);

  const int signal = signals.Wait([&] {
    ++users;
    pthread_kill(pthread_self(), SIGTERM);
  });

  EXPECT_EQ(signal, SIGTERM);
  EXPECT_EQ(users, 1);
}

TEST(StopSignals, F58_ASecondSignalEndsADelay) {
  StopSignals signals;
  pthread_kill(pthread_self(), SIGINT);

  signals.WaitFor(absl::Hours(1));
}

TEST(StopSignals, F58_HurriesWorkOnce) {
  StopSignals signals;
  const pthread_t self = pthread_self();
  std::atomic<int> hurried{0};

  signals.While(
      [&] {
        pthread_kill(self, SIGTERM);
        while (hurried == 0) std::this_thread::yield();
        pthread_kill(self, SIGTERM);
      },
      [&] { ++hurried; });
  // Takes the second one, if the work was over before it was seen.
  signals.WaitFor(absl::ZeroDuration());

  EXPECT_EQ(hurried, 1);
}

// Without being ignored it would end the test.
TEST(StopSignals, F58_AHangUpIsIgnored) {
  StopSignals signals;

  EXPECT_EQ(raise(SIGHUP), 0);
}

TEST(StopSignals, LetsWorkEndOnItsOwn) {
  StopSignals signals;
  bool worked = false;

  signals.While([&] { worked = true; }, [] { FAIL(); });

  EXPECT_TRUE(worked);
}

}  // namespace
}  // namespace crm
