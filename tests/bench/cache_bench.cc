// Measures reading a customer's profile slices from Redis through the slice
// cache, against redis-benchmark sending the same command to the same server.
//
//   cache_bench [READS] [ROUNDS]
//
// READS are made in each run (100000) in ROUNDS rounds (5), by as many callers
// as wait for an answer each.

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/clock.h"
#include "shared/cache/redis_slice_cache.h"
#include "tests/bench/child_process.h"
#include "tests/bench/figures.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm::bench {
namespace {

constexpr int kConnections = 50;
// About the size of the slices of a customer of the sample business.
constexpr size_t kPayloadBytes = 200;

constexpr Target kRate = {.floor = 0.6, .moonshot = 0.9};

std::vector<internal::v1::SliceEnvelope> Slices(const Clock& clock) {
  std::vector<internal::v1::SliceEnvelope> slices;
  for (const char* name : {"IDENTITY", "COMMERCE", "SCORES"}) {
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

double RunCache(RedisSliceCache& cache, const SliceKey& key, int reads) {
  const SystemClock clock;
  const absl::Duration begin = clock.Monotonic();
  {
    std::atomic<int> left = reads;
    std::vector<std::jthread> callers;
    for (int i = 0; i < kConnections; ++i) {
      callers.emplace_back([&] {
        while (left-- > 0) Require(cache.Read(key, {}).status());
      });
    }
  }
  return reads / absl::ToDoubleSeconds(clock.Monotonic() - begin);
}

// Returns the commands a second that redis-benchmark reports.
double RunRedisBenchmark(const testing::RedisServer& server,
                         const SliceKey& key, int reads, int in_flight) {
  ChildProcess benchmark(
      {"/usr/bin/env", "redis-benchmark", "-p",
       absl::StrCat(server.endpoint().port), "-n", absl::StrCat(reads), "-c",
       absl::StrCat(kConnections), "-P", absl::StrCat(in_flight), "--csv",
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

void Run(int reads, int rounds) {
  const SystemClock clock;
  testing::RedisServer server;
  RedisClient::Options options = testing::ClientOptions(server);
  RedisClient redis(options, clock);
  RedisSliceCache cache(redis, clock);
  const SliceKey key = {"acme", "customers/c1"};
  Require(cache.Write(key, Slices(clock)).status());

  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    figures.Add("redis-benchmark, 64 in flight", "reads/s",
                RunRedisBenchmark(server, key, reads, 64));
    figures.Add("redis-benchmark, 1 in flight", "reads/s",
                RunRedisBenchmark(server, key, reads, 1));
    figures.Add("slices through the cache", "reads/s",
                RunCache(cache, key, reads));
  }
  std::printf("Three slices of a customer, %d connections\n", kConnections);
  figures.Print();
  for (const char* anchor :
       {"redis-benchmark, 64 in flight", "redis-benchmark, 1 in flight"}) {
    figures.PrintRatio("slices through the cache", anchor, kRate);
  }
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using namespace crm::bench;
  Run(NumberOf(argc, argv, 1, 100000), NumberOf(argc, argv, 2, 5));
  return 0;
}
