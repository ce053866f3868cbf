// Counts what a process does, for Prometheus to read: counters, gauges and
// histograms, each a series of a metric under labels fixed when it is added.
//
// Series are added at start and kept for the life of the process; to count is
// one or two atomic additions. Names are crm_<library>_<thing>_<unit>; label
// values come from fixed sets, never from user input.

#ifndef CRM_SHARED_OBSERVE_METRICS_H_
#define CRM_SHARED_OBSERVE_METRICS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm {

// The content type of MetricRegistry::Expose().
inline constexpr char kMetricsContentType[] =
    "text/plain; version=0.0.4; charset=utf-8";

// A number that only grows. Thread-safe.
class Counter {
 public:
  void Increment(uint64_t by = 1) {
    value_.fetch_add(by, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A number that goes up and down. Thread-safe.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Counts observations by size. Thread-safe.
class Histogram {
 public:
  // `bounds` are the upper bounds of the buckets, growing; above the last one
  // there is one more bucket.
  explicit Histogram(std::vector<double> bounds);

  void Observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  // Returns how many observations fell into each bucket alone.
  std::vector<uint64_t> Counts() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> counts_;
  std::atomic<double> sum_{0};
};

// Returns bounds for the latency of calls, in seconds: 100 us to 10 s.
std::vector<double> LatencyBounds();

// Names and values that tell the series of one metric apart.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Holds the metrics of a process. Thread-safe.
class MetricRegistry {
 public:
  MetricRegistry() = default;
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // Each returns the series of `name` under `labels`, made when it is first
  // asked for; it lives as long as the registry. A malformed name, or a name
  // that already stands for another kind of metric, is a bug and ends the
  // process. `help` and `bounds` of the first call count.
  Counter& AddCounter(absl::string_view name, absl::string_view help,
                      const MetricLabels& labels = {});
  Gauge& AddGauge(absl::string_view name, absl::string_view help,
                  const MetricLabels& labels = {});
  Histogram& AddHistogram(absl::string_view name, absl::string_view help,
                          std::vector<double> bounds,
                          const MetricLabels& labels = {});

  // Returns all series in Prometheus' text format, sorted by name and labels.
  std::string Expose() const;

 private:
  // Held by pointer, so that a series stays where it is.
  using Series = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                              std::unique_ptr<Histogram>>;

  // The series of one name, by their labels as text.
  struct Family {
    std::string help;
    std::map<std::string, Series> series;
  };

  template <typename Metric, typename Make>
  Metric& Add(absl::string_view name, absl::string_view help,
              const MetricLabels& labels, Make make);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace crm

#endif  // CRM_SHARED_OBSERVE_METRICS_H_
