// Turns a host name into an address away from the calls that need it.

#ifndef CRM_SHARED_REDIS_ADDRESS_RESOLVER_H_
#define CRM_SHARED_REDIS_ADDRESS_RESOLVER_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"

namespace crm {

// Holds the address of a host. The system's resolver may block for seconds, so
// it runs once at construction and then only on a thread of its own, which does
// not exist for a literal address. Thread-safe.
class AddressResolver {
 public:
  explicit AddressResolver(absl::string_view host);
  ~AddressResolver();

  // Returns the last address that was found, or "" if none was ever found.
  std::string address() const;

  // Asks for a new look-up; returns at once. Called when the address fails.
  void Refresh();

 private:
  void Loop();

  const std::string host_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::string address_;
  bool wanted_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace crm

#endif  // CRM_SHARED_REDIS_ADDRESS_RESOLVER_H_
