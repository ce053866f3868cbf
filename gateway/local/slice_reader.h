// Asks the owners of profile slices, at most once at a time for each customer.

#ifndef CRM_GATEWAY_LOCAL_SLICE_READER_H_
#define CRM_GATEWAY_LOCAL_SLICE_READER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http/event_loop.h"
#include "gateway/local/unary_client.h"
#include "gateway/proxy/backend.h"
#include "shared/base/clock.h"
#include "shared/call/criticality.h"
#include "shared/profile/compose.h"

namespace crm::gateway {

// The longest that an owner may take, and one to whom there is no connection.
inline constexpr absl::Duration kOwnerTimeout = absl::Seconds(1);
inline constexpr absl::Duration kAwayTimeout = absl::Milliseconds(200);

// What is asked of an owner.
struct SliceQuestion {
  std::string tenant;
  // The customer, in the form `customers/{customer}`.
  std::string customer;
  std::string owner;
  std::vector<std::string> slices;
  // What the answer must know of, or "" and 0.
  std::string min_service;
  int64_t min_key_version = 0;
  // Whether the slices are in the cache, so that only leave is asked for.
  bool cached = false;
  // How much depends on an answer: a call that may be dropped is not waited for
  // by one that may not.
  Criticality criticality = Criticality::kCritical;
  // The credential, where the answer is this caller's alone; empty where all
  // callers get the same.
  std::string caller;

  friend auto operator<=>(const SliceQuestion&, const SliceQuestion&) = default;
};

// Calls crm.internal.v1.SliceService of the owners with the caller's own
// credential. Loop thread only.
class SliceReader {
 public:
  using Done = std::function<void(const OwnerAnswer&)>;

  // All must outlive the reader.
  SliceReader(EventLoop& loop, const Clock& clock,
              std::map<std::string, Backend*> backends);
  SliceReader(const SliceReader&) = delete;
  SliceReader& operator=(const SliceReader&) = delete;

  // Asks, or waits for the answer to the same question that is on its way.
  // `done` is called later, unless `waiter` is gone by then. `metadata` carries
  // the credential, the question the criticality; the call ends by `deadline`
  // and within kOwnerTimeout.
  void Read(const SliceQuestion& question, const Headers& metadata,
            absl::Time deadline, std::weak_ptr<void> waiter, Done done);

 private:
  struct Flight {
    std::unique_ptr<UnaryClient> client;
    std::vector<std::pair<std::weak_ptr<void>, Done>> waiters;
  };

  void Land(const SliceQuestion& question, OwnerAnswer answer);

  EventLoop& loop_;
  const Clock& clock_;
  const std::map<std::string, Backend*> backends_;
  std::map<SliceQuestion, Flight> flights_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_SLICE_READER_H_
