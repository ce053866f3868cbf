// Paths to fields of a message, and the values they lead to.
//
// The one place that decides what the value of a field is, for filters in
// memory and for columns alike; were there two, SQL and messages could
// disagree.

#ifndef CRM_SHARED_QUERY_FIELD_PATH_H_
#define CRM_SHARED_QUERY_FIELD_PATH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "shared/query/column_map.h"

namespace crm {

// How the values of a field compare.
enum class ValueKind {
  kText,
  kBytes,
  kBool,
  kEnum,
  kInteger,
  // 64 bits without a sign: held in an int64_t with the same bits.
  kUnsigned,
  kFloat,
  kDouble,
  kTimestamp,
  kDuration,
  kMessage,
};

// Returns the kind of one value of `field`: of an element if it is repeated, of
// an entry's value if it is a map.
ValueKind KindOf(const google::protobuf::FieldDescriptor& field);

// Returns the type of a column that holds values of `kind`.
ColumnType ColumnTypeOf(ValueKind kind);

// Finds a field by its name in snake case or camel case; null if there is none.
const google::protobuf::FieldDescriptor* FindField(
    const google::protobuf::Descriptor& message, absl::string_view name);

// One part of a path: a field and, for a map field, perhaps one of its keys.
struct PathStep {
  const google::protobuf::FieldDescriptor* field;
  std::optional<std::string> map_key;
  // Whether the step is not written: it follows from the type of the custom
  // field before it.
  bool implied = false;
};

// The way from a message to one of its fields; it has at least one step.
struct FieldPath {
  std::vector<PathStep> steps;

  // Returns the last field.
  const google::protobuf::FieldDescriptor& field() const {
    return *steps.back().field;
  }

  // Returns whether one message may have several values here: a repeated field
  // lies on the path, or a map without a key.
  bool many() const;

  // Returns whether a message may have no value here: a field on the path has
  // presence, or stands below a map key.
  bool optional_value() const;

  // Returns the path as text, with map keys, which stand in quotes if they have
  // dots: `labels.region`.
  std::string text() const;

  // Returns the path up to the first map, without its key but for custom
  // fields: `labels`, `custom_fields.tier`.
  std::string field_text() const;
};

// Returns the path that `text` names below `root`; nothing if there is none.
// Keys of maps follow the name of the map: `labels.region`.
std::optional<FieldPath> FindFieldPath(const google::protobuf::Descriptor& root,
                                       absl::string_view text);

// Returns the column `name` as `path` needs it.
Column ColumnFor(const FieldPath& path, absl::string_view name);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FIELD_PATH_H_
