// Which fields of a resource are also columns of its table.
//
// Filters and orders name fields; this map turns a field's path into the column
// that holds it. Only columns that hold a value for every row are found in it:
// one that is still being back-filled would hide rows, so it is hidden itself.

#ifndef CRM_SHARED_QUERY_COLUMN_MAP_H_
#define CRM_SHARED_QUERY_COLUMN_MAP_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace crm {

// How a column is encoded; see SqlValue.
enum class ColumnType { kText, kInteger, kReal, kBlob };

// One column. Text compares byte by byte (BINARY in SQLite, "C" in PostgreSQL).
struct Column {
  // The column as it stands in SQL, qualified or quoted where that is needed.
  std::string name;
  ColumnType type = ColumnType::kText;
  // Whether a row may hold NULL: the field has presence, lies in a message that
  // may be unset, or is floating (NaN is stored as NULL).
  bool nullable = true;
  // Whether the name says what table it is of.
  bool qualified = false;
  // Whether the field is repeated: the column counts its values, which are
  // entries of `repeated_values` (shared/resource/repeated_index.h).
  bool many = false;

  friend bool operator==(const Column&, const Column&) = default;
};

// Field paths, as `state` or `amount.currency_code`, and their columns. A key
// of a map field is the last part of its path, as in `labels.region`.
// Thread-compatible; Hide() and Show() may be called while others look.
class ColumnMap {
 public:
  // Says which table the columns are of, so that conditions on other tables can
  // refer to them. Empty until it is set.
  void set_table(absl::string_view table) { table_ = std::string(table); }
  const std::string& table() const { return table_; }

  // Says whose rows are asked for, so that conditions can ask other tables for
  // rows of the same tenant. Empty until it is set.
  void set_tenant(absl::string_view tenant) { tenant_ = std::string(tenant); }
  const std::string& tenant() const { return tenant_; }

  // Adds `column` for the field at `path`, in place of an earlier one.
  void Add(absl::string_view path, Column column);

  // Returns the column of the field at `path`; null if it has none. The pointer
  // lives until the map changes.
  const Column* Find(absl::string_view path) const;

  // Has Find() and paths() pass over the column at `path`, because not all rows
  // have their value in it yet, and ends that.
  void Hide(absl::string_view path);
  void Show(absl::string_view path);

  // Find() that sees hidden columns too.
  const Column* FindEvenHidden(absl::string_view path) const;

  // Returns the paths that have columns with a value of the field, sorted.
  std::vector<std::string> paths() const;

 private:
  struct Entry {
    Column column;
    // Shared by copies of the map, which are about the same rows.
    std::shared_ptr<std::atomic<bool>> hidden;
  };

  void SetHidden(absl::string_view path, bool hidden);

  std::string table_;
  std::string tenant_;
  std::map<std::string, Entry, std::less<>> columns_;
};

}  // namespace crm

#endif  // CRM_SHARED_QUERY_COLUMN_MAP_H_
