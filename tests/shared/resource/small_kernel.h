// A service without a server, for tests of what works in the background: the
// resource Product over a store, on a clock that the test sets.

#ifndef CRM_TESTS_SHARED_RESOURCE_SMALL_KERNEL_H_
#define CRM_TESTS_SHARED_RESOURCE_SMALL_KERNEL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/internal/v1/event.pb.h"
#include "google/longrunning/operations.pb.h"
#include "shared/base/clock.h"
#include "shared/resource/application.h"
#include "shared/resource/kernel.h"
#include "shared/resource/operation_table.h"

namespace crm::testing {

// One process over the store at `path`, which it has for itself. Ends the test
// program if it cannot be made. Thread-safe.
class SmallKernel {
 public:
  // `clock` outlives this.
  SmallKernel(const std::string& path, const Clock& clock);
  // Over another store.
  SmallKernel(std::unique_ptr<Database> database, const Clock& clock);

  const Kernel& kernel() const { return *kernel_; }
  // Products expire when their label `until` says, in seconds.
  const Application& application() const { return application_; }
  Database& database() { return *database_; }

  // Returns a call of the method called `name` (`ExportProducts`) by user:ada
  // of the tenant acme.
  std::shared_ptr<Call> CallOf(absl::string_view name,
                               const google::protobuf::Message& request) const;

  // Returns what serves the method called `name`: one of products, or of
  // imports.
  UnaryHandler HandlerOf(absl::string_view name) const;

  // Calls `handler` and waits for its answer.
  static absl::StatusOr<std::string> Serve(const UnaryHandler& handler,
                                           std::shared_ptr<Call> call);

  // Starts an operation of `kind` as ExportProducts would, and returns its
  // name.
  std::string StartExport(const OperationKind& kind);
  // Cancels the operation called `name`.
  absl::Status Cancel(const std::string& name);

  // Returns the operation as it is stored.
  StoredOperation Stored(const std::string& name);

  // Returns the names of all products with their versions, by name.
  std::vector<std::string> Products();
  // Returns how many events there are.
  int64_t EventCount();

  // The kinds that have `kind` carry out ExportProducts.
  static OperationKinds Exports(OperationKind kind);

 private:
  Application application_;
  std::unique_ptr<Database> database_;
  Outbox outbox_;
  PageTokenCodec page_tokens_;
  IdMaker ids_;
  std::optional<MethodTable> methods_;
  std::optional<Kernel> kernel_;
};

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_RESOURCE_SMALL_KERNEL_H_
