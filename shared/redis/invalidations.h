// Hears from a Redis server which keys change, whoever changes them.
//
// One connection subscribes to the server's invalidations and has them sent to
// itself (CLIENT TRACKING in broadcast mode, RESP2): what is heard and whether
// anything is heard at all end together. A server that is silent is asked for a
// sign of life.

#ifndef CRM_SHARED_REDIS_INVALIDATIONS_H_
#define CRM_SHARED_REDIS_INVALIDATIONS_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "shared/redis/address_resolver.h"
#include "shared/redis/connection.h"
#include "shared/redis/endpoint.h"

namespace crm {

// Follows the changes of one server for as long as it lives, on a thread of its
// own. Thread-safe.
class RedisInvalidations {
 public:
  struct Options {
    RedisEndpoint endpoint;
    // Which keys are of interest: those that begin with this.
    std::string prefix;
    // For connecting, and for each answer at the beginning.
    absl::Duration timeout = absl::Milliseconds(250);
    // A connection that is silent for so long is asked whether it lives, and
    // given up after as long again.
    absl::Duration silence = absl::Milliseconds(500);
    // Waits between attempts to connect: doubled up to the last.
    absl::Duration first_retry = absl::Milliseconds(50);
    absl::Duration last_retry = absl::Seconds(2);
  };

  // What is heard. The functions must not block, and must not call this object.
  struct Listener {
    // From now on every change is heard of.
    std::function<void()> begun;
    // No change is heard of any more, and some may have been missed.
    std::function<void()> ended;
    // These keys have changed, expired, or been evicted.
    std::function<void(absl::Span<const std::string>)> changed;
    // Everything has: the server was emptied.
    std::function<void()> all_changed;
  };

  RedisInvalidations(Options options, Listener listener);

  // Calls nothing any more once it returns.
  ~RedisInvalidations();
  RedisInvalidations(const RedisInvalidations&) = delete;
  RedisInvalidations& operator=(const RedisInvalidations&) = delete;

  // Begins anew with another connection: there is reason to believe that this
  // one hears another server than the one that is read. `ended` is called
  // before this returns.
  void Restart();

 private:
  void Loop();
  absl::Status Begin(RedisConnection& connection);
  absl::Status Follow(RedisConnection& connection);
  absl::Status Hear(const RedisReply& reply);
  // Says that changes are heard of, unless that is over already.
  absl::Status SayBegun();
  void SayEnded();

  const Options options_;
  const Listener listener_;
  AddressResolver resolver_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  // The connection that is to be interrupted to end it; null between two.
  RedisConnection* current_ = nullptr;
  bool restarting_ = false;
  bool begun_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_INVALIDATIONS_H_
