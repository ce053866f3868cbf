// Measures reading a customer's profile slices from Redis through the slice
// cache, against redis-benchmark sending the same command to the same server,
// and from the near cache, against a GET of Redis that is waited for.
//
//   cache_bench [READS] [ROUNDS]
//
// READS are made in each run (100000) in ROUNDS rounds (5).

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/clock.h"
#include "shared/cache/redis_slice_cache.h"
#include "shared/cache/tracked_slice_cache.h"
#include "shared/observe/metrics.h"
#include "tests/bench/child_process.h"
#include "tests/bench/figures.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm::bench {
namespace {

// Clients of redis-benchmark, and callers that wait.
constexpr int kCallers = 50;
constexpr int kPipeline = 64;
// About the size of the slices of a customer of the sample business.
constexpr const char* kSliceNames[] = {"IDENTITY", "COMMERCE", "SCORES"};
constexpr size_t kSlices = std::size(kSliceNames);
constexpr size_t kPayloadBytes = 200;
// Customers in the near cache, and the bytes of what a plain GET reads instead.
constexpr int kCustomers = 20000;
constexpr size_t kValueBytes = 1024;

constexpr Target kRate = {.floor = 0.6, .moonshot = 0.9};
constexpr Target kNear = {.floor = 15, .moonshot = 40};

std::vector<internal::v1::SliceEnvelope> Slices(const Clock& clock) {
  std::vector<internal::v1::SliceEnvelope> slices;
  for (const char* name : kSliceNames) {
    internal::v1::SliceEnvelope& slice = slices.emplace_back();
    slice.set_slice(name);
    slice.set_state(internal::v1::SliceEnvelope::PRESENT);
    slice.set_payload(std::string(kPayloadBytes, 'x'));
    slice.set_feed_epoch(1);
    slice.set_version(1);
    *slice.mutable_expire_time() = ToTimestamp(clock.Now() + absl::Hours(1));
  }
  return slices;
}

double CpuSeconds(clockid_t whose) {
  timespec now = {};
  clock_gettime(whose, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

// Whether a reader looks into the slices that it is given.
enum class Parse { kNo, kYes };

// Reads made one after the other, so many at a time: who has an answer asks
// again, as the calls of an event loop do.
class Fetches {
 public:
  Fetches(SliceCache& cache, const SliceKey& key, int reads, Parse parse)
      : cache_(cache),
        key_(key),
        parse_(parse),
        left_(reads),
        unanswered_(reads) {}

  struct Result {
    double reads_per_second;
    // The processor time of a read in this process, the server's not included.
    double cpu_micros;
  };
  Result Run(int in_flight) {
    const SystemClock clock;
    const double cpu = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID);
    const absl::Duration begin = clock.Monotonic();
    const int reads = unanswered_;
    for (int i = 0; i < std::min(in_flight, reads); ++i) Next();
    over_.get_future().wait();
    return {reads / absl::ToDoubleSeconds(clock.Monotonic() - begin),
            (CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / reads};
  }

 private:
  void Next() {
    if (left_.fetch_sub(1) <= 0) return;
    cache_.Fetch(key_, [this](const absl::StatusOr<SharedSlices>& slices) {
      Require(slices.status());
      Require((*slices)->size() == kSlices &&
                      (parse_ == Parse::kNo ||
                       ParseSlices(**slices).size() == kSlices)
                  ? absl::OkStatus()
                  : absl::InternalError("a slice is missing"));
      if (unanswered_.fetch_sub(1) == 1) return over_.set_value();
      Next();
    });
  }

  SliceCache& cache_;
  const SliceKey key_;
  const Parse parse_;
  std::atomic<int> left_;
  std::atomic<int> unanswered_;
  std::promise<void> over_;
};

// Returns the reads a second of threads that wait for each of theirs.
double RunCallers(SliceCache& cache, const SliceKey& key, int reads) {
  const SystemClock clock;
  const absl::Duration begin = clock.Monotonic();
  {
    std::atomic<int> left = reads;
    std::vector<std::jthread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        while (left-- > 0) Require(cache.Read(key, {}).status());
      });
    }
  }
  return reads / absl::ToDoubleSeconds(clock.Monotonic() - begin);
}

// Returns the processor time in microseconds of one GET that a thread waits
// for, on a connection of its own.
double GetCpu(RedisClient& redis, int reads) {
  Require(
      redis.Command({"SET", "plain", std::string(kValueBytes, 'x')}).status());
  auto connection = redis.Dedicated();
  Require(connection.status());
  const double begin = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < reads; ++i) {
    Require((*connection)->Run({{"GET", "plain"}}, absl::Seconds(5)).status());
  }
  return (CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - begin) * 1e6 / reads;
}

// Returns the processor time in microseconds of one hit of the near cache, of
// `keys` in random order.
double NearCpu(SliceCache& near, const std::vector<SliceKey>& keys, int reads) {
  std::mt19937 random(1);
  std::uniform_int_distribution<size_t> draw(0, keys.size() - 1);
  int found = 0;
  const double begin = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
  for (int i = 0; i < reads; ++i) {
    near.Fetch(keys[draw(random)],
               [&found](const absl::StatusOr<SharedSlices>& slices) {
                 found += slices.ok() && !(*slices)->empty() ? 1 : 0;
               });
  }
  const double cpu =
      (CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - begin) * 1e6 / reads;
  Require(found == reads ? absl::OkStatus()
                         : absl::InternalError("not all reads were hits"));
  return cpu;
}

