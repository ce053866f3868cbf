// How a real server admits, cancels, filters and traces calls.

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "shared/rpc/observe_filter.h"
#include "shared/rpc/server.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"
#include "tests/shared/rpc/test_server.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EchoMethod;
using ::crm::testing::kEcho;
using ::crm::testing::kStore;
using ::crm::testing::LogFile;
using ::crm::testing::Pack;
using ::crm::testing::RawAnswer;
using ::crm::testing::RawCallOptions;
using ::crm::testing::RawClient;
using ::crm::testing::StatusIs;
using ::crm::testing::TestServer;
using ::crm::testing::ValuesOf;
using ::testing::ElementsAre;
using ::testing::SizeIs;

UnaryHandler FailWith(absl::Status status) {
  return [status](std::shared_ptr<Call>, Done done) { done(status); };
}

RpcServer::Options SmallPool() {
  RpcServer::Options options;
  options.pool_threads = 1;
  options.max_pool_queue = 1;
  return options;
}

TEST(RpcServer, RefusesAtOnceWhenThePoolIsFull) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<void> running;
  std::atomic<int> calls{0};
  TestServer server({.echo =
                         [&](std::shared_ptr<Call>, Done done) {
                           if (calls++ == 0) running.set_value();
                           released.wait();
                           done(Answer{});
                         }},
                    {}, SmallPool());
  RawClient client(server.port());
  std::vector<std::thread> callers;
  // The first call runs; of the next two, one is queued and one refused.
  callers.emplace_back([&] { client.Call(kEcho, ""); });
  running.get_future().wait();
  std::atomic<int> refused{0};
  std::promise<RawAnswer> refusal;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      RawAnswer answer = client.Call(kEcho, "");
      if (!answer.status.ok() && refused++ == 0) {
        refusal.set_value(std::move(answer));
      }
    });
  }

  const RawAnswer answer = refusal.get_future().get();
  release.set_value();
  for (std::thread& caller : callers) caller.join();

  EXPECT_THAT(answer.status,
              StatusIs(absl::StatusCode::kUnavailable, "OVERLOADED"));
  EXPECT_THAT(ValuesOf(answer.trailing, "grpc-retry-pushback-ms"), SizeIs(1));
  EXPECT_EQ(refused, 1);
}

TEST(RpcServer, ShowsTheHandlerThatTheCallerHasGone) {
  std::promise<std::pair<std::shared_ptr<Call>, Done>> received;
  TestServer server({.echo = [&](std::shared_ptr<Call> call, Done done) {
    received.set_value({std::move(call), std::move(done)});
  }});
  RawClient client(server.port());

  auto stream = client.Open(kEcho, Pack("hello"));
  auto [call, done] = received.get_future().get();
  EXPECT_FALSE(call->cancelled);
  stream->Cancel();
  const absl::Status status = stream->Finish();
  // The server learns of it on its own threads.
  while (!call->cancelled) std::this_thread::yield();
  done(Answer{});

  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST(RpcServer, DropsQueuedWorkThatNobodyWaitsFor) {
  std::promise<void> release;
  std::promise<void> running;
  std::atomic<int> stores{0};
  // Sees the second call end.
  class EndSignal final : public CallFilter {
   public:
    absl::Status Begin(Call& call) override {
      if (call.context.method == EchoMethod(kStore)) begun_.set_value(&call);
      return absl::OkStatus();
    }
    void End(const Call& call, const absl::Status& status) override {
      if (call.context.method == EchoMethod(kStore)) ended_.set_value(status);
    }
    std::promise<Call*> begun_;
    std::promise<absl::Status> ended_;
  } signal;
  RpcServer::Options options = SmallPool();
  TestServer server({.echo =
                         [&](std::shared_ptr<Call>, Done done) {
                           running.set_value();
                           release.get_future().wait();
                           done(Answer{});
                         },
                     .store =
                         [&](std::shared_ptr<Call>, Done done) {
                           ++stores;
                           done(Answer{});
                         }},
                    {.filters = {&signal}}, options);
  RawClient client(server.port());
  std::thread first([&] { client.Call(kEcho, ""); });
  running.get_future().wait();

  auto second = client.Open(kStore, Pack("x"));
  Call* call = signal.begun_.get_future().get();
  second->Cancel();
  while (!call->cancelled) std::this_thread::yield();
  release.set_value();
  const absl::Status end = signal.ended_.get_future().get();
  first.join();

  EXPECT_THAT(end, StatusIs(absl::StatusCode::kCancelled, "CANCELLED"));
  EXPECT_EQ(stores, 0);
}

TEST(RpcServer, SendsTheTraceWithAnswersAndErrors) {
  SystemClock clock;
  LogFile log;
  MetricRegistry metrics;
  ObserveFilter observe(clock, log.logger(), metrics);
  TestServer server({.store = FailWith(NotFound("LEAD_NOT_FOUND", "None."))},
                    {.filters = {&observe}});
  RawClient client(server.port());
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const RawCallOptions options{
      .metadata = {{"traceparent", "00-" + trace + "-b7ad6b7169203331-01"}}};

  const RawAnswer good = client.Call(kEcho, "", options);
  const RawAnswer bad = client.Call(kStore, "", options);

  EXPECT_THAT(ValuesOf(good.initial, "crm-trace-id"), ElementsAre(trace));
  EXPECT_THAT(ValuesOf(bad.trailing, "crm-trace-id"), ElementsAre(trace));
}

TEST(RpcServer, RunsFiltersInOrderAndEndsThemInReverse) {
  std::mutex mutex;
  std::string steps;
  class Step final : public CallFilter {
   public:
    Step(char name, bool pass, std::mutex& mutex, std::string& steps)
        : name_(name), pass_(pass), mutex_(mutex), steps_(steps) {}
    absl::Status Begin(Call&) override {
      std::lock_guard<std::mutex> lock(mutex_);
      steps_ += name_;
      return pass_ ? absl::OkStatus() : Aborted("STOP", "Stop.");
    }
    void End(const Call&, const absl::Status&) override {
      std::lock_guard<std::mutex> lock(mutex_);
      steps_ += static_cast<char>(name_ - 'a' + 'A');
    }

   private:
    const char name_;
    const bool pass_;
    std::mutex& mutex_;
    std::string& steps_;
  };
  Step a('a', true, mutex, steps);
  Step b('b', false, mutex, steps);
  Step c('c', true, mutex, steps);
  TestServer server({}, {.filters = {&a, &b, &c}});
  RawClient client(server.port());

  EXPECT_THAT(client.Call(kEcho, "").status,
              StatusIs(absl::StatusCode::kAborted, "STOP"));
  EXPECT_EQ(steps, "abBA");
}

}  // namespace
}  // namespace crm
