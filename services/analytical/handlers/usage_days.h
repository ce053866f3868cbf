// Who changed what on which day: the usage that adoption is measured by.
//
// A row says that somebody's call changed some resource of a type on a day
// (UTC) in this service. Other services' changes are not among them. The rows
// lie in the service's own store and are written in the transactions that they
// tell of; they are only ever added.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_USAGE_DAYS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_USAGE_DAYS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/analytical/domain/declared/change_initiative.h"
#include "shared/resource/catalog.h"
#include "shared/resource/transaction.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm::analytical {

SqlTable UsageDaysTable();

// A ChangeRule: notes who makes the change.
absl::Status NoteUsage(Transaction& transaction, const Resource& resource,
                       const google::protobuf::Message* before,
                       const google::protobuf::Message* after);

// Whose usage is asked for.
struct UsageQuestion {
  std::string tenant;
  // All if it is empty.
  std::vector<std::string> users = {};
  std::vector<std::string> resource_types;
  DayRange days;
};

// Returns how many users changed a resource of the types on the days. Errors of
// a statement.
absl::StatusOr<int64_t> CountActiveUsers(SqlReader& reader,
                                         const UsageQuestion& question);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_USAGE_DAYS_H_
