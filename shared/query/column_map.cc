#include "shared/query/column_map.h"

#include <utility>

namespace crm {

void ColumnMap::Add(absl::string_view path, Column column) {
  columns_.insert_or_assign(
      std::string(path),
      Entry{std::move(column), std::make_shared<std::atomic<bool>>(false)});
}

const Column* ColumnMap::Find(absl::string_view path) const {
  const auto it = columns_.find(path);
  return it == columns_.end() || it->second.hidden->load() ? nullptr
                                                           : &it->second.column;
}

const Column* ColumnMap::FindEvenHidden(absl::string_view path) const {
  const auto it = columns_.find(path);
  return it == columns_.end() ? nullptr : &it->second.column;
}

void ColumnMap::Hide(absl::string_view path) { SetHidden(path, true); }

void ColumnMap::Show(absl::string_view path) { SetHidden(path, false); }

void ColumnMap::SetHidden(absl::string_view path, bool hidden) {
  const auto it = columns_.find(path);
  if (it != columns_.end()) it->second.hidden->store(hidden);
}

std::vector<std::string> ColumnMap::paths() const {
  std::vector<std::string> paths;
  paths.reserve(columns_.size());
  for (const auto& [path, entry] : columns_) {
    if (!entry.hidden->load() && !entry.column.many) paths.push_back(path);
  }
  return paths;
}

}  // namespace crm
