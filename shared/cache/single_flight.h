// Lets many callers who want the same value wait for one who gets it.

#ifndef CRM_SHARED_CACHE_SINGLE_FLIGHT_H_
#define CRM_SHARED_CACHE_SINGLE_FLIGHT_H_

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "shared/base/errors.h"

namespace crm {

// Runs at most one function per key at a time. Nothing is remembered: a caller
// that comes after the function has returned runs it again. Thread-safe.
template <typename Key, typename Value>
class SingleFlight {
 public:
  using Function = absl::FunctionRef<absl::StatusOr<Value>()>;

  // Runs `function` on this thread, unless it already runs for `key`; then
  // waits for that result and returns a copy of it. A waiting caller is not
  // harmed by a runner that had less time: on its DEADLINE_EXCEEDED or
  // CANCELLED it takes over. Returns DEADLINE_EXCEEDED (FLIGHT_TIMEOUT) at
  // `deadline`.
  absl::StatusOr<Value> Do(const Key& key, absl::Time deadline,
                           Function function) {
    for (;;) {
      std::unique_lock lock(mutex_);
      const auto [entry, first] = flights_.try_emplace(key);
      if (first) {
        const std::shared_ptr<Flight> flight = std::make_shared<Flight>();
        entry->second = flight;
        lock.unlock();
        return Lead(key, *flight, function);
      }
      const std::shared_ptr<Flight> flight = entry->second;
      if (!Wait(lock, *flight, deadline)) return Timeout();
      if (!GaveUp(flight->result->status())) return *flight->result;
    }
  }

 private:
  struct Flight {
    std::condition_variable landed;
    std::optional<absl::StatusOr<Value>> result;
  };

  static bool GaveUp(const absl::Status& status) {
    return absl::IsDeadlineExceeded(status) || absl::IsCancelled(status);
  }

  static absl::Status Timeout() {
    return MakeError(absl::StatusCode::kDeadlineExceeded, "FLIGHT_TIMEOUT",
                     "The value was not there in time.");
  }

  absl::StatusOr<Value> Lead(const Key& key, Flight& flight,
                             Function function) {
    absl::StatusOr<Value> result = function();
    {
      std::lock_guard lock(mutex_);
      flight.result = result;
      flights_.erase(key);
    }
    flight.landed.notify_all();
    return result;
  }

  static bool Wait(std::unique_lock<std::mutex>& lock, Flight& flight,
                   absl::Time deadline) {
    const auto landed = [&flight] { return flight.result.has_value(); };
    if (deadline == absl::InfiniteFuture()) {
      flight.landed.wait(lock, landed);
      return true;
    }
    return flight.landed.wait_until(lock, absl::ToChronoTime(deadline), landed);
  }

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Flight>> flights_;
};

}  // namespace crm

#endif  // CRM_SHARED_CACHE_SINGLE_FLIGHT_H_