// Returns the commands a second that redis-benchmark reports.
double RunRedisBenchmark(const testing::RedisServer& server,
                         const SliceKey& key, int reads, int in_flight) {
  ChildProcess benchmark(
      {"/usr/bin/env", "redis-benchmark", "-p",
       absl::StrCat(server.endpoint().port), "-n", absl::StrCat(reads), "-c",
       absl::StrCat(kCallers), "-P", absl::StrCat(in_flight), "--csv",
       "HGETALL", SliceHashKey(key)},
      {}, ChildProcess::Kind::kBenchmark);
  // The line begins with the quoted command and the quoted rate.
  const std::string line = benchmark.LineWith("\"HGETALL");
  const std::vector<std::string> fields = absl::StrSplit(line, "\",\"");
  double rate = 0;
  Require(fields.size() > 1 && absl::SimpleAtod(fields[1], &rate)
              ? absl::OkStatus()
              : absl::InternalError(line));
  return rate;
}

void MeasureRates(const testing::RedisServer& server, int reads, int rounds) {
  const SystemClock clock;
  RedisClient redis(testing::ClientOptions(server), clock);
  RedisSliceCache cache(redis, clock);
  const SliceKey key = {"acme", "customers/c1"};
  Require(cache.Write(key, Slices(clock)).status());

  constexpr int kAll = kCallers * kPipeline;
  const std::string all = absl::StrCat("slices, ", kAll, " in flight");
  const std::string some = absl::StrCat("slices, ", kPipeline, " in flight");
  const std::string parsed = absl::StrCat(some, " and parsed");
  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    figures.Add("redis-benchmark -c 50 -P 64", "reads/s",
                RunRedisBenchmark(server, key, reads, kPipeline));
    const auto add = [&](const std::string& name, int in_flight, Parse parse) {
      const Fetches::Result result =
          Fetches(cache, key, reads, parse).Run(in_flight);
      figures.Add(name, "reads/s", result.reads_per_second);
      figures.Add(absl::StrCat(name, ", CPU"), "us", result.cpu_micros);
    };
    add(all, kAll, Parse::kNo);
    add(some, kPipeline, Parse::kNo);
    add(parsed, kPipeline, Parse::kYes);
    figures.Add("redis-benchmark -c 50 -P 1", "reads/s",
                RunRedisBenchmark(server, key, reads, 1));
    figures.Add("slices, 50 callers that wait", "reads/s",
                RunCallers(cache, key, reads));
    figures.Add("slices, 1 in flight", "reads/s",
                Fetches(cache, key, std::max(1, reads / 10), Parse::kNo)
                    .Run(1)
                    .reads_per_second);
  }
  std::printf("Three slices of a customer\n");
  figures.Print();
  figures.PrintRatio(all, "redis-benchmark -c 50 -P 64", kRate);
  figures.PrintRatio(some, "redis-benchmark -c 50 -P 64", kRate);
  figures.PrintRatio(parsed, "redis-benchmark -c 50 -P 64", kRate);
  figures.PrintRatio("slices, 50 callers that wait",
                     "redis-benchmark -c 50 -P 1", kRate);
}

void MeasureNear(const testing::RedisServer& server, int reads, int rounds) {
  const SystemClock clock;
  MetricRegistry metrics;
  // Nothing ends by its age or for want of room while it is measured.
  TrackedSliceCache near(
      testing::ClientOptions(server),
      {.max_bytes = size_t{1} << 30, .max_age = absl::Hours(1)}, clock,
      metrics);
  RedisClient redis(testing::ClientOptions(server), clock);
  std::vector<SliceKey> keys;
  for (int i = 0; i < std::min(reads, kCustomers); ++i) {
    keys.push_back({"acme", absl::StrCat("customers/c", i)});
    Require(near.Write(keys.back(), Slices(clock)).status());
  }
  const Counter& hits = metrics.AddCounter("crm_cache_near_hits_total", "");
  // Until all are in the near cache and nothing more is heard of the writing.
  for (uint64_t before = 0; hits.value() - before < keys.size();) {
    before = hits.value();
    for (const SliceKey& key : keys) Require(near.Read(key, {}).status());
  }

  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    figures.Add("GET that is waited for, CPU", "us", GetCpu(redis, reads));
    figures.Add("near hit, CPU", "us", NearCpu(near, keys, reads));
  }
  std::printf(
      "%zu customers in the near cache, of three slices each, %.0f MB\n",
      keys.size(),
      metrics.AddGauge("crm_cache_near_held_bytes", "").value() / 1e6);
  figures.Print();
  figures.PrintRatio("GET that is waited for, CPU", "near hit, CPU", kNear);
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using namespace crm::bench;
  const int reads = NumberOf(argc, argv, 1, 100000);
  const int rounds = NumberOf(argc, argv, 2, 5);
  const crm::testing::RedisServer server;
  MeasureRates(server, reads, rounds);
  MeasureNear(server, reads, rounds);
  return 0;
}
