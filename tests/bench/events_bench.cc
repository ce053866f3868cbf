// Measures an event's way: the relay and the consumer against bare Redis
// commands, and the time from a commit to its applied effect at 1,000 events a
// second.
//
//   events_bench [EVENTS] [SECONDS] [ROUNDS]
//
// EVENTS go through each throughput run (20000), in ROUNDS rounds (5); the run
// of latencies lasts SECONDS (5). Both stores are on the disk of the temporary
// folder, and Redis keeps nothing on it.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/events/consumer.h"
#include "shared/events/relay.h"
#include "shared/events/sql_applier.h"
#include "tests/bench/figures.h"
#include "tests/shared/events/stores.h"
#include "tests/support/redis_server/redis_server.h"

namespace crm::bench {
namespace {

using internal::v1::Event;
using testing::ClientOptions;
using testing::kPatience;
using testing::ProducerStore;
using testing::RedisServer;

// About the size of an event of an order.
constexpr size_t kPayloadBytes = 615;
// What an event has beside its payload.
constexpr size_t kEnvelopeBytes = 100;
constexpr int kKeys = 500;
constexpr int kRate = 1'000;
constexpr int kTogether = 200;
constexpr int kXaddsInFlight = 64;

constexpr Target kP99Milliseconds = {.floor = 5, .moonshot = 1};
// Set here: half of what Redis alone does is much, since the events also go
// through two stores on disk.
constexpr Target kThroughput = {.floor = 0.1, .moonshot = 0.5};

double RateOf(int events, const std::function<void()>& work) {
  const SystemClock clock;
  const absl::Duration begin = clock.Monotonic();
  work();
  return events / absl::ToDoubleSeconds(clock.Monotonic() - begin);
}

Event MakeEvent(int number) {
  Event event;
  event.set_id(absl::StrCat("event-", number));
  event.set_tenant("acme");
  event.set_type("order.updated");
  event.set_ordering_key(absl::StrCat("customers/", number % kKeys));
  event.set_resource(absl::StrCat("orders/", number));
  event.set_after(std::string(kPayloadBytes - kEnvelopeBytes, 'x'));
  return event;
}

int NumberOfEvent(const Event& event) {
  int number = 0;
  Require(absl::SimpleAtoi(absl::StripPrefix(event.id(), "event-"), &number)
              ? absl::OkStatus()
              : absl::InternalError("an event has no number"));
  return number;
}

// Commits events in transactions of many, as a busy writer does.
void Commit(ProducerStore& store, int count) {
  for (int begin = 0; begin < count; begin += kTogether) {
    Require(store.database().WriteAndWait(
        SystemClock().Now() + kPatience,
        [&](SqlWriter& writer) -> absl::Status {
          for (int i = begin; i < std::min(count, begin + kTogether); ++i) {
            Event event = MakeEvent(i);
            const absl::Status status = store.outbox().Append(writer, event);
            if (!status.ok()) return status;
          }
          return absl::OkStatus();
        }));
  }
}

// A service that counts events, and knows when the effect of each became
// durable. Thread-safe.
class Effects {
 public:
  explicit Effects(int events)
      : database_(testing::OpenTestDatabase(folder_.File("effects"), Tables())),
        applier_(
            *database_, clock_,
            [this](SqlWriter& writer, const Event& event) {
              return Apply(writer, event);
            },
            [](SqlWriter&, absl::string_view) { return absl::OkStatus(); }),
        applied_(static_cast<size_t>(events)) {
    database_->SetCommitListener([this] { Stamp(); });
  }

  ~Effects() { database_->SetCommitListener({}); }

  Applier& applier() { return applier_; }

  // Waits until all events are applied.
  void WaitForAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ == applied_.size(); });
  }

  // After WaitForAll(): when each was, on the monotonic clock.
  const std::vector<absl::Duration>& applied() const { return applied_; }

 private:
  static std::vector<SqlTable> Tables() {
    std::vector<SqlTable> tables = ConsumerTables();
    tables.push_back({.name = "effect",
                      .columns = {{"ordering_key", SqlType::kText, false, {}},
                                  {"events", SqlType::kInteger, false, {}}},
                      .primary_key = {"ordering_key"}});
    return tables;
  }

  absl::Status Apply(SqlWriter& writer, const Event& event) {
    {
      const std::lock_guard lock(mutex_);
      uncommitted_.push_back(NumberOfEvent(event));
    }
    return writer.Post(
        "INSERT INTO effect (ordering_key, events) VALUES (?, 1) "
        "ON CONFLICT (ordering_key) DO UPDATE SET events = effect.events + 1",
        {event.ordering_key()});
  }

  void Stamp() {
    const absl::Duration now = clock_.Monotonic();
    const std::lock_guard lock(mutex_);
    for (const int number : uncommitted_) {
      applied_[static_cast<size_t>(number)] = now;
    }
    count_ += uncommitted_.size();
    uncommitted_.clear();
    changed_.notify_all();
  }

  testing::TempFolder folder_;
  const SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Database> database_;
  SqlApplier applier_;
  std::vector<int> uncommitted_;
  std::vector<absl::Duration> applied_;
  size_t count_ = 0;
};

