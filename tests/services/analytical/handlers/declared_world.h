// The analytical service's store and warehouse, without the service, for tests
// of what measures the warehouse.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_DECLARED_WORLD_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_DECLARED_WORLD_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "services/analytical/handlers/analytics.h"
#include "shared/resource/application.h"
#include "tests/services/analytical/warehouse_feeder.h"
#include "tests/support/test_database.h"

namespace crm::analytical::testing {

// Owns all. Thread-compatible.
class DeclaredWorld {
 public:
  DeclaredWorld();
  ~DeclaredWorld();

  WarehouseFeeder& feeder() { return feeder_; }
  void SetNow(absl::Time now) { call_.now = now; }

  // Stores a resource, which has its name. Ends the test program if that fails.
  void Store(google::protobuf::Message& resource);

  // Applies the creation of a confirmed order.
  void Order(absl::string_view customer, absl::Time time, int64_t units,
             absl::string_view currency = "USD");

  // Runs a method that measures.
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

 private:
  WarehouseFeeder feeder_;
  PageTokenCodec page_tokens_{std::string(32, 's'), feeder_.clock()};
  Histogram seconds_{LatencyBounds()};
  Analytics analytics_{feeder_.warehouse(), feeder_.clock(), page_tokens_,
                       seconds_};
  Application application_{"analytical"};
  IdMaker ids_{feeder_.clock(), 1};
  CallContext call_;
  int order_count_ = 0;
  std::unique_ptr<Database> database_;
};

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_HANDLERS_DECLARED_WORLD_H_
