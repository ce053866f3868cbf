#include "shared/admission/memory_gauge.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace crm {
namespace {

// The files of a machine that say how much memory there is.
class MemoryGaugeTest : public ::testing::Test {
 protected:
  MemoryGaugeTest() {
    std::string name = ::testing::TempDir() + "/memory_XXXXXX";
    root_ = mkdtemp(name.data());
  }
  ~MemoryGaugeTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  void UsePages(int64_t pages, int64_t of_files = 1) {
    Write("/proc/self/statm",
          absl::StrCat("999999 ", pages, " ", of_files, " 1 0 1 0\n"));
  }

  std::string root_;
};

TEST_F(MemoryGaugeTest, ComparesResidentMemoryWithTheLimitOfItsGroup) {
  Write("/proc/self/cgroup", "0::/pods/one\n");
  Write("/sys/fs/cgroup/pods/one/memory.max", "max\n");
  Write("/sys/fs/cgroup/pods/memory.max",
        absl::StrCat(1000 * sysconf(_SC_PAGESIZE), "\n"));
  UsePages(800);

  MemoryGauge gauge(root_);

  EXPECT_EQ(gauge.limit(), 1000 * sysconf(_SC_PAGESIZE));
  EXPECT_EQ(gauge.Used(absl::ZeroDuration()), 0.8);
}

TEST_F(MemoryGaugeTest, ReadsVersionOneToo) {
  Write("/proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/pod\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/memory/pod/memory.limit_in_bytes", "4096000\n");

  EXPECT_EQ(MemoryGauge(root_).limit(), 4096000);
}

TEST_F(MemoryGaugeTest, UsesNothingOfNoLimit) {
  Write("/proc/self/cgroup", "0::/\n");
  UsePages(800);

  MemoryGauge gauge(root_);

  EXPECT_EQ(gauge.limit(), std::nullopt);
  EXPECT_EQ(gauge.Used(absl::ZeroDuration()), 0);
}

TEST_F(MemoryGaugeTest, LeavesOutWhatIsMappedOfStores) {
  const int64_t program = MemoryGauge::kProgramBytes / sysconf(_SC_PAGESIZE);
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/memory.max",
        absl::StrCat(2 * MemoryGauge::kProgramBytes, "\n"));
  // Half a program of its own, a whole one, and four maps of a large store.
  UsePages(program / 2 + program + 400 * program, 401 * program);

  EXPECT_EQ(MemoryGauge(root_).Used(absl::ZeroDuration()), 0.75);
}

TEST_F(MemoryGaugeTest, LooksAgainAfterAWhile) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/sys/fs/cgroup/memory.max",
        absl::StrCat(1000 * sysconf(_SC_PAGESIZE), "\n"));
  UsePages(100);
  MemoryGauge gauge(root_);
  EXPECT_EQ(gauge.Used(absl::ZeroDuration()), 0.1);
  UsePages(900);

  EXPECT_EQ(gauge.Used(MemoryGauge::kInterval - absl::Nanoseconds(1)), 0.1);
  EXPECT_EQ(gauge.Used(MemoryGauge::kInterval), 0.9);
}

TEST(MemoryGauge, ReadsThisMachine) {
  MemoryGauge gauge;

  EXPECT_LT(gauge.Used(absl::Seconds(1)), 1.5);
}

}  // namespace
}  // namespace crm
