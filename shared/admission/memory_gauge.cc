#include "shared/admission/memory_gauge.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace crm {
namespace {

// Version 1 writes a huge number where nothing is limited.
constexpr int64_t kUnlimited = int64_t{1} << 50;

std::optional<int64_t> ReadNumber(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  int64_t number = 0;
  if (!(file >> word) || !absl::SimpleAtoi(word, &number) ||
      number >= kUnlimited) {
    return std::nullopt;
  }
  return number;
}

// Returns the least number in `name` of the folders from `top` down to
// `top/group`.
std::optional<int64_t> LeastLimit(const std::string& top, std::string group,
                                  absl::string_view name) {
  std::optional<int64_t> least;
  while (true) {
    const auto limit = ReadNumber(absl::StrCat(top, group, "/", name));
    if (limit.has_value()) least = std::min(least.value_or(*limit), *limit);
    if (group.empty()) return least;
    group.resize(group.rfind('/'));
  }
}

std::optional<int64_t> FindLimit(const std::string& root) {
  std::ifstream groups(absl::StrCat(root, "/proc/self/cgroup"));
  std::optional<int64_t> least;
  for (std::string line; std::getline(groups, line);) {
    // hierarchy:controllers:group
    const std::vector<std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3 || !absl::StartsWith(parts[2], "/")) continue;
    const std::string group = parts[2] == "/" ? "" : parts[2];
    const std::vector<absl::string_view> controllers =
        absl::StrSplit(parts[1], ',');
    std::optional<int64_t> limit;
    if (parts[1].empty()) {
      limit =
          LeastLimit(absl::StrCat(root, "/sys/fs/cgroup"), group, "memory.max");
    } else if (std::find(controllers.begin(), controllers.end(), "memory") !=
               controllers.end()) {
      limit = LeastLimit(absl::StrCat(root, "/sys/fs/cgroup/memory"), group,
                         "memory.limit_in_bytes");
    }
    if (limit.has_value()) least = std::min(least.value_or(*limit), *limit);
  }
  return least;
}

}  // namespace

MemoryGauge::MemoryGauge(const std::string& root)
    : statm_(absl::StrCat(root, "/proc/self/statm")), limit_(FindLimit(root)) {}

double MemoryGauge::Used(absl::Duration now) {
  if (!limit_.has_value() || *limit_ <= 0) return 0;
  std::lock_guard lock(mutex_);
  if (now - read_ < kInterval) return used_;
  read_ = now;
  std::ifstream file(statm_);
  int64_t pages = 0;
  int64_t resident = 0;
  int64_t of_files = 0;
  if (file >> pages >> resident >> of_files) {
    const int64_t page_bytes = sysconf(_SC_PAGESIZE);
    const int64_t beyond =
        std::max<int64_t>(0, of_files * page_bytes - kProgramBytes);
    used_ = static_cast<double>(resident * page_bytes - beyond) /
            static_cast<double>(*limit_);
  }
  return used_;
}

}  // namespace crm
