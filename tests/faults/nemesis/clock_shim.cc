// Moves the wall clock of one process, for tests: preloaded, it adds the number
// of nanoseconds that the first eight bytes of the file SHIM_CLOCK_FILE hold.
//
// A step of the real clock also moves the deadlines that the kernel compares
// with it, so those are moved back where they are handed over: futexes (which
// Abseil and gRPC wait on) and condition variables of the wall clock. The
// monotonic clock is left alone, as a real step leaves it.

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

const std::atomic<int64_t>* MapOffset() {
  static std::atomic<int64_t> none = 0;
  const char* path = getenv("SHIM_CLOCK_FILE");
  if (path == nullptr) return &none;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return &none;
  void* page = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (page == MAP_FAILED) return &none;
  return static_cast<const std::atomic<int64_t>*>(page);
}

int64_t Offset() {
  static const std::atomic<int64_t>* const offset = MapOffset();
  return offset->load(std::memory_order_relaxed);
}

timespec Moved(const timespec& time, int64_t nanos) {
  const int64_t sum = time.tv_sec * kNanosPerSecond + time.tv_nsec + nanos;
  if (sum < 0) return {0, 0};
  return {sum / kNanosPerSecond, sum % kNanosPerSecond};
}

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto real = Real<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int result = real(clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) *time = Moved(*time, Offset());
  return result;
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec now = {};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return result;
}

time_t time(time_t* out) noexcept {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* deadline) {
  static const auto real =
      Real<int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*)>(
          "pthread_cond_timedwait");
  // Of the two clocks that the deadline may be of, only the wall clock's lies
  // years from the start of the machine.
  timespec uptime = {};
  clock_gettime(CLOCK_MONOTONIC, &uptime);
  if (deadline->tv_sec < uptime.tv_sec + 365 * 24 * 3600) {
    return real(condition, mutex, deadline);
  }
  const timespec moved = Moved(*deadline, -Offset());
  return real(condition, mutex, &moved);
}

long syscall(long number, ...) noexcept {
  static const auto real = Real<long (*)(long, ...)>("syscall");
  va_list list;
  va_start(list, number);
  long args[6];
  for (long& arg : args) arg = va_arg(list, long);
  va_end(list);
  if (number == SYS_futex) {
    const auto* deadline = reinterpret_cast<const timespec*>(args[3]);
    const long operation = args[1];
    const bool waits = (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
    if (waits && (operation & FUTEX_CLOCK_REALTIME) != 0 &&
        deadline != nullptr) {
      const timespec moved = Moved(*deadline, -Offset());
      return real(number, args[0], args[1], args[2], &moved, args[4], args[5]);
    }
  }
  return real(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

}  // extern "C"
