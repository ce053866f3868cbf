// The event loop of the gateway: one thread, timers, posted functions, and
// watches on file descriptors. It hides Boost.Asio from everything else.

#ifndef CRM_GATEWAY_HTTP_EVENT_LOOP_H_
#define CRM_GATEWAY_HTTP_EVENT_LOOP_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "gateway/http/socket.h"

namespace crm::gateway {

class EventLoop;

// A pending call of EventLoop::After(). Destroying or overwriting it cancels
// the call, also while the call runs. Thread-compatible; loop thread only.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&&) = default;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer();

  void Cancel();
  // Whether the call is still to come.
  bool pending() const;

 private:
  friend class EventLoop;
  struct State;
  explicit Timer(std::shared_ptr<State> state);

  // Shared with the wait that is under way.
  std::shared_ptr<State> state_;
};

// Waits until a non-blocking file descriptor can be read or written. Each Wait
// is for one call. Destroying the watch ends all waits without a call. Loop
// thread only; must be destroyed before the descriptor is closed.
class FdWatch {
 public:
  FdWatch() = default;
  FdWatch(FdWatch&&) = default;
  FdWatch& operator=(FdWatch&& other) noexcept;
  ~FdWatch();

  void WaitReadable();
  void WaitWritable();

 private:
  friend class EventLoop;
  struct State;
  explicit FdWatch(std::shared_ptr<State> state);

  // Shared with the waits that are under way.
  std::shared_ptr<State> state_;
};

// The loop. Run() makes the calling thread the loop thread. Post() and Stop()
// are thread-safe, everything else is for the loop thread, or for any one
// thread while the loop does not run.
class EventLoop {
 public:
  using Task = absl::AnyInvocable<void()>;

  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // Runs tasks, timers and watches until Stop().
  void Run();

  // Makes Run() return soon. What was posted but did not run is destroyed with
  // the loop.
  void Stop();

  // Runs `task` on the loop thread, after what is due already.
  void Post(Task task);

  // Runs `task` after `delay`, unless the returned timer is gone by then.
  [[nodiscard]] Timer After(absl::Duration delay, Task task);

  // Watches `fd`; the functions run at each readiness waited for. An `fd` that
  // has failed is readable and writable.
  FdWatch Watch(int fd, Task on_readable, Task on_writable);

  // Finds the addresses of `host:port` without blocking the loop, and calls
  // `done` from the loop, never before Resolve() returns. Gives UNAVAILABLE
  // with reason ADDRESS_UNKNOWN when there are none.
  void Resolve(
      const std::string& address,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<SocketAddress>>)>
          done);

  // Buffers that any one function on the loop may use until it returns, so that
  // idle connections hold none.
  absl::Span<char> read_buffer();
  std::string& write_buffer() { return write_buffer_; }

 private:
  struct Asio;

  std::unique_ptr<Asio> asio_;
  std::vector<char> read_buffer_;
  std::string write_buffer_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_HTTP_EVENT_LOOP_H_
