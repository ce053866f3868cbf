#include "shared/observe/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace crm {
namespace {

[[noreturn]] void Die(absl::string_view problem, absl::string_view name) {
  std::fprintf(stderr, "%s: %s\n", std::string(problem).c_str(),
               std::string(name).c_str());
  std::abort();
}

bool IsName(absl::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

// Returns the shortest text that reads back as `value`.
std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, result.ptr);
}

// {{"code", "OK"}} -> code="OK".
std::string LabelText(const MetricLabels& labels) {
  return absl::StrJoin(labels, ",", [](std::string* out, const auto& label) {
    if (!IsName(label.first)) Die("Malformed label", label.first);
    absl::StrAppend(
        out, label.first, "=\"",
        absl::StrReplaceAll(label.second,
                            {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}),
        "\"");
  });
}

// name{labels} value
void AppendLine(std::string& out, absl::string_view name,
                absl::string_view labels, absl::string_view value) {
  absl::StrAppend(&out, name);
  if (!labels.empty()) absl::StrAppend(&out, "{", labels, "}");
  absl::StrAppend(&out, " ", value, "\n");
}

void Append(std::string& out, absl::string_view name, absl::string_view labels,
            const Counter& counter) {
  AppendLine(out, name, labels, absl::StrCat(counter.value()));
}

void Append(std::string& out, absl::string_view name, absl::string_view labels,
            const Gauge& gauge) {
  AppendLine(out, name, labels, NumberText(gauge.value()));
}

void Append(std::string& out, absl::string_view name, absl::string_view labels,
            const Histogram& histogram) {
  const std::vector<uint64_t> counts = histogram.Counts();
  const absl::string_view comma = labels.empty() ? "" : ",";
  uint64_t total = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    const std::string bound = i < histogram.bounds().size()
                                  ? NumberText(histogram.bounds()[i])
                                  : "+Inf";
    AppendLine(out, absl::StrCat(name, "_bucket"),
               absl::StrCat(labels, comma, "le=\"", bound, "\""),
               absl::StrCat(total));
  }
  AppendLine(out, absl::StrCat(name, "_sum"), labels,
             NumberText(histogram.sum()));
  AppendLine(out, absl::StrCat(name, "_count"), labels, absl::StrCat(total));
}

absl::string_view KindOf(const Counter&) { return "counter"; }
absl::string_view KindOf(const Gauge&) { return "gauge"; }
absl::string_view KindOf(const Histogram&) { return "histogram"; }

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
  if (std::adjacent_find(bounds_.begin(), bounds_.end(),
                         std::greater_equal<>()) != bounds_.end()) {
    Die("Bounds of a histogram must grow", absl::StrJoin(bounds_, ", "));
  }
}

void Histogram::Observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  counts_[static_cast<size_t>(bucket - bounds_.begin())].fetch_add(
      1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::Counts() const {
  std::vector<uint64_t> counts;
  counts.reserve(counts_.size());
  for (const auto& count : counts_) {
    counts.push_back(count.load(std::memory_order_relaxed));
  }
  return counts;
}

std::vector<double> LatencyBounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

template <typename Metric, typename Make>
Metric& MetricRegistry::Add(absl::string_view name, absl::string_view help,
                            const MetricLabels& labels, Make make) {
  if (!IsName(name)) Die("Malformed metric name", name);
  std::lock_guard lock(mutex_);
  auto [family, is_new] = families_.try_emplace(std::string(name));
  auto& series = family->second.series;
  if (is_new) {
    family->second.help =
        absl::StrReplaceAll(help, {{"\\", "\\\\"}, {"\n", "\\n"}});
  } else if (!std::holds_alternative<std::unique_ptr<Metric>>(
                 series.begin()->second)) {
    Die("Metric is of another kind", name);
  }
  const std::string label_text = LabelText(labels);
  auto found = series.find(label_text);
  if (found == series.end()) {
    found = series.emplace(label_text, make()).first;
  }
  return *std::get<std::unique_ptr<Metric>>(found->second);
}

Counter& MetricRegistry::AddCounter(absl::string_view name,
                                    absl::string_view help,
                                    const MetricLabels& labels) {
  return Add<Counter>(name, help, labels,
                      [] { return std::make_unique<Counter>(); });
}

Gauge& MetricRegistry::AddGauge(absl::string_view name, absl::string_view help,
                                const MetricLabels& labels) {
  return Add<Gauge>(name, help, labels,
                    [] { return std::make_unique<Gauge>(); });
}

Histogram& MetricRegistry::AddHistogram(absl::string_view name,
                                        absl::string_view help,
                                        std::vector<double> bounds,
                                        const MetricLabels& labels) {
  return Add<Histogram>(name, help, labels, [&bounds] {
    return std::make_unique<Histogram>(std::move(bounds));
  });
}

std::string MetricRegistry::Expose() const {
  std::string out;
  std::lock_guard lock(mutex_);
  for (const auto& [name, family] : families_) {
    absl::StrAppend(&out, "# HELP ", name, " ", family.help, "\n");
    std::visit(
        [&out, &name = name](const auto& metric) {
          absl::StrAppend(&out, "# TYPE ", name, " ", KindOf(*metric), "\n");
        },
        family.series.begin()->second);
    for (const auto& [labels, series] : family.series) {
      std::visit(
          [&out, &name = name, &labels = labels](const auto& metric) {
            Append(out, name, labels, *metric);
          },
          series);
    }
  }
  return out;
}

}  // namespace crm
