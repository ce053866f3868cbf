// Which rows of one type, and which fields of them, a caller reaches by one
// permission: the scopes of his grants, compiled to SQL for lists and to a test
// of single rows for everything else. Both give the same answer.

#ifndef CRM_SHARED_RESOURCE_ROW_RULE_H_
#define CRM_SHARED_RESOURCE_ROW_RULE_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/auth/caller.h"
#include "shared/call/call.h"
#include "shared/query/filter.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm {

// A row of the type, and where to find the row above it.
struct RuleSubject {
  const google::protobuf::Message& message;
  SqlReader& reader;
  const std::string& tenant;
};

// The rule of one caller, permission and type. Immutable.
class RowRule {
 public:
  // Nothing is denied: for callers whose grants reach everything.
  RowRule() = default;

  // Compiles `access` for rows of `resource`. An expression that cannot be
  // compiled, or an owner that the type does not have, matches no row. The
  // custom fields in expressions are those that the process
  // knew last.
  RowRule(const Access& access, const CallerIdentity& caller,
          const Resource& resource, const ResourceCatalog& catalog);

  // Whether all rows are reached.
  bool all_rows() const { return all_rows_; }

  // The condition on rows of the type's table.
  const LoweredFilter& where() const { return where_; }

  // Returns whether the row is reached.
  absl::StatusOr<bool> Admits(const RuleSubject& row) const;

  // Whether some fields are hidden in some row.
  bool hides() const { return !hidden_anywhere_.empty(); }

  // Returns whether a filter or order may not name `path`: the field, or one
  // above or below it, is hidden in some row.
  bool HidesPath(absl::string_view path) const;

  // Returns the paths that are hidden in `message`: those that every grant that
  // admits it hides.
  std::set<std::string> HiddenIn(
      const google::protobuf::Message& message) const;

  // The same for fields that may not be written.
  std::set<std::string> ReadOnlyIn(
      const google::protobuf::Message& message) const;

 private:
  // One grant, compiled.
  struct Term;

  bool AdmittedAlone(const Term& term,
                     const google::protobuf::Message& message) const;
  std::set<std::string> Common(
      const google::protobuf::Message& message,
      std::vector<std::string> AccessGrant::*fields) const;

  bool all_rows_ = true;
  LoweredFilter where_{.where = {.text = "1=1", .params = {}}, .exact = true};
  std::vector<std::shared_ptr<const Term>> terms_;
  // The bound of a customer's own credential; null for others.
  std::shared_ptr<const Term> bound_;
  std::set<std::string> hidden_anywhere_;
};

// Returns the permission to read single rows of `resource`: `leads.get`.
std::string ReadPermission(const Resource& resource);

// Returns the rule by which `caller` reaches rows of `resource` with
// `permission`; the one that denies nothing without a caller. Compiled once for
// a caller.
std::shared_ptr<const RowRule> RuleFor(const Caller* caller,
                                       const ResourceCatalog& catalog,
                                       const Resource& resource,
                                       absl::string_view permission);

// Returns the permission by which `call` reads rows of `resource`: its own
// where it is about them, else the one to get them.
std::string PermissionToRead(const CallContext& call, const Resource& resource);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_ROW_RULE_H_
