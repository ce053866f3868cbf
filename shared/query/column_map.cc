#include "shared/query/column_map.h"

#include <utility>

namespace crm {

void ColumnMap::Add(absl::string_view path, Column column) {
  columns_.insert_or_assign(std::string(path), std::move(column));
}

const Column* ColumnMap::Find(absl::string_view path) const {
  const auto it = columns_.find(path);
  return it == columns_.end() ? nullptr : &it->second;
}

std::vector<std::string> ColumnMap::paths() const {
  std::vector<std::string> paths;
  paths.reserve(columns_.size());
  for (const auto& [path, column] : columns_) paths.push_back(path);
  return paths;
}

}  // namespace crm
