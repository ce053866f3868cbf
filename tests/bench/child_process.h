// A program that a benchmark starts and whose costs it reads: processor time
// and memory, of that process alone.

#ifndef CRM_TESTS_BENCH_CHILD_PROCESS_H_
#define CRM_TESTS_BENCH_CHILD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm::bench {

// Ends with this object, and with the program that made it. Any failure ends
// the program with a message. Thread-compatible.
class ChildProcess {
 public:
  enum class Kind {
    // A benchmark itself, that calls AwaitEndOfInput().
    kBenchmark,
    // A service: it tells that it serves on its standard error, which counts
    // as output, and stops when it gets SIGTERM.
    kService,
  };

  // Starts `words` with `settings` ("NAME=value") added to the environment.
  ChildProcess(const std::vector<std::string>& words,
               const std::vector<std::string>& settings, Kind kind);

  // Asks it to stop, and waits until it has cleaned up.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Ends it at once, as a crash would.
  void Kill();

  // Returns the next line of its output that contains `text`.
  std::string LineWith(absl::string_view text);

  // The processor time that it has taken so far.
  double CpuSeconds() const;

  // Its resident memory, but for mappings of files whose path contains
  // `without`; an empty text leaves out none.
  double ResidentKilobytes(absl::string_view without = {}) const;

 private:
  const Kind kind_;
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string unread_;
};

// The path of this program.
std::string OwnProgram();

// Waits until the standard input ends: a program that was started by a
// ChildProcess is then no longer wanted.
void AwaitEndOfInput();

}  // namespace crm::bench

#endif  // CRM_TESTS_BENCH_CHILD_PROCESS_H_
