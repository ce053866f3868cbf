// The only file that includes Boost.Asio.

#include "gateway/http/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm::gateway {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kReadBufferBytes = 64 * 1024;

// Longer waits would overflow the clock.
constexpr absl::Duration kMaxDelay = absl::Hours(24 * 365);

absl::Status AddressUnknown(absl::string_view address) {
  return Unavailable("ADDRESS_UNKNOWN",
                     absl::StrCat("Nothing is known about the address '",
                                  address, "'. Check its name."));
}

}  // namespace

struct Timer::State {
  explicit State(asio::io_context& context) : timer(context) {}

  asio::steady_timer timer;
  EventLoop::Task task;
  bool pending = true;
};

Timer::Timer(std::shared_ptr<State> state) : state_(std::move(state)) {}

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    Cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

Timer::~Timer() { Cancel(); }

void Timer::Cancel() {
  if (state_ == nullptr) return;
  if (state_->pending) {
    state_->pending = false;
    state_->timer.cancel();
  }
  state_.reset();
}

bool Timer::pending() const { return state_ != nullptr && state_->pending; }

// Keeps the tasks alive while one of them runs, also when it destroys the
// watch.
struct FdWatch::State : std::enable_shared_from_this<State> {
  State(asio::io_context& context, int fd) : descriptor(context, fd) {}

  void Wait(asio::posix::stream_descriptor::wait_type type,
            EventLoop::Task& task, bool& waiting) {
    if (waiting || closed) return;
    waiting = true;
    descriptor.async_wait(
        type, [self = shared_from_this(), &task, &waiting](error_code) {
          waiting = false;
          if (!self->closed) task();
        });
  }

  asio::posix::stream_descriptor descriptor;
  EventLoop::Task on_readable;
  EventLoop::Task on_writable;
  bool waiting_readable = false;
  bool waiting_writable = false;
  bool closed = false;
};

FdWatch::FdWatch(std::shared_ptr<State> state) : state_(std::move(state)) {}

FdWatch& FdWatch::operator=(FdWatch&& other) noexcept {
  if (this != &other) {
    FdWatch old(std::move(state_));
    state_ = std::move(other.state_);
  }
  return *this;
}

FdWatch::~FdWatch() {
  if (state_ == nullptr) return;
  state_->closed = true;
  // The descriptor belongs to whoever opened it.
  state_->descriptor.release();
}

void FdWatch::WaitReadable() {
  state_->Wait(asio::posix::stream_descriptor::wait_read, state_->on_readable,
               state_->waiting_readable);
}

void FdWatch::WaitWritable() {
  state_->Wait(asio::posix::stream_descriptor::wait_write, state_->on_writable,
               state_->waiting_writable);
}

struct EventLoop::Asio {
  Asio() : context(1), work(context.get_executor()), resolver(context) {}

  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  asio::ip::tcp::resolver resolver;
};

EventLoop::EventLoop()
    : asio_(std::make_unique<Asio>()), read_buffer_(kReadBufferBytes) {}

EventLoop::~EventLoop() = default;

void EventLoop::Run() {
  asio_->context.restart();
  asio_->context.run();
}

void EventLoop::Stop() { asio_->context.stop(); }

void EventLoop::Post(Task task) {
  asio::post(asio_->context, [task = std::move(task)]() mutable { task(); });
}

Timer EventLoop::After(absl::Duration delay, Task task) {
  auto state = std::make_shared<Timer::State>(asio_->context);
  state->task = std::move(task);
  state->timer.expires_after(
      absl::ToChronoNanoseconds(std::min(delay, kMaxDelay)));
  state->timer.async_wait([state](error_code error) {
    if (error || !state->pending) return;
    state->pending = false;
    state->task();
  });
  return Timer(std::move(state));
}

FdWatch EventLoop::Watch(int fd, Task on_readable, Task on_writable) {
  auto state = std::make_shared<FdWatch::State>(asio_->context, fd);
  state->on_readable = std::move(on_readable);
  state->on_writable = std::move(on_writable);
  return FdWatch(std::move(state));
}

void EventLoop::Resolve(
    const std::string& address,
    absl::AnyInvocable<void(absl::StatusOr<std::vector<SocketAddress>>)> done) {
  if (absl::StatusOr<SocketAddress> numeric = ParseAddress(address);
      numeric.ok()) {
    Post([done = std::move(done), numeric = *numeric]() mutable {
      done(std::vector<SocketAddress>{numeric});
    });
    return;
  }
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    Post([done = std::move(done), address]() mutable {
      done(AddressUnknown(address));
    });
    return;
  }
  asio_->resolver.async_resolve(
      address.substr(0, colon), address.substr(colon + 1),
      [done = std::move(done), address](
          error_code error,
          asio::ip::tcp::resolver::results_type results) mutable {
        std::vector<SocketAddress> found;
        for (const auto& result : results) {
          SocketAddress& one = found.emplace_back();
          const asio::ip::tcp::endpoint endpoint = result.endpoint();
          std::memcpy(&one.storage, endpoint.data(), endpoint.size());
          one.length = static_cast<socklen_t>(endpoint.size());
        }
        if (error || found.empty()) {
          done(AddressUnknown(address));
        } else {
          done(std::move(found));
        }
      });
}

absl::Span<char> EventLoop::read_buffer() {
  return absl::MakeSpan(read_buffer_);
}

}  // namespace crm::gateway
