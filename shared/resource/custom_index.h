// The index of custom fields: beside the table of a resource type, in the same
// transaction, an entry for each row and indexed field, with NULL where the row
// has no value. So lists are filtered by, ordered by and paged through custom
// fields as through columns, on every engine.
//
//   custom_integers: (tenant, v_field, v_name, v_value)
//                    ('acme', 'crm/Lead.seats#1', 'leads/a', 12)
//
// What a `unique` field holds in live rows lies in `custom_uniques`, whose key
// lets one value in once.

#ifndef CRM_SHARED_RESOURCE_CUSTOM_INDEX_H_
#define CRM_SHARED_RESOURCE_CUSTOM_INDEX_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/query/column_map.h"
#include "shared/query/order_by.h"
#include "shared/query/sql.h"
#include "shared/resource/custom_schema.h"
#include "shared/storage/database.h"

namespace crm {

// Returns the tables of the index.
std::vector<SqlTable> CustomIndexTables();

// Who holds a unique value already.
struct CustomConflict {
  std::string key;
  std::string holder;
};

// Brings the entries of one row in step: `before` is null for a new row,
// `after` for one that is removed for good. Returns the conflict because of
// which it cannot be, and the errors of SqlWriter.
absl::StatusOr<std::optional<CustomConflict>> KeepCustomIndex(
    SqlWriter& writer, const std::string& tenant, const CustomType& type,
    const google::protobuf::Message* before,
    const google::protobuf::Message* after);

// The rows that a field is one of.
struct CustomRows {
  std::string table;
  // The name of the resource that they lie under; empty for all of the table.
  std::string parent;

  // Returns the statement that reads names and bodies of the next `limit` rows
  // after the name `reached`, by name.
  SqlFragment After(const std::string& tenant, const std::string& reached,
                    int limit) const;
};

// How a batch of rows that were there before was added to an index.
struct CustomFill {
  int rows = 0;
  // The last row that was looked at.
  std::string reached;
  int64_t conflicts = 0;
  // Whether a value is too long to be held.
  bool too_long = false;
};

// Adds the next `limit` of `rows` after the name `reached` to the index of
// `field`. `empty` is a message of the type. Returns the errors of SqlWriter.
absl::StatusOr<CustomFill> FillCustomIndex(
    SqlWriter& writer, const std::string& tenant, const CustomRows& rows,
    const google::protobuf::Message& empty, const CustomField& field,
    const std::string& reached, int limit);

// Removes up to `limit` entries of the index `index_id`. Returns whether there
// may be more.
absl::StatusOr<bool> ClearCustomIndex(SqlWriter& writer,
                                      const std::string& tenant,
                                      const std::string& index_id, int limit);

// The columns of a list's table with those of the indexed custom fields beside
// them, and the joins that statements with the latter need.
class CustomColumns {
 public:
  // `type` may be null; it and `columns` are read here only.
  CustomColumns(const ColumnMap& columns, const CustomType* type);

  const ColumnMap& columns() const { return columns_; }

  // Returns the indexes that a statement with the texts `used` joins.
  std::vector<std::string> Joined(const std::vector<std::string>& used) const;

  // Returns what follows FROM for these: `, custom_texts AS custom_0`.
  std::string From(const std::vector<std::string>& joined) const;

  // Returns the condition of the joins with `table`, for AND; 1=1 without.
  SqlFragment Where(const std::vector<std::string>& joined,
                    const std::string& table, const std::string& tenant) const;

  // Has `order` end with the name as it stands in a joined index, where that
  // lets the engine read the rows in their order.
  static void OrderByIndex(const std::vector<std::string>& joined,
                           std::vector<OrderTerm>& order);

  // Returns the fields whose index is being built, by their paths.
  const std::set<std::string>& building() const { return building_; }

 private:
  struct Join {
    std::string table;
    std::string index_id;
  };

  ColumnMap columns_;
  std::map<std::string, Join> joins_;
  std::set<std::string> building_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_CUSTOM_INDEX_H_
