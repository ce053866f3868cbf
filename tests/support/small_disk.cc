#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace crm::testing {
namespace {

// Exit codes of the child.
constexpr int kPassedCode = 0;
constexpr int kFailedCode = 1;
constexpr int kImpossibleCode = 2;

std::string FillerPath(const std::string& folder) {
  return absl::StrCat(folder, "/filler");
}

void WriteFile(const char* path, const std::string& text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, text.data(), text.size()) < 0) std::perror(path);
  close(file);
}

bool MountMemory(const std::string& folder, int64_t bytes) {
  const auto user = getuid();
  const auto group = getgid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  WriteFile("/proc/self/setgroups", "deny");
  WriteFile("/proc/self/uid_map", absl::StrCat(0, " ", user, " 1"));
  WriteFile("/proc/self/gid_map", absl::StrCat(0, " ", group, " 1"));
  return mount("tmpfs", folder.c_str(), "tmpfs", 0,
               absl::StrCat("size=", bytes).c_str()) == 0;
}

}  // namespace

void OnSmallDisk(const std::string& folder, int64_t bytes,
                 const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (!MountMemory(folder, bytes)) _exit(kImpossibleCode);
    body();
    std::fflush(nullptr);
    _exit(::testing::Test::HasFailure() ? kFailedCode : kPassedCode);
  }
  int status = 0;
  ASSERT_GT(child, 0) << "no child process";
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kImpossibleCode) {
    GTEST_SKIP() << "no filesystem can be mounted here";
  }
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kPassedCode)
      << "the child process failed, see above";
}

void FillDisk(const std::string& folder, int64_t left_bytes) {
  struct statvfs info = {};
  ASSERT_EQ(statvfs(folder.c_str(), &info), 0);
  const int64_t free_bytes =
      static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
  const int file =
      open(FillerPath(folder).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  EXPECT_EQ(
      posix_fallocate(file, 0, std::max<int64_t>(1, free_bytes - left_bytes)),
      0);
  close(file);
}

void EmptyDisk(const std::string& folder) {
  EXPECT_EQ(unlink(FillerPath(folder).c_str()), 0);
}

}  // namespace crm::testing
