// Where ingested events are kept: in a table of the service's own store, to
// which rows are only ever added. Its key is the source and the id that the
// source gave, so none is there twice.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_INGESTED_EVENTS_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_INGESTED_EVENTS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/analytical/v1/event_source.pb.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm::analytical {

// Returns the table.
SqlTable IngestedEventTable();

// The events of one source, which is meant by its uid, as its name may be used
// again.
struct IngestedKey {
  std::string tenant;
  std::string source_uid;
};

// Stores those of `events` whose id is not stored yet, of several with one id
// the first. Returns the ids of what was stored.
absl::StatusOr<std::set<std::string>> StoreEvents(
    SqlWriter& writer, const IngestedKey& key,
    const std::vector<v1::IngestedEvent>& events);

// Returns those of `ids` that are stored.
absl::StatusOr<std::set<std::string>> StoredIds(
    SqlReader& reader, const IngestedKey& key,
    const std::vector<std::string>& ids);

// Returns at most `limit` events whose ids come after `after`, by their ids.
absl::StatusOr<std::vector<v1::IngestedEvent>> EventsAfter(
    SqlReader& reader, const IngestedKey& key, absl::string_view after,
    int limit);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_INGESTED_EVENTS_H_
