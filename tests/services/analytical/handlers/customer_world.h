// The analytical service's store and warehouse, without the service, for tests
// of what is told of single customers: their runs, touchpoints and treatments.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_WORLD_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_WORLD_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/analytical/v1/clv_model.pb.h"
#include "crm/analytical/v1/lifecycle_journey.pb.h"
#include "crm/collaborative/v1/survey_response.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "google/protobuf/message.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/application.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/test_database.h"

namespace crm::analytical::testing {

// Owns all. What fails ends the test program. Thread-compatible.
class CustomerWorld {
 public:
  CustomerWorld();
  ~CustomerWorld();

  // Returns an instant that many days after a fixed one.
  static absl::Time Day(double day);

  void SetNow(absl::Time now) { call_.now = now; }

  // Each applies an event: of a customer in use, of a confirmed order, of an
  // activity that was completed, and of an answer. `customer` is an id.
  void AddCustomer(absl::string_view customer, absl::string_view segment,
                   absl::Time created);
  std::string AddOrder(absl::string_view customer, absl::Time time,
                       int64_t units, absl::string_view currency = "USD");
  // Orders of 1 USD, in one step. Returns the last one.
  std::string AddOrders(absl::string_view customer,
                        const std::vector<absl::Time>& times);
  std::string AddActivity(
      absl::string_view customer, operational::v1::Activity::Kind kind,
      absl::Time completed,
      operational::v1::Activity::State state = operational::v1::Activity::DONE);
  std::string AddAnswer(absl::string_view customer,
                        collaborative::v1::SurveyResponse::Kind kind,
                        int32_t score, absl::Time time);

  // Stores a resource, which has its name.
  void Store(google::protobuf::Message& resource);

  // Stores a run with these steps.
  v1::LifecycleJourney AddRun(
      absl::string_view customer, int64_t run,
      const std::vector<std::pair<v1::Lifecycle::Stage, absl::Time>>& steps);

  // Stores a model of lifetime value of these tiers by customer id.
  void AddModel(const std::map<std::string, v1::ClvScore::ValueTier>& tiers,
                absl::Time as_of);

  // Runs a method that reads.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(
      absl::StatusOr<Response> (*handler)(Analytics&, const ReadView&,
                                          const CallContext&, const Request&),
      const Request& request) {
    absl::StatusOr<Response> response;
    const absl::Status status = database_->Read(
        absl::InfiniteFuture(), [&](SqlReader& reader) -> absl::Status {
          const ReadView view(reader, application_.catalog(), kTenant);
          response = handler(analytics_, view, call_, request);
          return response.status();
        });
    if (!status.ok()) return status;
    return response;
  }

  // Runs a method that writes by what it prepared.
  template <typename Prepared, typename Request, typename Response>
  absl::StatusOr<Response> Call(
      absl::StatusOr<Prepared> (*prepare)(Analytics&, const CallContext&,
                                          const Request&),
      absl::StatusOr<Response> (*handler)(const Prepared&, Transaction&,
                                          const CallContext&, const Request&),
      const Request& request) {
    const absl::StatusOr<Prepared> prepared =
        prepare(analytics_, call_, request);
    if (!prepared.ok()) return prepared.status();
    absl::StatusOr<Response> response;
    const absl::Status status = Write([&](Transaction& transaction) {
      response = handler(*prepared, transaction, call_, request);
      return response.status();
    });
    if (!status.ok()) return status;
    return response;
  }

 private:
  absl::Status Write(const std::function<absl::Status(Transaction&)>& body);
  void Apply(const internal::v1::Event& event);
  operational::v1::Order MakeOrder(absl::string_view customer, absl::Time time,
                                   int64_t units);

  WarehouseFeeder feeder_;
  PageTokenCodec page_tokens_{std::string(32, 's'), feeder_.clock()};
  Histogram seconds_{LatencyBounds()};
  Analytics analytics_{feeder_.warehouse(), feeder_.clock(), page_tokens_,
                       seconds_};
  Application application_{"analytical"};
  IdMaker ids_{feeder_.clock(), 1};
  CallContext call_;
  int count_ = 0;
  std::unique_ptr<Database> database_;
};

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_CUSTOMER_WORLD_H_
