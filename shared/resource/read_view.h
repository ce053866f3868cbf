// What a read handler sees: the resources of one tenant, at one instant.

#ifndef CRM_SHARED_RESOURCE_READ_VIEW_H_
#define CRM_SHARED_RESOURCE_READ_VIEW_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/call/call.h"
#include "shared/query/filter.h"
#include "shared/query/sql.h"
#include "shared/resource/catalog.h"
#include "shared/resource/row_rule.h"

namespace crm {

// The most resources that one Select returns; beyond it the answer is an error,
// never a silent part.
inline constexpr int kMaxSelected = 10'000;

// Reads resources of one tenant: the handle is made for a tenant and is the
// only way to reach rows. Lives as long as the snapshot it was made for.
// Thread-compatible.
class ReadView {
 public:
  // Sees all rows of `tenant`.
  ReadView(SqlReader& reader, const ResourceCatalog& catalog,
           std::string tenant);

  // Sees what the caller of `call` may read: other rows are missing. `call`
  // outlives the view.
  ReadView(SqlReader& reader, const ResourceCatalog& catalog,
           const CallContext& call);

  const std::string& tenant() const { return tenant_; }

  // Returns the row of `name`, or nothing.
  absl::StatusOr<std::optional<StoredRow>> Find(const Resource& resource,
                                                absl::string_view name) const;

  // Returns the resource called `name`, also a soft-deleted one, or NOT_FOUND.
  template <typename T>
  absl::StatusOr<T> Get(absl::string_view name) const {
    CRM_ASSIGN_OR_RETURN(const StoredRow row,
                         Require(ResourceOf<T>(), name, /*live=*/false));
    return Parse<T>(row.body);
  }

  // Returns the live resource called `name`, or NOT_FOUND.
  template <typename T>
  absl::StatusOr<T> GetLive(absl::string_view name) const {
    CRM_ASSIGN_OR_RETURN(const StoredRow row,
                         Require(ResourceOf<T>(), name, /*live=*/true));
    return Parse<T>(row.body);
  }

  // Returns the live resources whose field `path`, an indexed string field, is
  // `value`, by name. Returns RESOURCE_EXHAUSTED (TOO_MANY_ROWS) beyond
  // kMaxSelected.
  template <typename T>
  absl::StatusOr<std::vector<T>> Select(absl::string_view path,
                                        absl::string_view value) const {
    CRM_ASSIGN_OR_RETURN(const std::vector<std::string> bodies,
                         SelectBodies(ResourceOf<T>(), path, value));
    std::vector<T> out;
    for (const std::string& body : bodies) {
      CRM_ASSIGN_OR_RETURN(T message, Parse<T>(body));
      out.push_back(std::move(message));
    }
    return out;
  }

  // Returns how many live resources match `filter`, which follows no
  // references, counting no further than `most`: at most kMaxSelected.
  template <typename T>
  absl::StatusOr<int> Count(const Filter& filter, int most) const {
    return CountMatching(ResourceOf<T>(), filter, most);
  }

  // Returns the live children of `parent`, by name. Errors as Select.
  template <typename T>
  absl::StatusOr<std::vector<T>> Children(absl::string_view parent) const {
    CRM_ASSIGN_OR_RETURN(const std::vector<std::string> bodies,
                         ChildBodies(ResourceOf<T>(), parent));
    std::vector<T> out;
    for (const std::string& body : bodies) {
      CRM_ASSIGN_OR_RETURN(T message, Parse<T>(body));
      out.push_back(std::move(message));
    }
    return out;
  }

  // Returns the version of the newest event of `ordering_key`, 0 without one.
  absl::StatusOr<int64_t> KeyVersion(absl::string_view ordering_key) const;

  // Returns when that event was written; the epoch without one.
  absl::StatusOr<absl::Time> KeyTime(absl::string_view ordering_key) const;

  SqlReader& reader() const { return reader_; }
  const ResourceCatalog& catalog() const { return catalog_; }

 private:
  template <typename T>
  static absl::StatusOr<T> Parse(const std::string& body) {
    T message;
    if (!message.ParseFromString(body)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    return message;
  }

  template <typename T>
  const Resource& ResourceOf() const {
    return Require(T::descriptor());
  }

  const Resource& Require(const google::protobuf::Descriptor* message) const;
  absl::StatusOr<StoredRow> Require(const Resource& resource,
                                    absl::string_view name, bool live) const;
  absl::StatusOr<std::vector<std::string>> SelectBodies(
      const Resource& resource, absl::string_view path,
      absl::string_view value) const;
  absl::StatusOr<std::vector<std::string>> MatchingBodies(
      const Resource& resource, const Filter& filter) const;
  absl::StatusOr<int> CountMatching(const Resource& resource,
                                    const Filter& filter, int most) const;
  absl::StatusOr<std::vector<std::string>> ScanBodies(
      const Resource& resource, absl::string_view path,
      absl::string_view value) const;
  absl::StatusOr<std::vector<std::string>> ChildBodies(
      const Resource& resource, absl::string_view parent) const;
  absl::StatusOr<std::vector<std::string>> QueryBodies(
      const Resource& resource, SqlFragment condition) const;
  // Returns the condition of the live rows that the caller may read; the rows
  // that fit may be more.
  SqlFragment LiveRows(const Resource& resource,
                       const SqlFragment& condition) const;
  // Returns the rule by which the caller reads `resource`.
  std::shared_ptr<const RowRule> RuleOf(const Resource& resource) const;

  SqlReader& reader_;
  const ResourceCatalog& catalog_;
  std::string tenant_;
  // Null for a view that sees all rows.
  const CallContext* call_ = nullptr;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_READ_VIEW_H_
