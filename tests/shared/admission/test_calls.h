// Calls for the tests of admission, without a server.

#ifndef CRM_TESTS_SHARED_ADMISSION_TEST_CALLS_H_
#define CRM_TESTS_SHARED_ADMISSION_TEST_CALLS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "shared/base/clock.h"
#include "shared/call/call.h"
#include "shared/call/method_table.h"

namespace crm::testing {

// The methods GetThing, SearchThings, ExportThings, and WatchThings, which
// streams.
const MethodInfo& MethodNamed(const std::string& name);

// What is special about a call.
struct CallSpec {
  std::string tenant = "acme";
  std::string subject = "user:ada";
  // The value of `crm-criticality`.
  std::string criticality = "";
  absl::Duration timeout = absl::Seconds(10);
  std::string method = "GetThing";
  bool system = false;
};

std::shared_ptr<Call> MakeCall(const Clock& clock, const CallSpec& spec = {});

// What a gate has decided, for one call.
class Decision {
 public:
  CallGate::Decided Callback() {
    return [this](absl::Status status, bool waited) {
      ++times_;
      status_ = std::move(status);
      waited_ = waited;
    };
  }

  bool made() const { return times_ > 0; }
  int times() const { return times_; }
  bool waited() const { return waited_; }
  const absl::Status& status() const { return status_; }

 private:
  int times_ = 0;
  bool waited_ = false;
  absl::Status status_ = absl::UnknownError("not decided");
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_ADMISSION_TEST_CALLS_H_
