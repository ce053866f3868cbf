// An event loop on a thread of its own, for tests that look at it from outside.

#ifndef CRM_TESTS_GATEWAY_HTTP_LOOP_THREAD_H_
#define CRM_TESTS_GATEWAY_HTTP_LOOP_THREAD_H_

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "gateway/http/event_loop.h"

namespace crm::gateway {

// How long a test waits for what must happen.
inline constexpr std::chrono::seconds kPatience{20};

// Thread-safe.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.Run(); }) {}
  ~LoopThread() {
    loop_.Post([this] { loop_.Stop(); });
    thread_.join();
  }

  EventLoop& loop() { return loop_; }

  // Runs `function` on the loop and returns what it returns.
  template <typename Function>
  auto Call(Function function) -> decltype(function()) {
    std::promise<decltype(function())> promise;
    auto future = promise.get_future();
    loop_.Post([&] {
      if constexpr (std::is_void_v<decltype(function())>) {
        function();
        promise.set_value();
      } else {
        promise.set_value(function());
      }
    });
    return future.get();
  }

  // Looks at `condition`, on the loop, until it holds; returns whether it did
  // within kPatience.
  bool Eventually(std::function<bool()> condition) {
    auto promise = std::make_shared<std::promise<bool>>();
    auto timer = std::make_shared<Timer>();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    auto look = std::make_shared<std::function<void()>>();
    *look = [this, promise, timer, deadline, condition,
             weak = std::weak_ptr(look)] {
      if (condition()) return promise->set_value(true);
      if (std::chrono::steady_clock::now() > deadline) {
        return promise->set_value(false);
      }
      *timer = loop_.After(absl::Milliseconds(1), [weak] {
        if (const auto again = weak.lock()) (*again)();
      });
    };
    loop_.Post([look] { (*look)(); });
    const bool held = promise->get_future().get();
    Call([timer] { timer->Cancel(); });
    return held;
  }

 private:
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_HTTP_LOOP_THREAD_H_
