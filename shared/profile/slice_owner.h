// The owner's side of the profile: builds the slices of a service, answers for
// them, and keeps the cache from showing old ones.

#ifndef CRM_SHARED_PROFILE_SLICE_OWNER_H_
#define CRM_SHARED_PROFILE_SLICE_OWNER_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crm/internal/v1/slice.pb.h"
#include "shared/base/clock.h"
#include "shared/cache/single_flight.h"
#include "shared/cache/slice_cache.h"

namespace crm {

// For how long a built slice may be served.
inline constexpr absl::Duration kSliceLifetime = absl::Seconds(300);

// What a service knows of a customer, for one slice.
struct SliceContent {
  // The slice message, serialised; nothing if the service has no such customer.
  std::optional<std::string> payload;
  // The newest change that is in it; the epoch if there is none.
  absl::Time as_of;
  // For how long newer changes may be known that are not in it; the build time
  // is set back by it, so that readers do not take it for fresh.
  absl::Duration age = absl::ZeroDuration();
  // The owner's version of the customer; never less than before.
  int64_t version = 0;
  // For slices built from other services' events: the producer's key version of
  // the customer that has been applied.
  int64_t source_key_version = 0;
};

// One slice that a service owns.
struct SliceDefinition {
  // The name, as `IDENTITY`.
  std::string name;
  // Builds it from the service's store for `request.customer()`, at least as
  // new as `request.min_key_version()` of `request.min_service()` where that is
  // not 0; UNAVAILABLE (NOT_YET_APPLIED) if it cannot be had by `deadline`.
  // Called by any thread.
  std::function<absl::StatusOr<SliceContent>(
      const std::string& tenant, const internal::v1::ReadSlicesRequest& request,
      absl::Time deadline)>
      build;
};

// Serves the slices of one service. Thread-safe.
class SliceOwner {
 public:
  // Returns the version that the service has of a customer now.
  using FindVersion = std::function<absl::StatusOr<int64_t>(
      const std::string& tenant, const std::string& customer)>;

  // `cache` may be null: then nothing is cached. All outlive this.
  // `find_version` is needed for InvalidateFormer().
  SliceOwner(std::vector<SliceDefinition> slices, SliceCache* cache,
             int64_t feed_epoch, const Clock& clock,
             FindVersion find_version = {});
  // Stops.
  ~SliceOwner();
  SliceOwner(const SliceOwner&) = delete;
  SliceOwner& operator=(const SliceOwner&) = delete;

  // Answers SliceService.Read: builds what is asked for, once per customer at a
  // time, writes it to the cache and returns it. Returns INVALID_ARGUMENT for a
  // slice that is not owned here, and the errors of the builders.
  absl::StatusOr<internal::v1::ReadSlicesResponse> Read(
      const std::string& tenant, const internal::v1::ReadSlicesRequest& request,
      absl::Time deadline);

  // Says that `customer` changed and is at `version` now: what is cached
  // becomes a tombstone. Returns at once; the cache is told by a thread of this
  // object, the newest version of a customer only.
  void Invalidate(const std::string& tenant, const std::string& customer,
                  int64_t version);

  // Says that something was taken from `customer`, which left his version as it
  // is: what is cached becomes a tombstone of the version that he has next, so
  // that nothing is cached again as long as readers take a tombstone for one.
  void InvalidateFormer(const std::string& tenant, const std::string& customer);

  // Ends the thread. What was not told is out of date for as long as readers
  // accept without asking, 60 seconds at most.
  void Stop();

 private:
  struct FlightKey {
    std::string tenant;
    std::string customer;
    std::string slices;
    friend auto operator<=>(const FlightKey&, const FlightKey&) = default;
  };

  absl::StatusOr<internal::v1::ReadSlicesResponse> Build(
      const std::string& tenant, const internal::v1::ReadSlicesRequest& request,
      const std::vector<const SliceDefinition*>& wanted, absl::Time deadline);
  // What the cache is to be told of a customer.
  struct Pending {
    int64_t version = 0;
    bool is_former = false;
  };

  void Tell(const SliceKey& key, const Pending& pending);
  void InvalidateLoop();

  const std::vector<SliceDefinition> slices_;
  SliceCache* const cache_;
  const int64_t feed_epoch_;
  const Clock& clock_;
  const FindVersion find_version_;
  std::vector<std::string> names_;
  SingleFlight<FlightKey, internal::v1::ReadSlicesResponse> flights_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::map<SliceKey, Pending> pending_;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_PROFILE_SLICE_OWNER_H_
