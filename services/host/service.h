// What a service gives to the process around it, and what it is given: the seam
// between a service's own code and services/host.

#ifndef CRM_SERVICES_HOST_SERVICE_H_
#define CRM_SERVICES_HOST_SERVICE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/base/clock.h"
#include "shared/events/applier.h"
#include "shared/events/projection.h"
#include "shared/observe/log.h"
#include "shared/observe/metrics.h"
#include "shared/profile/peer_slices.h"
#include "shared/profile/slice_owner.h"
#include "shared/query/page_token.h"
#include "shared/resource/application.h"
#include "shared/resource/reaction_applier.h"
#include "shared/resource/read_view.h"
#include "shared/storage/database.h"

namespace crm {

// A database on a server; empty for none.
struct SharedStoreAddress {
  std::string uri;
  std::string password = {};
  // Where the password may have changed since.
  std::string password_file = {};
};

// What a service is made with. Outlives it.
struct ServiceEnvironment {
  // The folder that holds the service's files, its own; exists.
  std::string data_dir;
  // Where a service that has a warehouse keeps it; empty for its folder.
  SharedStoreAddress warehouse = {};
  const Clock& clock;
  Logger& logger;
  MetricRegistry& metrics;
  const PageTokenCodec& page_tokens;
  // What other services know of customers.
  PeerSlices& peers = NoPeerSlices();
};

// A profile slice that is built from the service's own resources. Its version
// is the customer's key version, its as-of time that of the customer's last
// event.
struct StoreSlice {
  // The name, as `IDENTITY`.
  std::string name;
  // Returns the slice message, serialised, or nothing if there is no such
  // customer.
  std::function<absl::StatusOr<std::optional<std::string>>(
      const ReadView& view, const std::string& customer)>
      build;
};

// The events of another service that this one follows.
struct Following {
  // The service whose events they are, as `operational`.
  std::string producer;
  // Applies them. Outlives the service.
  Applier* applier = nullptr;
  // What it makes of them, if that can be made anew; else null. Outlives the
  // service.
  Projection* projection = nullptr;
  // The store of the applier where other processes apply to it as well; it has
  // LeaseTables. Null if this process has it to itself. Outlives the service.
  Database* shared_store = nullptr;
};

// A service, ready to be run.
struct Service {
  explicit Service(std::string name) : application(std::move(name)) {}

  Application application;
  std::vector<StoreSlice> store_slices;
  // Slices that are built from anything else.
  std::vector<SliceDefinition> slices;
  std::vector<Following> follows;
  // What it does to its own resources because of other services' events.
  std::vector<Reaction> reactions;
  // What the parts above refer to; lives as long as the service.
  std::shared_ptr<void> owned;
};

// Makes a service. Returns what stops it from starting.
using MakeService = std::function<absl::StatusOr<std::unique_ptr<Service>>(
    const ServiceEnvironment& environment)>;

}  // namespace crm

#endif  // CRM_SERVICES_HOST_SERVICE_H_
