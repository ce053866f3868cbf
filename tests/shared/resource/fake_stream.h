// A server stream that keeps what is written to it, for tests of who writes.

#ifndef CRM_TESTS_SHARED_RESOURCE_FAKE_STREAM_H_
#define CRM_TESTS_SHARED_RESOURCE_FAKE_STREAM_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "crm/platform/v1/change.pb.h"
#include "shared/call/call.h"

namespace crm::testing {

// Holds up to `capacity` messages until they are taken. Thread-safe.
class FakeStream final : public ServerStream {
 public:
  explicit FakeStream(size_t capacity = 1'000) : capacity_(capacity) {}

  bool Write(std::string bytes) override {
    std::lock_guard lock(mutex_);
    if (status_.has_value()) return false;
    if (held_.size() >= capacity_) {
      ++refused_;
      changed_.notify_all();
      return false;
    }
    platform::v1::Change change;
    change.ParseFromString(bytes);
    held_.push_back(std::move(change));
    changed_.notify_all();
    return true;
  }

  void SetOnReady(std::function<void()> on_ready) override {
    std::lock_guard lock(mutex_);
    on_ready_ = std::move(on_ready);
  }

  void Finish(absl::Status status) override {
    std::lock_guard lock(mutex_);
    if (!status_.has_value()) status_ = std::move(status);
    changed_.notify_all();
  }

  bool cancelled() const override { return false; }

  // Waits for `count` messages and takes them; fewer if the stream ended, or
  // nothing came for long.
  std::vector<platform::v1::Change> Take(size_t count) {
    std::vector<platform::v1::Change> taken;
    while (taken.size() < count) {
      std::unique_lock lock(mutex_);
      const bool there = changed_.wait_for(
          lock, kPatience, [&] { return !held_.empty() || status_; });
      if (!there || held_.empty()) break;
      const size_t room = count - taken.size();
      while (!held_.empty() && taken.size() < count) {
        taken.push_back(std::move(held_.front()));
        held_.erase(held_.begin());
      }
      const bool waited_for_room = refused_ > 0 && room > 0;
      const auto on_ready = on_ready_;
      lock.unlock();
      if (waited_for_room && on_ready) on_ready();
    }
    return taken;
  }

  // Waits until a message was refused for want of room.
  bool AwaitRefusal() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return refused_ > 0; });
  }

  // Waits for the end of the stream.
  absl::Status Ended() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [this] { return status_.has_value(); });
    return status_.value_or(absl::UnknownError("The stream goes on."));
  }

 private:
  static constexpr auto kPatience = std::chrono::seconds(20);

  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<platform::v1::Change> held_;
  int refused_ = 0;
  std::optional<absl::Status> status_;
  std::function<void()> on_ready_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_RESOURCE_FAKE_STREAM_H_
