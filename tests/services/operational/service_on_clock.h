// A service without a server, on a clock that the test sets: for tests of what
// happens by itself as time goes on. The operational one unless it is said.
//
//   ServiceOnClock service;
//   auto activity = service.Call<v1::Activity>("CreateActivity", request);
//   service.Advance(absl::Hours(1));  // fires what is due meanwhile

#ifndef CRM_TESTS_SERVICES_OPERATIONAL_SERVICE_ON_CLOCK_H_
#define CRM_TESTS_SERVICES_OPERATIONAL_SERVICE_ON_CLOCK_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/host/service.h"
#include "shared/base/clock.h"
#include "shared/observe/metrics.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_kind.h"
#include "shared/resource/timer_worker.h"
#include "tests/shared/events/stores.h"
#include "tests/support/api_client.h"

namespace crm::testing {

// One process of the service over a store of its own. Ends the test program if
// it cannot be made. Thread-compatible.
class ServiceOnClock {
 public:
  // It is noon of 1 January 2025 in UTC, a Wednesday, unless `now` is said.
  explicit ServiceOnClock(
      absl::Time now = absl::FromUnixSeconds(1'735'732'800));
  ServiceOnClock(const std::string& name, const MakeService& make,
                 absl::Time now = absl::FromUnixSeconds(1'735'732'800));
  // Over the store at `path`, which outlives it.
  ServiceOnClock(const std::string& path, const std::string& name,
                 const MakeService& make, absl::Time now);
  ~ServiceOnClock();

  absl::Time now() const { return clock_.Now(); }
  FakeClock& clock() { return clock_; }

  // Calls the method called `name` as user:ada, who may do everything.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view name,
                                const Request& request) {
    CRM_ASSIGN_OR_RETURN(const std::string bytes, Serve(name, request));
    Response response;
    if (!response.ParseFromString(bytes)) {
      return absl::InternalError("The answer does not parse.");
    }
    return response;
  }

  // The same for a call that must succeed, of a request in text format.
  template <typename Response, typename Request>
  Response Must(absl::string_view name, absl::string_view text) {
    const auto response = Call<Response>(name, Proto<Request>(text));
    EXPECT_TRUE(response.ok()) << name << ": " << response.status();
    return response.value_or(Response());
  }

  // What the service reacts to.
  const std::vector<Reaction>& reactions() const { return service_->reactions; }
  const Kernel& kernel() const { return *kernel_; }

  // Returns the bytes of the answer.
  absl::StatusOr<std::string> Serve(absl::string_view name,
                                    const google::protobuf::Message& request);

  // Fires the timers that are due, once.
  void FireTimers() { timers_->RunOnce(); }

  // Has the service decide on its events that it has not seen yet.
  void FollowEvents();

  // The same for all events, as if nobody remembered that they were seen.
  void FollowEventsAgain();

  // Lets time go on, and fires what is due then, until nothing is.
  void Advance(absl::Duration step);

  // What FollowEvents() and Advance() do for all that events lead to, until
  // they lead to nothing more.
  void Settle();

  // Has another process take over what happens by itself.
  void TakeOver();

  // Returns what works on the operations of the service.
  OperationKinds Operations() {
    return service_->application.Operations(*kernel_);
  }

  // Returns what the service counts, as an operator scrapes it.
  std::string Metrics() const { return metrics_.Expose(); }
  MetricRegistry& metrics() { return metrics_; }

  // Returns all rows of all tables, as text.
  std::string Everything();

  // Returns how many events there are that change the resource `name`.
  int64_t EventsOf(const std::string& name);

  Database& database() { return *database_; }
  const Outbox& outbox() const { return outbox_; }

 private:
  TempFolder folder_;
  FakeClock clock_;
  Logger logger_;
  MetricRegistry metrics_;
  PageTokenCodec page_tokens_;
  std::unique_ptr<Database> database_;
  const ServiceEnvironment environment_;
  std::unique_ptr<Service> service_;
  Outbox outbox_;
  IdMaker ids_;
  std::optional<MethodTable> methods_;
  std::optional<Kernel> kernel_;
  std::map<std::string, MethodBinding> bindings_;
  // What asks for all rows, by table.
  std::vector<std::string> queries_;
  int processes_ = 0;
  std::unique_ptr<TimerWorker> timers_;
  std::unique_ptr<Applier> own_events_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SERVICES_OPERATIONAL_SERVICE_ON_CLOCK_H_
