// The values that field paths lead to in a message.
//
// The one place that decides what the value of a field is, for filters in
// memory and for columns alike; were there two, SQL and messages could
// disagree.

#ifndef CRM_SHARED_QUERY_FIELD_VALUE_H_
#define CRM_SHARED_QUERY_FIELD_VALUE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/query/field_path.h"
#include "shared/query/sql.h"

namespace crm {

// One place where a value is: a field of a message, or an element of it.
struct FieldSlot {
  const google::protobuf::Message& message;
  const google::protobuf::FieldDescriptor& field;
  // The index of the element; -1 for a field that is not repeated.
  int index;
  // Whether it is set merely by being there: elements and values of map keys.
  bool in_collection;
};

// Calls `visit` for each value at `path` in `root` until it returns true, and
// returns whether it did. Unset fields with presence are not visited; a map
// without a key is, as its entries.
bool AnySlot(const google::protobuf::Message& root, const FieldPath& path,
             absl::FunctionRef<bool(const FieldSlot&)> visit);

// Returns the text in `slot`, of kind kText, perhaps held by `scratch`.
const std::string& TextOf(const FieldSlot& slot, std::string& scratch);

// Returns the value in `slot`, encoded as SqlValue says; NULL for NaN and for
// messages other than Timestamp and Duration.
SqlValue ValueOf(const FieldSlot& slot);

// Returns whether the value in `slot` counts as set: it stands in a collection,
// its field has presence, or it differs from the default; NaN never.
bool IsSet(const FieldSlot& slot);

// Returns the value of the column for `path`, which is not many(): what ValueOf
// gives, NULL where there is no value.
SqlValue ReadColumn(const google::protobuf::Message& root,
                    const FieldPath& path);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FIELD_VALUE_H_