Consumer::Options ConsumerOptions() {
  Consumer::Options options;
  options.producer = "operational";
  options.name = "bench";
  return options;
}

// Bare XADD, many in flight, and bare XREAD by 256, over one connection.
void RunRedisAlone(RedisServer& server, int events, Figures& figures) {
  const SystemClock clock;
  RedisClient redis(ClientOptions(server), clock);
  Require(redis.Command({"DEL", "bare"}, kPatience).status());
  const std::vector<RedisCommand> commands(
      kXaddsInFlight,
      {"XADD", "bare", "*", "e", std::string(kPayloadBytes, 'x')});
  figures.Add("bare XADD, 64 in flight", "events/s", RateOf(events, [&] {
                for (int i = 0; i < events; i += kXaddsInFlight) {
                  Require(redis.Pipeline(commands, kPatience).status());
                }
              }));
  figures.Add(
      "bare XREAD, by 256", "events/s", RateOf(events, [&] {
        std::string last = "0";
        while (true) {
          const auto reply = redis.Command(
              {"XREAD", "COUNT", "256", "STREAMS", "bare", last}, kPatience);
          Require(reply.status());
          if (reply->is_nil()) break;
          const RedisReply& entries = (*(*reply->array())[0].array())[1];
          last = *(*entries.array()->back().array())[0].text();
        }
      }));
}

void RunThroughput(RedisServer& server, int events, Figures& figures) {
  server.Run({"FLUSHALL"});
  const SystemClock clock;
  ProducerStore producer(kDefaultPartitions);
  RedisClient redis(ClientOptions(server), clock);
  Commit(producer, events);
  Relay relay(producer.database(), producer.outbox(), &redis, clock, {});
  figures.Add("relay", "events/s", RateOf(events, [&] {
                relay.Start();
                Require(relay.Flush(kPatience));
              }));
  Effects effects(events);
  Consumer consumer(ConsumerOptions(), &redis, producer.feed(),
                    effects.applier(), clock);
  figures.Add("consumer", "events/s", RateOf(events, [&] {
                consumer.Start();
                effects.WaitForAll();
              }));
}

void RunLatency(RedisServer& server, int seconds) {
  server.Run({"FLUSHALL"});
  const SystemClock clock;
  const int events = seconds * kRate;
  ProducerStore producer(kDefaultPartitions);
  Effects effects(events);
  RedisClient redis(ClientOptions(server), clock);
  Relay relay(producer.database(), producer.outbox(), &redis, clock, {});
  relay.Start();
  Consumer consumer(ConsumerOptions(), &redis, producer.feed(),
                    effects.applier(), clock);
  consumer.Start();
  // Each is set by its own call, and read when all are done.
  std::vector<absl::Duration> committed(static_cast<size_t>(events));
  const absl::Duration begin = clock.Monotonic();
  for (int i = 0; i < events; ++i) {
    const absl::Duration wait =
        begin + absl::Seconds(i) / kRate - clock.Monotonic();
    if (wait > absl::ZeroDuration()) {
      std::this_thread::sleep_for(absl::ToChronoMicroseconds(wait));
    }
    producer.database().Write(
        clock.Now() + kPatience,
        [&producer, i](SqlWriter& writer) {
          Event event = MakeEvent(i);
          return producer.outbox().Append(writer, event);
        },
        [&committed, &clock, i](const absl::Status& status) {
          Require(status);
          committed[static_cast<size_t>(i)] = clock.Monotonic();
        });
  }
  effects.WaitForAll();
  relay.Stop();
  // Acknowledges what may still be on its way.
  Require(producer.database().Close());

  std::vector<double> millis;
  for (size_t i = 0; i < committed.size(); ++i) {
    millis.push_back(
        absl::ToDoubleMilliseconds(effects.applied()[i] - committed[i]));
  }
  std::sort(millis.begin(), millis.end());
  std::printf("\nFrom a commit to its durable effect, at %d events/s\n", kRate);
  std::printf("median %.2f ms\n", millis[millis.size() / 2]);
  PrintValue("p99", millis[millis.size() * 99 / 100], "ms", kP99Milliseconds);
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using namespace crm::bench;
  const int events = NumberOf(argc, argv, 1, 20000);
  const int seconds = NumberOf(argc, argv, 2, 5);
  const int rounds = NumberOf(argc, argv, 3, 5);
  crm::testing::RedisServer server;
  Figures figures;
  for (int round = 0; round < rounds; ++round) {
    RunRedisAlone(server, events, figures);
    RunThroughput(server, events, figures);
  }
  figures.Print();
  figures.PrintRatio("relay", "bare XADD, 64 in flight", kThroughput);
  figures.PrintRatio("consumer", "bare XREAD, by 256", kThroughput);
  RunLatency(server, seconds);
  return 0;
}
