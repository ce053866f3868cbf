// What a benchmark has measured: figures taken in rounds, in which the measured
// thing and its anchor alternate, and the ratios between them.

#ifndef CRM_TESTS_BENCH_FIGURES_H_
#define CRM_TESTS_BENCH_FIGURES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace crm::bench {

// What a ratio or a size should reach, and what would be excellent. A moonshot
// below its floor says that less is better.
struct Target {
  double floor = 0;
  double moonshot = 0;
};

// Returns how `value` stands to `target`, in words. Pure.
std::string Verdict(double value, const Target& target);

// Figures by name, a value a round. Thread-compatible.
class Figures {
 public:
  void Add(absl::string_view name, absl::string_view unit, double value);

  // Prints the smallest, median and largest value of each figure.
  void Print() const;

  // Prints the ratio of one figure to another, taken round by round, and how
  // its median stands to `target`. Both have been added in every round.
  void PrintRatio(absl::string_view name, absl::string_view anchor,
                  const Target& target) const;

 private:
  struct Figure {
    std::string name;
    std::string unit;
    std::vector<double> values;
  };
  const Figure& Find(absl::string_view name) const;

  std::vector<Figure> figures_;
};

// Prints a value that was taken once, and how it stands to `target`.
void PrintValue(absl::string_view name, double value, absl::string_view unit,
                const Target& target);

// Ends the program unless `status` is OK: a benchmark of failures says nothing.
void Require(const absl::Status& status);

// Returns the `place`th argument as a number of at least 1, or `otherwise`.
int NumberOf(int argc, char** argv, int place, int otherwise);

}  // namespace crm::bench

#endif  // CRM_TESTS_BENCH_FIGURES_H_
