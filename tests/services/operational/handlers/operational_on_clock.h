// The operational service without a server, on a clock that the test sets: for
// what happens when time passes.

#ifndef CRM_TESTS_SERVICES_OPERATIONAL_HANDLERS_OPERATIONAL_ON_CLOCK_H_
#define CRM_TESTS_SERVICES_OPERATIONAL_HANDLERS_OPERATIONAL_ON_CLOCK_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/host/service.h"
#include "shared/base/clock.h"
#include "shared/observe/log.h"
#include "shared/observe/metrics.h"
#include "shared/resource/kernel.h"
#include "shared/resource/timer_worker.h"
#include "tests/shared/events/stores.h"
#include "tests/support/api_client.h"
#include "tests/support/test_database.h"

namespace crm::testing {

// One process over a store of its own. Ends the test program if it cannot be
// made. Thread-compatible.
class OperationalOnClock {
 public:
  explicit OperationalOnClock(absl::Time now);

  FakeClock& clock() { return clock_; }

  // Serves the method called `name` (`SendQuote`) to user:ada of the tenant
  // acme, who may do everything; what fails is a failure of the test.
  template <typename Response, typename Request>
  Response Must(absl::string_view name, absl::string_view text) {
    const auto bytes = Serve(name, Proto<Request>(text));
    EXPECT_TRUE(bytes.ok()) << name << ": " << bytes.status();
    Response response;
    EXPECT_TRUE(response.ParseFromString(bytes.value_or("")));
    return response;
  }
  absl::StatusOr<std::string> Serve(absl::string_view name,
                                    const google::protobuf::Message& request);

  // Fires the timers that are due.
  void FireTimers() { timers_->RunOnce(); }

 private:
  TempFolder folder_;
  FakeClock clock_;
  Logger logger_;
  MetricRegistry metrics_;
  PageTokenCodec page_tokens_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Database> database_;
  Outbox outbox_;
  IdMaker ids_;
  std::optional<MethodTable> methods_;
  std::optional<Kernel> kernel_;
  std::optional<TimerWorker> timers_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SERVICES_OPERATIONAL_HANDLERS_OPERATIONAL_ON_CLOCK_H_
