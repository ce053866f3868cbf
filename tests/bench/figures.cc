#include "tests/bench/figures.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace crm::bench {
namespace {

// "min a  median b  max c" of values in rising order.
std::string SpreadOf(const std::vector<double>& sorted) {
  return absl::StrFormat("min %10.2f  median %10.2f  max %10.2f",
                         sorted.front(), sorted[sorted.size() / 2],
                         sorted.back());
}

std::string Wanted(const Target& target) {
  return absl::StrFormat("floor %g, moonshot %g", target.floor,
                         target.moonshot);
}

}  // namespace

std::string Verdict(double value, const Target& target) {
  const double sign = target.moonshot < target.floor ? -1 : 1;
  if (value * sign >= target.moonshot * sign) return "reaches the moonshot";
  if (value * sign >= target.floor * sign) return "reaches the floor";
  return "MISSES THE FLOOR";
}

void Figures::Add(absl::string_view name, absl::string_view unit,
                  double value) {
  for (Figure& figure : figures_) {
    if (figure.name == name) {
      figure.values.push_back(value);
      return;
    }
  }
  figures_.push_back({std::string(name), std::string(unit), {value}});
}

void Figures::Print() const {
  for (const Figure& figure : figures_) {
    std::vector<double> sorted = figure.values;
    std::sort(sorted.begin(), sorted.end());
    std::printf("%-38s %s  %s\n", figure.name.c_str(), SpreadOf(sorted).c_str(),
                figure.unit.c_str());
  }
}

void Figures::PrintRatio(absl::string_view name, absl::string_view anchor,
                         const Target& target) const {
  const Figure& above = Find(name);
  const Figure& below = Find(anchor);
  std::vector<double> ratios;
  for (size_t i = 0; i < above.values.size(); ++i) {
    ratios.push_back(above.values[i] / below.values.at(i));
  }
  std::sort(ratios.begin(), ratios.end());
  std::printf("RATIO %s / %s\n      %s  (%s)  %s\n", above.name.c_str(),
              below.name.c_str(), SpreadOf(ratios).c_str(),
              Wanted(target).c_str(),
              Verdict(ratios[ratios.size() / 2], target).c_str());
}

const Figures::Figure& Figures::Find(absl::string_view name) const {
  for (const Figure& figure : figures_) {
    if (figure.name == name) return figure;
  }
  Require(absl::NotFoundError(absl::StrCat("no figure is called ", name)));
  std::abort();
}

void PrintValue(absl::string_view name, double value, absl::string_view unit,
                const Target& target) {
  std::printf("%-38s %10.2f %s  (%s)  %s\n", std::string(name).c_str(), value,
              std::string(unit).c_str(), Wanted(target).c_str(),
              Verdict(value, target).c_str());
}

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

int NumberOf(int argc, char** argv, int place, int otherwise) {
  int number = 0;
  if (place >= argc || !absl::SimpleAtoi(argv[place], &number)) {
    return otherwise;
  }
  return std::max(1, number);
}

}  // namespace crm::bench
