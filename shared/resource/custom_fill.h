// Builds the index of a custom field whose resources were there before it, and
// clears the one that is not used any more: online, in small steps that timers
// repeat, so that a kill costs at most one of them and one replica at a time
// does it.

#ifndef CRM_SHARED_RESOURCE_CUSTOM_FILL_H_
#define CRM_SHARED_RESOURCE_CUSTOM_FILL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "shared/resource/custom_index.h"
#include "shared/resource/timer_table.h"
#include "shared/resource/transaction.h"

namespace crm {

inline constexpr char kCustomFillTimer[] = "custom_fill";
inline constexpr char kCustomClearTimer[] = "custom_clear";
inline constexpr char kCustomSearchTimer[] = "custom_search";

// Sets the timers that a change of a definition makes due: to build its index,
// to clear the one it had, and to take its type into the search index anew.
// Null as in ResourceChange.
void ScheduleCustomFill(Transaction& transaction,
                        const operational::v1::FieldDefinition* before,
                        const operational::v1::FieldDefinition* after);

// Adds the first rows to the index of `definition`, whose index is `BUILDING`,
// and says in it if that were all.
absl::Status StartCustomFill(Transaction& transaction,
                             operational::v1::FieldDefinition& definition);

// The bodies of the timers.
absl::Status ContinueCustomFill(Transaction& transaction, const Timer& timer);
absl::Status ContinueCustomClear(Transaction& transaction, const Timer& timer);
absl::Status ContinueCustomSearch(Transaction& transaction, const Timer& timer);

// Returns the rows that fields of `kind` are of, which is the type of
// `resource` or a parent of such.
CustomRows CustomRowsOf(const Resource& resource, absl::string_view kind);

// Returns whether resources of `type` may still lack words of the tenant's own
// fields in the search index.
absl::StatusOr<bool> IsTakingInCustom(SqlReader& reader,
                                      absl::string_view tenant,
                                      absl::string_view type);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CUSTOM_FILL_H_
