// Prepared statements of one connection by their text, the least recently used
// given up first.

#ifndef CRM_SHARED_STORAGE_STATEMENT_CACHE_H_
#define CRM_SHARED_STORAGE_STATEMENT_CACHE_H_

#include <cstddef>
#include <list>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace crm {

// Owns statements of an engine's handle type `Statement`. Thread-compatible.
template <typename Statement>
class StatementCache final {
 public:
  // `destroy` releases a statement.
  StatementCache(size_t capacity, void (*destroy)(Statement))
      : capacity_(capacity), destroy_(destroy) {}
  ~StatementCache() { Clear(); }
  StatementCache(const StatementCache&) = delete;
  StatementCache& operator=(const StatementCache&) = delete;

  // Returns the statement of `sql`, which counts as used now.
  std::optional<Statement> Find(absl::string_view sql) {
    const auto found = by_sql_.find(sql);
    if (found == by_sql_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->statement;
  }

  // Adds a statement whose text is not there yet. It stays valid at least until
  // the next Add().
  void Add(absl::string_view sql, Statement statement) {
    if (entries_.size() >= capacity_) {
      destroy_(entries_.back().statement);
      by_sql_.erase(entries_.back().sql);
      entries_.pop_back();
    }
    entries_.push_front({std::string(sql), statement});
    by_sql_.emplace(entries_.front().sql, entries_.begin());
  }

  // Releases all statements, as is needed before their connection closes.
  void Clear() {
    by_sql_.clear();
    for (const Entry& entry : entries_) destroy_(entry.statement);
    entries_.clear();
  }

 private:
  struct Entry {
    std::string sql;
    Statement statement;
  };
  using EntryList = std::list<Entry>;

  const size_t capacity_;
  void (*const destroy_)(Statement);
  EntryList entries_;  // most recently used first
  absl::flat_hash_map<absl::string_view, typename EntryList::iterator> by_sql_;
};

}  // namespace crm

#endif  // CRM_SHARED_STORAGE_STATEMENT_CACHE_H_
