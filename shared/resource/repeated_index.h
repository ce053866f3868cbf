// The index of repeated fields: an entry for each value of a repeated text
// field that is `indexed`, so that a list is filtered by one of them without
// reading all resources, on every engine.
//
//   repeated_values: (tenant, v_field, v_value, v_name)
//                    ('acme', 'activities.targets', 'accounts/a',
//                    'activities/x')
//
// The table of the resource has a column for the field too: the number of its
// values. By it ColumnFiller knows whether all rows are in the index. A program
// that does not know the index may leave entries behind of what is gone, so an
// entry says that a row may have the value, and the row says whether it does.

#ifndef CRM_SHARED_RESOURCE_REPEATED_INDEX_H_
#define CRM_SHARED_RESOURCE_REPEATED_INDEX_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "shared/query/field_path.h"
#include "shared/query/sql.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"
#include "shared/storage/schema.h"

namespace crm {

// Returns the table of the index.
SqlTable RepeatedIndexTable();

// Returns what the column for `path` holds of `message`: the number of values
// where the path is many(), else the value.
SqlValue ColumnValue(const google::protobuf::Message& message,
                     const FieldPath& path);

// Brings the entries of one row in step: `before` is null for a new row,
// `after` for one that is removed for good. Errors of SqlWriter.
absl::Status KeepRepeatedValues(SqlWriter& writer, const std::string& tenant,
                                const Resource& resource,
                                const google::protobuf::Message* before,
                                const google::protobuf::Message* after);

// Adds the entries of the field at `path` of a row that was there before; those
// that are there already are left alone. Errors of SqlWriter.
absl::Status AddRepeatedValues(SqlWriter& writer, const std::string& tenant,
                               const Resource& resource, const FieldPath& path,
                               const google::protobuf::Message& message);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_REPEATED_INDEX_H_
