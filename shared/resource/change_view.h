// What a watcher sees of a change: the rows and fields that he may read.

#ifndef CRM_SHARED_RESOURCE_CHANGE_VIEW_H_
#define CRM_SHARED_RESOURCE_CHANGE_VIEW_H_

#include "absl/status/statusor.h"
#include "crm/internal/v1/event.pb.h"
#include "crm/platform/v1/change.pb.h"
#include "shared/auth/directory.h"
#include "shared/base/clock.h"
#include "shared/call/principal.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm {

// Shows changes to those who may see them, as they are at that moment: a stream
// that goes on for hours heeds what was changed meanwhile. Thread-safe.
class ChangeView {
 public:
  // All outlive this.
  ChangeView(Database& database, const ResourceCatalog& catalog,
             CallerSource& callers, const Clock& clock)
      : database_(database),
        catalog_(catalog),
        callers_(callers),
        clock_(clock) {}

  // Returns whether `principal` sees `event`, and makes `change`, which is of
  // it, what he sees: hidden fields are cleared; a row that comes into his view
  // looks created, one that leaves it deleted, with nothing said of who did it.
  // Returns the errors of CallerSource::Find, which end a stream, and of
  // Database::Read.
  absl::StatusOr<bool> Show(const Principal& principal,
                            const internal::v1::Event& event,
                            platform::v1::Change& change) const;

 private:
  Database& database_;
  const ResourceCatalog& catalog_;
  CallerSource& callers_;
  const Clock& clock_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CHANGE_VIEW_H_
