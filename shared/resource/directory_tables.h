// Where a service keeps the users, teams, roles and revocations that it decides
// by: in its own rows, where it owns them, else in copies that it makes from
// the owner's events.

#ifndef CRM_SHARED_RESOURCE_DIRECTORY_TABLES_H_
#define CRM_SHARED_RESOURCE_DIRECTORY_TABLES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crm/internal/v1/event.pb.h"
#include "shared/auth/directory.h"
#include "shared/call/consistency_token.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm::operational::v1 {
class Role;
}  // namespace crm::operational::v1

namespace crm {

// Returns what a stored role grants.
RoleDefinition ToRoleDefinition(const operational::v1::Role& role);

// The service that owns users, teams and roles.
inline constexpr char kDirectoryOwner[] = "operational";

// The tables of one service. Immutable, so thread-safe.
class DirectoryTables {
 public:
  // `catalog` outlives this.
  explicit DirectoryTables(const ResourceCatalog& catalog);

  // Whether the rows are copies, which have to be kept in step.
  bool copied() const { return !copies_.empty(); }

  // Returns the tables of the copies, none where the rows are the service's
  // own.
  std::vector<SqlTable> Tables() const;

  // Returns what `tenant` has, of revocations those that count at `now`.
  absl::StatusOr<DirectoryContent> Load(SqlReader& reader,
                                        const std::string& tenant,
                                        absl::Time now) const;

  // Returns whether the tables are as new as `token`, of a call of `tenant`,
  // says of what they hold.
  absl::StatusOr<bool> Covers(SqlReader& reader, const std::string& tenant,
                              const ConsistencyToken& token) const;

  // Returns whether `event` is of a user, team, role or revocation.
  static bool Concerns(const internal::v1::Event& event);

  // Copies the state after `event`. An event of anything else changes nothing.
  absl::Status Apply(SqlWriter& writer, const internal::v1::Event& event) const;

  // Removes all copies.
  absl::Status Forget(SqlWriter& writer) const;

 private:
  // The types of the copies; empty where the service owns them.
  std::vector<std::unique_ptr<const Resource>> copies_;
  const Resource* users_ = nullptr;
  const Resource* teams_ = nullptr;
  const Resource* roles_ = nullptr;
  const Resource* revocations_ = nullptr;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_DIRECTORY_TABLES_H_
