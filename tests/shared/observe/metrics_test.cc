#include "shared/observe/metrics.h"

#include <limits>
#include <thread>

#include "gmock/gmock.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MetricRegistry, ExposesAllKindsInTheTextFormat) {
  MetricRegistry registry;
  registry.AddCounter("crm_rpc_calls_total", "Calls.", {{"code", "OK"}})
      .Increment(3);
  registry.AddCounter("crm_rpc_calls_total", "Calls.", {{"code", "ABORTED"}})
      .Increment();
  registry.AddGauge("crm_events_lag_records", "Records behind.").Set(-1.5);
  Histogram& seconds = registry.AddHistogram("crm_rpc_call_seconds", "Latency.",
                                             {0.25, 1}, {{"kind", "unary"}});
  seconds.Observe(0.25);
  seconds.Observe(0.5);
  seconds.Observe(8);

  EXPECT_EQ(registry.Expose(),
            R"(# HELP crm_events_lag_records Records behind.
# TYPE crm_events_lag_records gauge
crm_events_lag_records -1.5
# HELP crm_rpc_call_seconds Latency.
# TYPE crm_rpc_call_seconds histogram
crm_rpc_call_seconds_bucket{kind="unary",le="0.25"} 1
crm_rpc_call_seconds_bucket{kind="unary",le="1"} 2
crm_rpc_call_seconds_bucket{kind="unary",le="+Inf"} 3
crm_rpc_call_seconds_sum{kind="unary"} 8.75
crm_rpc_call_seconds_count{kind="unary"} 3
# HELP crm_rpc_calls_total Calls.
# TYPE crm_rpc_calls_total counter
crm_rpc_calls_total{code="ABORTED"} 1
crm_rpc_calls_total{code="OK"} 3
)");
}

TEST(MetricRegistry, ReturnsTheSameSeriesForTheSameLabels) {
  MetricRegistry registry;
  Counter& first = registry.AddCounter("c_total", "C.", {{"a", "1"}});
  Counter& other = registry.AddCounter("c_total", "C.", {{"a", "2"}});
  for (int i = 0; i < 1000; ++i) {
    registry.AddCounter("c_total", "C.", {{"a", std::to_string(i)}});
  }

  EXPECT_EQ(&registry.AddCounter("c_total", "C.", {{"a", "1"}}), &first);
  EXPECT_NE(&first, &other);
}

TEST(MetricRegistry, EscapesLabelsAndHelp) {
  MetricRegistry registry;
  registry.AddGauge("g", "One\nline \\.", {{"a", "\"\n\\"}});

  EXPECT_THAT(registry.Expose(), HasSubstr("# HELP g One\\nline \\\\.\n"));
  EXPECT_THAT(registry.Expose(), HasSubstr("g{a=\"\\\"\\n\\\\\"} 0\n"));
}

TEST(MetricRegistry, WritesNumbersThatReadBack) {
  MetricRegistry registry;
  registry.AddGauge("a", "A.").Set(0.1);
  registry.AddGauge("b", "B.").Set(std::numeric_limits<double>::infinity());
  registry.AddGauge("c", "C.").Set(std::numeric_limits<double>::quiet_NaN());

  EXPECT_THAT(registry.Expose(), HasSubstr("\na 0.1\n"));
  EXPECT_THAT(registry.Expose(), HasSubstr("\nb +Inf\n"));
  EXPECT_THAT(registry.Expose(), HasSubstr("\nc NaN\n"));
}

TEST(MetricRegistry, EndsTheProcessOnMistakes) {
  MetricRegistry registry;
  registry.AddCounter("c_total", "C.");

  EXPECT_DEATH(registry.AddGauge("c_total", "C."), "another kind: c_total");
  EXPECT_DEATH(registry.AddGauge("c total", "C."), "Malformed metric name");
  EXPECT_DEATH(registry.AddGauge("g", "G.", {{"1a", ""}}), "Malformed label");
  EXPECT_DEATH(registry.AddHistogram("h", "H.", {1, 1}), "must grow");
}

TEST(MetricRegistry, LosesNoCountOfManyThreads) {
  MetricRegistry registry;
  Counter& counter = registry.AddCounter("c_total", "C.");
  Gauge& gauge = registry.AddGauge("g", "G.");
  Histogram& histogram = registry.AddHistogram("h", "H.", {1});
  constexpr int kThreads = 4;
  constexpr int kRounds = 10'000;

  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        counter.Increment();
        gauge.Add(1);
        histogram.Observe(2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(counter.value(), uint64_t{kThreads * kRounds});
  EXPECT_EQ(gauge.value(), kThreads * kRounds);
  EXPECT_THAT(histogram.Counts(), ElementsAre(0, kThreads * kRounds));
  EXPECT_EQ(histogram.sum(), 2.0 * kThreads * kRounds);
}

TEST(LatencyBounds, FitAHistogram) {
  Histogram histogram(LatencyBounds());
  histogram.Observe(0.00005);
  histogram.Observe(60);

  EXPECT_EQ(histogram.Counts().front(), 1u);
  EXPECT_EQ(histogram.Counts().back(), 1u);
}

}  // namespace
}  // namespace crm
